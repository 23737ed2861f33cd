/// How a face moves in a video, as one engine reads and follows it: 25 rows a second.
package struct ReferenceMotion: Sendable, Equatable {
    package static let rowsPerSecond = 25

    /// Values of a row.
    package let width: Int
    /// Row after row.
    package let values: [Double]

    package var rows: Int { values.count / width }

    /// - values: at least one row.
    package init(_ values: [Double], width: Int) {
        precondition(!values.isEmpty && values.count.isMultiple(of: width))
        self.width = width
        self.values = values
    }

    /// From rows at any times, ascending: between two it is a line.
    /// - times: seconds, as many as there are rows.
    package init(_ rows: [Double], width: Int, at times: [Double]) {
        precondition(!times.isEmpty && rows.count == times.count * width)
        let rate = Double(Self.rowsPerSecond)
        let first = times[0]
        // A little more than a row's time is a row.
        let length = (times[times.count - 1] - first) * rate
        let count = Int(bounded: (length + 0.01).rounded(.down)) + 1
        var made: [Double] = []
        made.reserveCapacity(count * width)
        var low = 0
        for row in 0..<max(count, 1) {
            let time = first + Double(row) / rate
            while low + 1 < times.count, times[low + 1] <= time { low += 1 }
            let high = min(low + 1, times.count - 1)
            let gap = times[high] - times[low]
            let part = gap > 0 ? min(max((time - times[low]) / gap, 0), 1) : 0
            for column in 0..<width {
                let (a, b) = (rows[low * width + column], rows[high * width + column])
                made.append(a + (b - a) * part)
            }
        }
        self.init(made, width: width)
    }

    package subscript(row: Int, column: Int) -> Double { values[row * width + column] }

    /// The row of a frame where the motion begins anew at its end.
    package func looped(_ frame: Int) -> Int { frame % rows }

    /// A value where the motion goes to and fro, so that it never jumps.
    package func swaying(at seconds: Double, column: Int) -> Double {
        guard rows > 1 else { return self[0, column] }
        let period = Double(2 * (rows - 1))
        let place = (seconds * Double(Self.rowsPerSecond)).truncatingRemainder(dividingBy: period)
        let at = min(max(place, 0), period - max(place, 0))
        let low = min(max(Int(bounded: at), 0), rows - 2)
        let part = at - Double(low)
        return self[low, column] * (1 - part) + self[low + 1, column] * part
    }
}

/// What of a video's face an engine is to follow.
package struct ReferenceParts: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// How the head moves.
    package static let pose = ReferenceParts(rawValue: 1)
    /// When and how the eyes blink.
    package static let blinks = ReferenceParts(rawValue: 2)
}
