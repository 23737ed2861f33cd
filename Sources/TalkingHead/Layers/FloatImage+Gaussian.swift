import EngineAPI

extension FloatImage {
    /// Blurred by a Gaussian of this standard deviation, pixels; the border mirrors.
    func blurred(_ sigma: Float) -> FloatImage {
        guard sigma >= Self.leastSigma, width > 0, height > 0 else { return self }
        let kernel = gaussianKernel(sigma)
        return convolvedAlongRows(kernel).convolvedAlongColumns(kernel)
    }

    /// Blurred where a mask (0…1, one channel) lets it: the mean of what is seen nearby.
    /// - floor: where less than so much is seen, the result goes to 0.
    func blurred(_ sigma: Float, where mask: FloatImage, floor: Float = 1e-4) -> FloatImage {
        let seen = mask.blurred(sigma)
        return times(mask) { $0 }.blurred(sigma).times(seen) { 1 / max($0, floor) }
    }

    /// Each pixel's channels times a function of the mask there.
    private func times(_ mask: FloatImage, _ weight: (Float) -> Float) -> FloatImage {
        var made = self
        made.values.withUnsafeMutableBufferPointer { values in
            mask.values.withUnsafeBufferPointer { mask in
                for pixel in mask.indices {
                    let weight = weight(mask[pixel])
                    for at in pixel * channels..<(pixel + 1) * channels { values[at] *= weight }
                }
            }
        }
        return made
    }

    /// What is finer than this changes nothing.
    private static let leastSigma: Float = 0.15

    private func convolvedAlongRows(_ kernel: [Float]) -> FloatImage {
        let (radius, row) = (kernel.count / 2, width * channels)
        var made = self
        var padded = [Float](repeating: 0, count: row + 2 * radius * channels)
        values.withUnsafeBufferPointer { from in
            made.values.withUnsafeMutableBufferPointer { into in
                padded.withUnsafeMutableBufferPointer { padded in
                    let taps = (0..<kernel.count).map {
                        UnsafePointer(padded.baseAddress! + $0 * channels)
                    }
                    let start = padded.baseAddress!
                    let beyond = Array(-radius..<0) + Array(width..<width + radius)
                    for y in 0..<height {
                        let line = from.baseAddress! + y * row
                        (start + radius * channels).update(from: line, count: row)
                        for x in beyond {
                            (start + (x + radius) * channels).update(
                                from: line + mirrored(x, width) * channels, count: channels)
                        }
                        weightedSum(taps, kernel, into: into.baseAddress! + y * row, count: row)
                    }
                }
            }
        }
        return made
    }

    private func convolvedAlongColumns(_ kernel: [Float]) -> FloatImage {
        let (radius, row) = (kernel.count / 2, width * channels)
        var made = self
        values.withUnsafeBufferPointer { from in
            made.values.withUnsafeMutableBufferPointer { into in
                for y in 0..<height {
                    let taps = (-radius...radius).map {
                        from.baseAddress! + mirrored(y + $0, height) * row
                    }
                    weightedSum(taps, kernel, into: into.baseAddress! + y * row, count: row)
                }
            }
        }
        return made
    }
}

/// A place inside `0..<count`: beyond the border it goes back, the border itself once.
func mirrored(_ place: Int, _ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let at = ((place % period) + period) % period
    return at < count ? at : period - at
}

/// The sum of rows by weight, value for value.
private func weightedSum(
    _ rows: [UnsafePointer<Float>], _ weights: [Float], into: UnsafeMutablePointer<Float>,
    count: Int
) {
    rows.withUnsafeBufferPointer { rows in
        weights.withUnsafeBufferPointer { weights in
            var index = 0
            while index + 16 <= count {
                var sum = SIMD16<Float>()
                for tap in rows.indices {
                    let part = UnsafeRawPointer(rows[tap] + index)
                        .loadUnaligned(as: SIMD16<Float>.self)
                    sum += part * weights[tap]
                }
                UnsafeMutableRawPointer(into + index).storeBytes(of: sum, as: SIMD16<Float>.self)
                index += 16
            }
            while index < count {
                var sum: Float = 0
                for tap in rows.indices { sum += rows[tap][index] * weights[tap] }
                into[index] = sum
                index += 1
            }
        }
    }
}
