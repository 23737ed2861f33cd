import EngineAPI

/// A portrait taken apart: the person with their coverage, and what is behind them, where nobody
/// can see it, too.
struct PersonLayers: Sendable {
    /// The person before nothing: red, green, blue and how much of the pixel they cover, a byte
    /// each, the first one lowest. Where they cover little the colour is un-mixed from the plate.
    let person: [UInt32]
    /// What is behind: packed RGB.
    let plate: [UInt8]

    /// How far beyond the matte the background may still show the person, parts of the width.
    private static let margin: Float = 0.015
    /// The longest side that the plate is filled at: finer detail behind a head is never missed.
    private static let filledSideMax = 640
    /// The least coverage that a colour is un-mixed for.
    private static let coverageMin: Float = 0.02

    /// - coverage: of the person, one channel of the portrait's size, 0…1.
    /// - background: one colour instead of what the portrait shows behind the person.
    init(_ portrait: Image, coverage: FloatImage, background: Point3? = nil) {
        let plate: [UInt8]
        if let background {
            let colour = (0..<3).map { UInt8(bounded: background[$0].rounded()) }
            plate = (0..<portrait.rgb.count).map { colour[$0 % 3] }
        } else {
            plate = Self.plate(portrait, coverage)
        }
        self.plate = plate
        person = Self.person(portrait, coverage, plate)
    }

    /// The portrait as one layer, where nobody can tell the person from what is behind.
    init(undivided portrait: Image) {
        plate = portrait.rgb
        person = Self.person(
            portrait,
            FloatImage(width: portrait.width, height: portrait.height, repeating: 1), plate)
    }

    private static func person(
        _ portrait: Image, _ coverage: FloatImage, _ plate: [UInt8]
    ) -> [UInt32] {
        var made = [UInt32](repeating: 0, count: coverage.values.count)
        portrait.rgb.withUnsafeBufferPointer { rgb in
            plate.withUnsafeBufferPointer { plate in
                for index in made.indices {
                    let alpha = coverage.values[index]
                    var packed = UInt32(UInt8(bounded: (alpha * 255).rounded())) << 24
                    for channel in 0..<3 {
                        let at = index * 3 + channel
                        var value = rgb[at]
                        if alpha < 1, alpha > coverageMin {
                            let mixed = Float(value) - (1 - alpha) * Float(plate[at])
                            value = UInt8(bounded: min(max(mixed / alpha + 0.5, 0), 255))
                        }
                        packed |= UInt32(value) << UInt32(channel * 8)
                    }
                    made[index] = packed
                }
            }
        }
        return made
    }

    // MARK: the plate

    /// What covers a pixel so little leaves it as it is in the plate.
    static let leastHidden: Float = 0.004

    /// Where the plate may differ from the portrait: the person and a margin around them.
    static func hidden(by coverage: FloatImage) -> FloatImage {
        let radius = Int(bounded: margin * Float(max(coverage.width, coverage.height)))
        return coverage.dilated(.disc(max(radius, 1)))
    }

    /// The portrait without the person.
    private static func plate(_ portrait: Image, _ coverage: FloatImage) -> [UInt8] {
        let (width, height) = (portrait.width, portrait.height)
        let known = hidden(by: coverage).mapped { 1 - smoothStep(leastHidden, 0.08, $0) }
        // Nothing of the background is to be seen.
        guard known.values.reduce(0, +) > 0.01 * Float(width * height) else { return portrait.rgb }
        // Twice as coarse at twice the size, so that the cost stays.
        let step = (max(width, height) + filledSideMax - 1) / filledSideMax
        let image = FloatImage(
            portrait,
            PixelBox(
                around: [Point2(), Point2(Float(width), Float(height))],
                width: width, height: height))
        let small =
            step > 1 ? image.shrunk(by: step, weights: known) : (values: image, weights: known)
        let filled = fill(small.values, small.weights)
        var plate = portrait.rgb
        plate.withUnsafeMutableBufferPointer { plate in
            filled.withBilinear { show($0, scale: 1 / Float(step), where: known, on: plate) }
        }
        return plate
    }

