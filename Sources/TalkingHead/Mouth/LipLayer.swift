import EngineAPI

/// The lips without what shows between them: a mouth that speaks, and lips that meet, are drawn
/// from this; the mouth's inside is painted over it.
struct LipLayer: Sendable {
    private let box: PixelBox
    /// Colours of the portrait, and what makes the lips alone of them.
    private let source: [SIMD4<Int32>]
    private let change: [SIMD4<Int32>]

    /// From so many centimetres between the lips on they are stretched, wholly from the second on.
    private static let wide: (from: Float, to: Float) = (1, 2.2)
    /// Standard deviation of what is evened out then, centimetres, and how much of it.
    private static let (lumpReach, lumpPart): (Float, Float) = (0.14, 0.5)

    /// Whether there is nothing to take away.
    var isEmpty: Bool { source.isEmpty }

    /// - scale: pixels a centimetre.
    init(_ mouth: PortraitMouth, _ colours: FaceColours, _ grain: Grain, scale: Float) {
        box = mouth.box
        guard mouth.showsInside, !mouth.box.isEmpty else {
            (source, change) = ([], [])
            return
        }
        let blur = colours.blur
        let alien = Self.alien(mouth, blur: blur, scale: scale)
        var weights = mouth.lips
        for index in weights.values.indices {
            let isLip = mouth.lips.values[index] > 0.7
            weights.values[index] = alien.values[index] > 0.5 ? 0 : isLip ? 1 : 0.002
        }
        let filled = mouth.pixels.filled(weights)
        // Lips that a wide mouth stretched get as narrow as others: what lies across them would
        // become lumps.
        let lumps = filled.blurred(Self.lumpReach * scale, where: mouth.lips)
        let wide = Self.lumpPart * smoothStep(Self.wide.from, Self.wide.to, mouth.gap)
        // Towards the seam lips turn in and darken.
        let depth = mouth.hole.blurred(0.06 * scale + 0.5)
        let cover = alien.dilated(.square(Int(bounded: blur))).blurred(0.6 + 0.6 * blur)
        var (source, change) = ([SIMD4<Int32>](), [SIMD4<Int32>]())
        for index in cover.values.indices {
            let own = mouth.pixels.colour(index)
            let part = max(
                cover.values[index], mouth.hole.values[index], wide * mouth.lips.values[index])
            var lip = filled.colour(index)
            lip += (lumps.colour(index) - lip) * wide
            lip *= 1 - 0.18 * depth.values[index]
            lip += lip * grain.at(index % box.width, index / box.width)
            let colour = own + (lip - own) * part
            let bytes = SIMD4(colour, 0).clamped(lowerBound: .zero, upperBound: .byteMax)
            source.append(SIMD4<Int32>(SIMD4(own, 0)))
            change.append(SIMD4<Int32>(bytes.rounded(.toNearestOrEven)) &- source[index])
        }
        (self.source, self.change) = (source, change)
    }

    /// 1 where a pixel is not lip: the hole, and beside it what is pale and bright. What is dark
    /// there is the lips' own line and their corners: as they meet it stays, or they would end
    /// blunt.
    private static func alien(_ mouth: PortraitMouth, blur: Float, scale: Float) -> FloatImage {
        let reach = Int(bounded: (1.2 + blur + 0.05 * scale).rounded(.up))
        let near = mouth.hole.dilated(.disc(reach))
        let (light, saturation) = (mouth.lip.luminance, mouth.lipSaturation)
        var alien = FloatImage(width: mouth.box.width, height: mouth.box.height)
        for index in alien.values.indices where near.values[index] > 0.3 {
            let (colour, y) = (mouth.pixels.colour(index), mouth.pixels.values[4 * index + 3])
            let isPale =
                y > light * 1.22 + 6
                && PortraitMouth.saturation(colour) < saturation * 0.8 + 0.03
            if mouth.hole.values[index] > 0.3 || isPale {
                alien.values[index] = 1
            }
        }
        return alien.dilated(.square(Int(bounded: (0.8 + 0.7 * blur).rounded(.up))))
    }

    /// Lays the lips over the portrait in a texture.
    /// - amount: 0 gives the portrait's own back.
    func draw(_ amount: Float, into texture: inout FrameTexture) {
        guard !isEmpty else { return }
        let part = SIMD4<Int32>(repeating: Int32(bounded: min(max(amount, 0), 1) * 256))
        texture.withPixels(of: box) { pixels, rowStride in
            source.withUnsafeBufferPointer { source in
                change.withUnsafeBufferPointer { change in
                    for y in 0..<box.height {
                        for x in 0..<box.width {
                            let at = y * box.width + x
                            let colour = source[at] &+ (change[at] &* part &+ 128) &>> 8
                            let bytes = SIMD4<UInt8>(truncatingIfNeeded: colour)
                            let place = y * rowStride + x
                            pixels[place] = pixels[place].coloured(
                                unsafeBitCast(bytes, to: UInt32.self))
                        }
                    }
                }
            }
        }
    }
}

extension SIMD4 where Scalar == Float {
    /// The largest value of a byte, four times.
    static var byteMax: SIMD4<Float> { SIMD4(repeating: 255) }
}
