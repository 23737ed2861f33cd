import EngineAPI
import Testing

@testable import TalkingHead

struct RendererCacheTests {
    private let renderer = Nobody.renderer()

    private func portrait(_ level: UInt8) -> Image {
        Image(width: 4, height: 4, rgb: [UInt8](repeating: level, count: 48))
    }

    private func keep(
        _ level: UInt8, _ cache: inout RendererCache, layerBytes: Int = 1_000,
        _ options: AnimationOptions = AnimationOptions()
    ) {
        cache.keep(
            renderer, facesSeen: Int(level), of: portrait(level), options, layerBytes: layerBytes)
    }

    private func facesSeen(
        _ level: UInt8, _ cache: inout RendererCache,
        _ options: AnimationOptions = AnimationOptions()
    ) -> Int? { cache.renderer(of: portrait(level), options)?.facesSeen }

    @Test func `A portrait is found again, and nobody gets another's`() {
        var cache = RendererCache()
        keep(1, &cache)
        #expect(facesSeen(1, &cache) == 1)
        #expect(facesSeen(2, &cache) == nil)
    }

    @Test func `What the layers depend on is compared, and what they do not is not`() {
        var cache = RendererCache()
        keep(1, &cache)
        let changes: [(inout AnimationOptions) -> Void] = [
            { $0.framing = .crop }, { $0.sidePixels = 256 }, { $0.facePoint = .init(x: 1, y: 2) },
            { $0.background = .init(red: 1, green: 2, blue: 3) },
        ]
        for change in changes {
            var options = AnimationOptions()
            change(&options)
            #expect(facesSeen(1, &cache, options) == nil)
        }
        var options = AnimationOptions()
        (options.seed, options.poseStyle, options.isStill) = (9, 3, true)
        #expect(facesSeen(1, &cache, options) == 1)
    }

    @Test func `The four that were asked for last are kept`() {
        var cache = RendererCache()
        for level in 1...4 as ClosedRange<UInt8> { keep(level, &cache) }
        #expect(facesSeen(1, &cache) == 1)
        keep(5, &cache)
        #expect(facesSeen(2, &cache) == nil)
        for level in [1, 3, 4, 5] as [UInt8] { #expect(facesSeen(level, &cache) == Int(level)) }
    }

    @Test func `Their bytes are bounded`() {
        var cache = RendererCache()
        keep(1, &cache, layerBytes: 30 << 20)
        keep(2, &cache, layerBytes: 30 << 20)
        #expect(facesSeen(1, &cache) == nil && facesSeen(2, &cache) == 2)
        keep(3, &cache, layerBytes: 60 << 20)
        #expect(facesSeen(3, &cache) == nil && facesSeen(2, &cache) == 2)
    }
}