    /// What was filled, at its full size, where the background is not known.
    private static func show(
        _ filled: Bilinear, scale: Float, where known: FloatImage,
        on plate: UnsafeMutableBufferPointer<UInt8>
    ) {
        known.values.withUnsafeBufferPointer { parts in
            for index in parts.indices where parts[index] <= 0.999 {
                let (x, y) = (Float(index % known.width), Float(index / known.width))
                let colour = filled((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5)
                for channel in 0..<3 {
                    plate[index * 3 + channel] = UInt8(
                        bounded: min(max(colour[channel] + 0.5, 0), 255))
                }
            }
        }
    }

    /// What is unknown takes on what lies nearest, and its texture, mirrored.
    private static func fill(_ image: FloatImage, _ known: FloatImage) -> FloatImage {
        var made = image.filled(known)
        let part = known.mapped { 1 - $0 }.blurred(3)
        // As in `addTexture`: at half the size, of what is known now everywhere.
        let all = FloatImage(width: made.width, height: made.height, repeating: 1)
        let soft = made.shrunk(by: 2, weights: all).values.blurred(2)
        made.values.withUnsafeMutableBufferPointer { made in
            soft.withBilinear { soften(made, towards: $0, by: part) }
        }
        addTexture(to: &made, of: image, known)
        return made
    }

    /// - made: four channels. - soft: of half the size. - part: where to, 0…1.
    private static func soften(
        _ made: UnsafeMutableBufferPointer<Float>, towards soft: Bilinear, by part: FloatImage
    ) {
        part.values.withUnsafeBufferPointer { parts in
            for index in parts.indices where parts[index] > 0 {
                let share = parts[index] * 0.7
                let (x, y) = (Float(index % part.width), Float(index / part.width))
                let mean = soft(x * 0.5 - 0.25, y * 0.5 - 0.25)
                for channel in 0..<4 {
                    let at = index * 4 + channel
                    made[at] += (mean[channel] - made[at]) * share
                }
            }
        }
    }

    private static func addTexture(
        to made: inout FloatImage, of image: FloatImage, _ known: FloatImage
    ) {
        let (width, channels) = (image.width, image.channels)
        let nearest = NearestPixels(
            known.values.map { $0 >= 0.999 }, width: width, height: image.height)
        // So wide a mean is as smooth at half the size, at an eighth of the work.
        let half = image.shrunk(by: 2, weights: known)
        let low = half.values.blurred(
            margin / 2 * Float(width), where: half.weights, floor: 0.02)
        let (near, far) = (0.05 * Float(width), 0.16 * Float(width))
        made.values.withUnsafeMutableBufferPointer { made in
            low.withBilinear { low in
                for index in known.values.indices where known.values[index] < 0.999 {
                    let place = Int(nearest.places[index])
                    let away = nearest.distances.values[index]
                    guard place >= 0, away < far else { continue }
                    // As far behind the nearest known pixel as this one is before it.
                    let x = mirrored(2 * (place % width) - index % width, width)
                    let y = mirrored(2 * (place / width) - index / width, image.height)
                    let at = y * width + x
                    let share =
                        known.values[at] * (1 - known.values[index])
                        * (1 - smoothStep(near, far, away))
                    let mean = low(Float(x) * 0.5 - 0.25, Float(y) * 0.5 - 0.25)
                    for channel in 0..<3 {
                        let grain = image.values[at * channels + channel] - mean[channel]
                        made[index * channels + channel] += min(max(grain, -24), 24) * share
                    }
                }
            }
        }
    }
}

extension FloatImage {
    /// The same function of each value.
    func mapped(_ change: (Float) -> Float) -> FloatImage {
        var made = self
        for index in made.values.indices { made.values[index] = change(values[index]) }
        return made
    }

    /// Means of squares of `step` pixels, as far as they are known, and how well that is.
    func shrunk(by step: Int, weights: FloatImage) -> (values: FloatImage, weights: FloatImage) {
        let (newWidth, newHeight) = ((width + step - 1) / step, (height + step - 1) / step)
        var small = FloatImage(width: newWidth, height: newHeight, channels: channels)
        var known = FloatImage(width: newWidth, height: newHeight)
        values.withUnsafeBufferPointer { values in
            weights.values.withUnsafeBufferPointer { weights in
                small.values.withUnsafeMutableBufferPointer { into in
                    for at in known.values.indices {
                        let (left, top) = (at % newWidth * step, at / newWidth * step)
                        let sum = into.baseAddress! + at * channels
                        var (total, count): (Float, Float) = (0, 0)
                        for row in top..<min(top + step, height) {
                            for pixel in row * width + left..<row * width + min(left + step, width)
                            {
                                let weight = weights[pixel]
                                (total, count) = (total + weight, count + 1)
                                for channel in 0..<channels {
                                    sum[channel] += values[pixel * channels + channel] * weight
                                }
                            }
                        }
                        let scale = 1 / max(total, 1e-6)
                        for channel in 0..<channels { sum[channel] *= scale }
                        known.values[at] = total / max(count, 1)
                    }
                }
            }
        }
        return (small, known)
    }
}
