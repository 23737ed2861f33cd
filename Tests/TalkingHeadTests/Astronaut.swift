import EngineAPI
import Glibc
import Media

@testable import TalkingHead

/// NASA's portrait of Eileen Collins, from the wheel of scikit-image: 512 × 512.
enum Astronaut {
    static func image() async throws -> Image {
        let path = samplesPath + "/astronaut.png"
        guard let file = fopen(path, "rb") else { throw EngineError.modelMissing(path: path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        return try await FFmpegCodec(threads: 1).decodeImage(
            Array(bytes.prefix(count)), sideMax: 4096, work: .ample)
    }

    /// The face as a film shows it, with its landmarks.
    static func framed(by finder: FaceFinder) async throws -> (image: Image, points: [Point3]) {
        let portrait = try await image()
        var options = AnimationOptions()
        options.framing = .crop
        return Framing.frame(
            portrait, try finder.find(in: portrait, at: nil, work: .ample).mesh, options)
    }
}

extension Image {
    var turnedClockwise: Image {
        var made: [UInt8] = []
        made.reserveCapacity(rgb.count)
        for y in 0..<width {
            for x in 0..<height {
                let at = ((height - 1 - x) * width + y) * 3
                made += rgb[at..<at + 3]
            }
        }
        return Image(width: height, height: width, rgb: made)
    }

    /// The image laid into a grey one; the cut says where its corner comes to lie.
    func onGrey(_ cut: CropRect, width newWidth: Int, height newHeight: Int) -> Image {
        var made = [UInt8](repeating: 120, count: newWidth * newHeight * 3)
        let (left, top) = (Int(bounded: -cut.left), Int(bounded: -cut.top))
        for y in 0..<height {
            let to = ((top + y) * newWidth + left) * 3
            made.replaceSubrange(
                to..<to + width * 3, with: rgb[y * width * 3..<(y + 1) * width * 3])
        }
        return Image(width: newWidth, height: newHeight, rgb: made)
    }

    /// Another image on grey to the right of this one.
    func beside(_ other: Image) -> Image {
        let total = width + other.width
        let first = onGrey(
            CropRect(left: 0, top: 0, width: 0, height: 0), width: total, height: height)
        var made = first.rgb
        for y in 0..<other.height {
            let to = (y * total + width) * 3
            made.replaceSubrange(
                to..<to + other.width * 3,
                with: other.rgb[y * other.width * 3..<(y + 1) * other.width * 3])
        }
        return Image(width: total, height: height, rgb: made)
    }
}
