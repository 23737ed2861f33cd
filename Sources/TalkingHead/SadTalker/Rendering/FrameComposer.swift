import EngineAPI

/// Makes a video's frame of what the renderer drew.
struct FrameComposer: Sendable {
    private let geometry: PortraitGeometry
    /// The whole portrait at the video's size, and what pastes into it; nil where the renderer
    /// draws all of the frame.
    private let surrounding: (image: Image, clone: SeamlessClone)?

    var width: Int { geometry.width }
    var height: Int { geometry.height }

    /// - surrounding: the whole portrait at the video's size, where only a part of it is drawn.
    init(_ geometry: PortraitGeometry, surrounding: Image?) {
        self.geometry = geometry
        self.surrounding = surrounding.map { ($0, SeamlessClone(geometry.place)) }
    }

    /// - planes: the renderer's: RGB, planar, 0…1, `side` pixels a side.
    func compose(_ planes: [Float], side: Int, into frame: VideoFrame) {
        let place = geometry.place
        let drawn = Image(planes: planes, side: side).resized(
            PixelRect(left: 0, top: 0, right: side, bottom: side), width: place.width,
            height: place.height)
        guard let surrounding else {
            frame.rgb = drawn.rgb
            return
        }
        var canvas = surrounding.image.rgb
        surrounding.clone.paste(FloatImage(drawn), into: &canvas, width: width)
        frame.rgb = canvas
    }
}

extension Image {
    /// - planes: RGB, planar, 0…1.
    fileprivate init(planes: [Float], side: Int) {
        let count = side * side
        var rgb = [UInt8](repeating: 0, count: 3 * count)
        for pixel in 0..<count {
            for channel in 0..<3 {
                let value = (planes[channel * count + pixel] * 255).rounded()
                rgb[3 * pixel + channel] = UInt8(bounded: min(max(value, 0), 255))
            }
        }
        self.init(width: side, height: side, rgb: rgb)
    }
}

extension FloatImage {
    /// Colours, 0…255.
    init(_ image: Image) {
        let count = image.width * image.height
        var values = [Float](repeating: 0, count: 4 * count)
        for pixel in 0..<count {
            for channel in 0..<3 {
                values[4 * pixel + channel] = Float(image.rgb[3 * pixel + channel])
            }
        }
        self.init(values, width: image.width, height: image.height, channels: 4)
    }
}
