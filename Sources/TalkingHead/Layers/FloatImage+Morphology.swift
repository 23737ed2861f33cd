import EngineAPI

/// The neighbourhood of a pixel in grey morphology: for each row how far it reaches aside.
struct StructuringElement: Sendable {
    /// From the topmost row to the lowest.
    let reaches: [Int]

    var radius: Int { reaches.count / 2 }

    /// A disc of `2 · radius + 1` pixels across.
    static func disc(_ radius: Int) -> StructuringElement {
        let square = Float(radius * radius)
        return StructuringElement(
            reaches: (-radius...radius).map {
                Int(bounded: (square - Float($0 * $0)).squareRoot().rounded())
            })
    }

    static func square(_ radius: Int) -> StructuringElement {
        StructuringElement(reaches: [Int](repeating: radius, count: 2 * radius + 1))
    }
}

extension FloatImage {
    /// The largest value of each neighbourhood; nothing lies beyond the border. One channel.
    func dilated(_ element: StructuringElement) -> FloatImage {
        precondition(channels == 1)
        guard width > 0, height > 0, element.radius > 0 else { return self }
        // Maxima of 1, 2, 4, … values to the right of each place, from left of the border on: any
        // length is the larger of two of those.
        let radius = element.radius
        let padded = width + 2 * radius
        let longest = 2 * (element.reaches.max() ?? 0) + 1
        var tables = [paddedRows(radius)]
        while 2 << (tables.count - 1) <= longest {
            tables.append(doubled(tables[tables.count - 1], padded, span: 1 << (tables.count - 1)))
        }
        var made = FloatImage(width: width, height: height, repeating: -.infinity)
        made.values.withUnsafeMutableBufferPointer { into in
            for (index, reach) in element.reaches.enumerated() {
                let length = 2 * reach + 1
                var level = 0
                while 2 << level <= length { level += 1 }
                let second = length - 1 << level
                tables[level].withUnsafeBufferPointer { table in
                    for y in 0..<height {
                        let from = y + index - radius
                        guard (0..<height).contains(from) else { continue }
                        let first = table.baseAddress! + from * padded + radius - reach
                        largest(
                            first, first + second, into.baseAddress! + y * width, count: width)
                    }
                }
            }
        }
        return made
    }

    /// The least value of each neighbourhood.
    func eroded(_ element: StructuringElement) -> FloatImage {
        negated.dilated(element).negated
    }

    /// What is dark and narrower than the neighbourhood vanishes.
    func closed(_ element: StructuringElement) -> FloatImage {
        dilated(element).eroded(element)
    }

    private var negated: FloatImage {
        FloatImage(values.map { -$0 }, width: width, height: height, channels: channels)
    }

    /// The rows with so much of nothing on either side.
    private func paddedRows(_ radius: Int) -> [Float] {
        let padded = width + 2 * radius
        var rows = [Float](repeating: -.infinity, count: padded * height)
        for y in 0..<height {
            for x in 0..<width { rows[y * padded + radius + x] = values[y * width + x] }
        }
        return rows
    }

    /// Maxima of `2 · span` values from maxima of `span`.
    private func doubled(_ table: [Float], _ padded: Int, span: Int) -> [Float] {
        var made = table
        table.withUnsafeBufferPointer { table in
            made.withUnsafeMutableBufferPointer { made in
                for y in 0..<height {
                    let row = table.baseAddress! + y * padded
                    let into = made.baseAddress! + y * padded
                    for x in 0..<padded - span {
                        into[x] = row[x] > row[x + span] ? row[x] : row[x + span]
                    }
                }
            }
        }
        return made
    }
}

/// The larger of two rows and what is there.
private func largest(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ into: UnsafeMutablePointer<Float>,
    count: Int
) {
    for x in 0..<count {
        let larger = a[x] > b[x] ? a[x] : b[x]
        into[x] = larger > into[x] ? larger : into[x]
    }
}
