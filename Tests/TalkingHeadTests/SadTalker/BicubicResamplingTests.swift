import EngineAPI
import Testing

@testable import TalkingHead

/// Beside what Pillow 12's `resize(…, BICUBIC)` and `crop` gave.
struct BicubicResamplingTests {
    /// An image of a formula.
    private func image(_ width: Int, _ height: Int) -> Image {
        var rgb: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<3 {
                    rgb.append(UInt8((x * 37 + y * 91 + channel * 53 + x * y * 7) % 256))
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    private func green(_ image: Image) -> [Int] {
        stride(from: 1, to: image.rgb.count, by: 3).map { Int(image.rgb[$0]) }
    }

    @Test func `An enlarged image's levels are Pillow's, and black beyond its edge`() {
        let made = BicubicResampling.window(
            of: image(9, 7), width: 13, height: 11, left: -2, top: 3, side: 6)
        #expect(
            green(made) == [
                0, 0, 239, 139, 59, 108, 0, 0, 192, 109, 47, 105, 0, 0, 66, 96, 141, 182, 0, 0,
                112, 173, 191, 86, 0, 0, 191, 203, 166, 50, 0, 0, 255, 157, 70, 124,
            ])
    }

    @Test func `A smaller image's levels are Pillow's`() {
        let made = BicubicResampling.window(
            of: image(12, 10), width: 7, height: 5, left: 1, top: -1, side: 6)
        #expect(
            green(made) == [
                0, 0, 0, 0, 0, 0, 139, 133, 130, 126, 119, 137, 134, 140, 132, 124, 131, 133, 133,
                128, 136, 147, 139, 107, 145, 100, 133, 118, 112, 101, 116, 145, 140, 121, 165, 101,
            ])
    }

    @Test func `A window that is far off is black`() {
        let made = BicubicResampling.window(
            of: image(5, 5), width: 9, height: 9, left: 400, top: -77, side: 4)
        #expect(made.rgb == [UInt8](repeating: 0, count: 48))
    }
}
