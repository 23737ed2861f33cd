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
        var made = self
        let row = width * channels
        guard height > 0, row > 0 else { return self }
        values.withUnsafeBufferPointer { from in
            made.values.withUnsafeMutableBufferPointer { into in
                for y in 0..<height {
                    boxRow(
                        from.baseAddress! + y * row, into.baseAddress! + y * row, count: width,
                        channels: channels, radius)
                }
                boxColumns(into.baseAddress!, row: row, height: height, radius)
            }
        }
        return made
    }

    /// A smooth plane with the edges of a guide. He, Sun, Tang, "Guided Image Filtering" (2010).
    /// - guide: of the same size, 0…1.
    func guided(by guide: FloatImage, radius: Int, epsilon: Float = 1e-3) -> FloatImage {
        func product(_ a: FloatImage, _ b: FloatImage) -> FloatImage {
            FloatImage(zip(a.values, b.values).map { $0 * $1 }, width: width, height: height)
        }
        let (meanGuide, mean) = (guide.boxed(radius), boxed(radius))
        let square = product(guide, guide).boxed(radius)
        let joint = product(guide, self).boxed(radius)
        var (slope, shift) = (mean, mean)
        for index in values.indices {
            let (g, m) = (meanGuide.values[index], mean.values[index])
            let spread = max(square.values[index] - g * g, 0)
            slope.values[index] = (joint.values[index] - g * m) / (spread + epsilon)
            shift.values[index] = m - slope.values[index] * g
        }
        (slope, shift) = (slope.boxed(radius), shift.boxed(radius))
        var made = slope
        for index in values.indices {
            let value = slope.values[index] * guide.values[index] + shift.values[index]
            made.values[index] = min(max(value, 0), 1)
        }
        return made
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
            let x = place % width
            var beside: [Int] = []
            if x > 0 { beside.append(place - 1) }
            if x + 1 < width { beside.append(place + 1) }
            if place >= width { beside.append(place - width) }
            if place + width < values.count { beside.append(place + width) }
            for next in beside where isKept[next] == 0 && values[next] > 0.5 {
                isKept[next] = 1
                open.append(next)
            }
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
    _ values: UnsafeMutablePointer<Float>, row: Int, height: Int, _ radius: Int
) {
    // Rows are overwritten while those above are still wanted.
    let kept = UnsafeMutablePointer<Float>.allocate(capacity: row * height)
    kept.update(from: values, count: row * height)
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: row)
    sums.initialize(repeating: 0, count: row)
    defer {
        kept.deallocate()
        sums.deallocate()
    }
    for y in 0..<min(radius, height) {
        let line = kept + y * row
        for x in 0..<row { sums[x] += line[x] }
    }
    for y in 0..<height {
        if y + radius < height {
            let line = kept + (y + radius) * row
            for x in 0..<row { sums[x] += line[x] }
        }
        if y > radius {
            let line = kept + (y - radius - 1) * row
            for x in 0..<row { sums[x] -= line[x] }
        }
        let inside = Float(min(y + radius, height - 1) - max(y - radius, 0) + 1)
        let into = values + y * row
        for x in 0..<row { into[x] = sums[x] / inside }
    }
}
