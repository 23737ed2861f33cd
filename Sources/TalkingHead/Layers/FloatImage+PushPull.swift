import EngineAPI

extension FloatImage {
    /// Known values spread into what is unknown, the nearer the finer: push-pull over a pyramid of
    /// halves. Gortler et al., "The Lumigraph" (1996), section 3.4.
    /// - weights: how well each pixel is known, 0…1, one channel.
    func filled(_ weights: FloatImage) -> FloatImage {
        precondition(weights.width == width && weights.height == height && weights.channels == 1)
        var levels = [(values: self, weights: weights)]
        while let last = levels.last, last.values.width > 2, last.values.height > 2,
            last.weights.values.contains(where: { $0 < 0.999 })
        {
            levels.append(Self.halved(last.values, last.weights))
        }
        let coarsest = levels.removeLast()
        var made = Self.levelled(coarsest.values, coarsest.weights)
        for level in levels.reversed() { made.enlarge(under: level.values, level.weights) }
        return made
    }

    /// Half as wide and high: means by weight, and how well those are known.
    private static func halved(
        _ values: FloatImage, _ weights: FloatImage
    ) -> (values: FloatImage, weights: FloatImage) {
        let (width, height, channels) = (values.width, values.height, values.channels)
        var small = FloatImage(width: (width + 1) / 2, height: (height + 1) / 2, channels: channels)
        var known = FloatImage(width: small.width, height: small.height)
        values.values.withUnsafeBufferPointer { from in
            weights.values.withUnsafeBufferPointer { weights in
                small.values.withUnsafeMutableBufferPointer { into in
                    for y in 0..<known.height {
                        let (above, below) = (2 * y * width, min(2 * y + 1, height - 1) * width)
                        for x in 0..<known.width {
                            let (left, right) = (2 * x, min(2 * x + 1, width - 1))
                            let (a, b, c, d) =
                                (above + left, above + right, below + left, below + right)
                            let total = weights[a] + weights[b] + weights[c] + weights[d]
                            let scale = 1 / max(total, 1e-6)
                            let at = y * known.width + x
                            for channel in 0..<channels {
                                let upper =
                                    from[a * channels + channel] * weights[a]
                                    + from[b * channels + channel] * weights[b]
                                let lower =
                                    from[c * channels + channel] * weights[c]
                                    + from[d * channels + channel] * weights[d]
                                into[at * channels + channel] = (upper + lower) * scale
                            }
                            known.values[at] = min(total, 1)
                        }
                    }
                }
            }
        }
        return (small, known)
    }

    /// What nobody knows gets the mean of what is known.
    private static func levelled(_ values: FloatImage, _ weights: FloatImage) -> FloatImage {
        let total = weights.values.reduce(0, +)
        var made = values
        for channel in 0..<values.channels {
            var mean: Float = 0
            for pixel in weights.values.indices {
                mean += values.values[pixel * values.channels + channel] * weights.values[pixel]
            }
            mean /= max(total, 1e-6)
            for pixel in weights.values.indices where weights.values[pixel] <= 1e-3 {
                made.values[pixel * values.channels + channel] = mean
            }
        }
        return made
    }

    /// Goes to the size of a finer level (bilinear) and takes over what is known there.
    private mutating func enlarge(under finer: FloatImage, _ weights: FloatImage) {
        var made = finer
        let row = width * channels
        var mixed = [Float](repeating: 0, count: row)
        values.withUnsafeBufferPointer { from in
            made.values.withUnsafeMutableBufferPointer { into in
                mixed.withUnsafeMutableBufferPointer { mixed in
                    for y in 0..<finer.height {
                        let near = y / 2
                        let far = min(max(near + (y % 2 == 0 ? -1 : 1), 0), height - 1)
                        for x in 0..<row {
                            mixed[x] = 0.75 * from[near * row + x] + 0.25 * from[far * row + x]
                        }
                        spread(
                            mixed.baseAddress!, width, channels,
                            under: into.baseAddress! + y * finer.width * channels,
                            width: finer.width, weights.values, from: y * finer.width)
                    }
                }
            }
        }
        self = made
    }
}

/// One row at twice its width, under a finer one as far as that is not known.
private func spread(
    _ coarse: UnsafePointer<Float>, _ coarseWidth: Int, _ channels: Int,
    under fine: UnsafeMutablePointer<Float>, width: Int, _ weights: [Float], from first: Int
) {
    weights.withUnsafeBufferPointer { weights in
        for x in 0..<width {
            let near = x / 2 * channels
            let far = min(max(x / 2 + (x % 2 == 0 ? -1 : 1), 0), coarseWidth - 1) * channels
            let (weight, at) = (weights[first + x], x * channels)
            if channels == 4 {
                let part =
                    0.75 * lanes(coarse + near) + 0.25 * lanes(coarse + far)
                let own = lanes(fine + at)
                UnsafeMutableRawPointer(fine + at).storeBytes(
                    of: part + (own - part) * weight, as: SIMD4<Float>.self)
                continue
            }
            for channel in 0..<channels {
                let part = 0.75 * coarse[near + channel] + 0.25 * coarse[far + channel]
                fine[at + channel] = part + (fine[at + channel] - part) * weight
            }
        }
    }
}

@inline(__always)
private func lanes(_ at: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(at).loadUnaligned(as: SIMD4<Float>.self)
}
