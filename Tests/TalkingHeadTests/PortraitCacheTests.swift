import EngineAPI
import Testing

@testable import TalkingHead

struct PortraitCacheTests {
    private func portrait(_ level: UInt8) -> Image {
        Image(width: 4, height: 4, rgb: [UInt8](repeating: level, count: 48))
    }

    private func keep(
        _ level: UInt8, _ cache: inout PortraitCache<UInt8>, itemBytes: Int = 1_000,
        _ options: AnimationOptions = AnimationOptions()
    ) {
        cache.keep(level, of: portrait(level), options, itemBytes: itemBytes)
    }

    private func kept(
        _ level: UInt8, _ cache: inout PortraitCache<UInt8>,
        _ options: AnimationOptions = AnimationOptions()
    ) -> UInt8? { cache.item(of: portrait(level), options) }

    @Test func `A portrait is found again, and nobody gets another's`() {
        var cache = PortraitCache<UInt8>()
        keep(1, &cache)
        #expect(kept(1, &cache) == 1)
        #expect(kept(2, &cache) == nil)
    }

    @Test func `Images that differ in a pixel or in their shape are others`() {
        var cache = PortraitCache<UInt8>()
        keep(1, &cache)
        var other = portrait(1)
        other.rgb[47] ^= 1
        #expect(cache.item(of: other, AnimationOptions()) == nil)
        let wide = Image(width: 8, height: 2, rgb: portrait(1).rgb)
        #expect(cache.item(of: wide, AnimationOptions()) == nil)
        var reduced = portrait(1)
        reduced.reduction = 2
        #expect(cache.item(of: reduced, AnimationOptions()) == nil)
    }

    @Test func `What an item depends on is compared, and what it does not is not`() {
        var cache = PortraitCache<UInt8>()
        keep(1, &cache)
        let changes: [(inout AnimationOptions) -> Void] = [
            { $0.framing = .crop }, { $0.sidePixels = 256 }, { $0.facePoint = .init(x: 1, y: 2) },
            { $0.background = .init(red: 1, green: 2, blue: 3) },
        ]
        for change in changes {
            var options = AnimationOptions()
            change(&options)
            #expect(kept(1, &cache, options) == nil)
        }
        var options = AnimationOptions()
        (options.seed, options.poseStyle, options.isStill) = (9, 3, true)
        #expect(kept(1, &cache, options) == 1)
    }

    @Test func `The four that were asked for last are kept`() {
        var cache = PortraitCache<UInt8>()
        for level in 1...4 as ClosedRange<UInt8> { keep(level, &cache) }
        #expect(kept(1, &cache) == 1)
        keep(5, &cache)
        #expect(kept(2, &cache) == nil)
        for level in [1, 3, 4, 5] as [UInt8] { #expect(kept(level, &cache) == level) }
    }

    @Test func `Room is made by those that were asked for longest ago, and by no more of them`() {
        var cache = PortraitCache<UInt8>()
        for level in 1...3 as ClosedRange<UInt8> { keep(level, &cache, itemBytes: 7 << 20) }
        var haveGone = cache.makeRoom(forBytes: 7 << 20)
        #expect(!haveGone)
        #expect(kept(1, &cache) == 1)
        haveGone = cache.makeRoom(forBytes: 14 << 20)
        #expect(haveGone)
        #expect(kept(2, &cache) == nil && kept(3, &cache) == 3 && kept(1, &cache) == 1)
        // What is too large to be kept drives nobody out.
        cache.makeRoom(forBytes: 60 << 20)
        #expect(kept(3, &cache) == 3 && kept(1, &cache) == 1)
    }

    @Test func `Their bytes are bounded`() {
        var cache = PortraitCache<UInt8>()
        keep(1, &cache, itemBytes: 30 << 20)
        keep(2, &cache, itemBytes: 30 << 20)
        #expect(kept(1, &cache) == nil && kept(2, &cache) == 2)
        keep(3, &cache, itemBytes: 60 << 20)
        #expect(kept(3, &cache) == nil && kept(2, &cache) == 2)
    }
}
