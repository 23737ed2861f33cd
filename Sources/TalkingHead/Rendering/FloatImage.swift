import EngineAPI

/// Some values for each pixel, row by row; those of one pixel lie side by side.
struct FloatImage: Sendable {
    let width: Int
    let height: Int
    /// Values a pixel: 1, or 4 for colours, of which the fourth is anyone's.
    let channels: Int
    var values: [Float]

    init(_ values: [Float], width: Int, height: Int, channels: Int = 1) {
        precondition(values.count == width * height * channels)
        self.width = width
        self.height = height
        self.channels = channels
        self.values = values
    }

    init(width: Int, height: Int, channels: Int = 1, repeating value: Float = 0) {
        let values = [Float](repeating: value, count: width * height * channels)
        self.init(values, width: width, height: height, channels: channels)
    }

    /// The mean of the square around each pixel, as much of it as lies inside.
    func boxed(_ radius: Int) -> FloatImage {
        let row = width * channels
        guard height > 0, row > 0 else { return self }
        let alongRows = [Float](unsafeUninitializedCapacity: values.count) { into, count in
            values.withUnsafeBufferPointer { from in
                for y in 0..<height {
                    boxRow(
                        from.baseAddress! + y * row, into.baseAddress! + y * row, count: width,
                        channels: channels, radius)
                }
            }
            count = values.count
        }
        let made = [Float](unsafeUninitializedCapacity: values.count) { into, count in
            alongRows.withUnsafeBufferPointer { from in
                boxColumns(
                    from.baseAddress!, into.baseAddress!, row: row, height: height, radius)
            }
            count = values.count
        }
        return FloatImage(made, width: width, height: height, channels: channels)
    }

    /// Bilinear, pixel centres at halves.
    func enlarged(width newWidth: Int, height newHeight: Int) -> FloatImage {
        var made = [Float](repeating: 0, count: newWidth * newHeight)
        let stepX = Float(width) / Float(newWidth)
        let stepY = Float(height) / Float(newHeight)
        for y in 0..<newHeight {
            let atY = min(max((Float(y) + 0.5) * stepY - 0.5, 0), Float(height - 1))
            let (top, partY) = (Int(bounded: atY), atY - Float(Int(bounded: atY)))
            let bottom = min(top + 1, height - 1)
            for x in 0..<newWidth {
                let atX = min(max((Float(x) + 0.5) * stepX - 0.5, 0), Float(width - 1))
                let (left, partX) = (Int(bounded: atX), atX - Float(Int(bounded: atX)))
                let right = min(left + 1, width - 1)
                func row(_ y: Int) -> Float {
                    let (a, b) = (values[y * width + left], values[y * width + right])
                    return a + (b - a) * partX
                }
                let (above, below) = (row(top), row(bottom))
                made[y * newWidth + x] = above + (below - above) * partY
            }
        }
        return FloatImage(made, width: newWidth, height: newHeight)
    }

    /// Clears what does not hang together with the seeds by values above a half, but for a
    /// fringe.
    mutating func keep(connectedTo seeds: [Int], fringe: Int) {
        var isKept = [Float](repeating: 0, count: values.count)
        var open = seeds.filter { values[$0] > 0.5 }
        for seed in open { isKept[seed] = 1 }
        while let place = open.popLast() {
            func visit(_ next: Int) {
                guard isKept[next] == 0, values[next] > 0.5 else { return }
                isKept[next] = 1
                open.append(next)
            }
            let x = place % width
            if x > 0 { visit(place - 1) }
            if x + 1 < width { visit(place + 1) }
            if place >= width { visit(place - width) }
            if place + width < values.count { visit(place + width) }
        }
        let near = FloatImage(isKept, width: width, height: height).boxed(fringe)
        for index in values.indices where near.values[index] <= 0 { values[index] = 0 }
    }
}

/// Running means along one row.
private func boxRow(
    _ from: UnsafePointer<Float>, _ into: UnsafeMutablePointer<Float>, count: Int, channels: Int,
    _ radius: Int
) {
    for channel in 0..<channels {
        var sum: Float = 0
        for place in 0..<min(radius, count) { sum += from[place * channels + channel] }
        for place in 0..<count {
            if place + radius < count { sum += from[(place + radius) * channels + channel] }
            if place > radius { sum -= from[(place - radius - 1) * channels + channel] }
            let inside = min(place + radius, count - 1) - max(place - radius, 0) + 1
            into[place * channels + channel] = sum / Float(inside)
        }
    }
}

/// Running means along all columns at once.
private func boxColumns(
    _ from: UnsafePointer<Float>, _ into: UnsafeMutablePointer<Float>, row: Int, height: Int,
    _ radius: Int
) {
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: row)
    sums.initialize(repeating: 0, count: row)
    defer { sums.deallocate() }
    for y in 0..<min(radius, height) {
        let line = from + y * row
        for x in 0..<row { sums[x] += line[x] }
    }
    for y in 0..<height {
        if y + radius < height {
            let line = from + (y + radius) * row
            for x in 0..<row { sums[x] += line[x] }
        }
        if y > radius {
            let line = from + (y - radius - 1) * row
            for x in 0..<row { sums[x] -= line[x] }
        }
        let inside = Float(min(y + radius, height - 1) - max(y - radius, 0) + 1)
        let line = into + y * row
        for x in 0..<row { line[x] = sums[x] / inside }
    }
}
