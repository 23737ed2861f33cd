import EngineAPI
import Glibc
import Media
import Testing

/// Files that claim, or inflate to, more than they are.
@Suite struct BombTests {
    private let codec = FFmpegCodec(threads: 1)
    private func ample(_ memory: MemoryAccount = MemoryAccount(.unlimited())) -> WorkContext {
        WorkContext(within: .seconds(300), memory: memory)
    }

    @Test(
        "an image is the same with chunks that make no pixels",
        arguments: ["iCCP", "zTXt", "iTXt", "tEXt", "eXIf", "sPLT", "acTL", "fdAT", "prVt"])
    func ancillary(kind: String) async throws {
        let data = Array("icc".utf8) + [0, 0] + PNGFile.stored([UInt8](repeating: 7, count: 900))
        let plain = try await codec.decodeImage(
            PNGFile.image(), sideMax: 4_096, work: ample())
        let same = try await codec.decodeImage(
            PNGFile.image(before: PNGFile.chunk(kind, data)), sideMax: 4_096, work: ample())
        #expect(plain == same)
        #expect(Array(plain.rgb[0..<3]) == [200, 0, 0])
    }

    @Test("a chunk that never ends makes no image of its own")
    func endlessChunk() async {
        let bytes = PNGFile.image(before: PNGFile.big(0x7FFF_FFFF, 4) + Array("iCCP".utf8))
        await #expect(throws: EngineError.unreadableImage) {
            try await codec.decodeImage(bytes, sideMax: 4_096, work: ample())
        }
    }

    @Test("a compressed movie header is refused before it is expanded")
    func compressedMovieHeader() async {
        func atom(_ kind: String, _ data: [UInt8]) -> [UInt8] {
            PNGFile.big(8 + data.count, 4) + Array(kind.utf8) + data
        }
        let squeezed = PNGFile.big(1 << 30, 4) + PNGFile.stored([UInt8](repeating: 0, count: 900))
        let body = atom("dcom", Array("zlib".utf8)) + atom("cmvd", squeezed)
        let video =
            atom("ftyp", Array("qt  ".utf8) + PNGFile.big(0x200, 4) + Array("qt  ".utf8))
            + atom("moov", atom("cmov", body))
        await #expect(throws: EngineError.unreadableAudio) {
            try await codec.reader(video, secondsMax: 10, work: ample())
        }
    }

    @Test("an image is charged before it is decoded, and what it is stays charged")
    func charges() async throws {
        let budget = MemoryBudget(bytesMax: 2 << 20)
        let account = MemoryAccount(budget)
        let image = try await codec.decodeImage(
            PNGFile.image(), sideMax: 4_096, work: ample(account))
        #expect(account.bytesHeld == image.rgb.count)
        account.releaseAll()
        // Claims 4096 pixels a side.
        var large = PNGFile.image()
        large.replaceSubrange(16..<24, with: PNGFile.big(4_096, 4) + PNGFile.big(4_096, 4))
        do {
            _ = try await codec.decodeImage(large, sideMax: 4_096, work: ample(account))
            Issue.record("it was decoded")
        } catch {
            guard case .memoryShort = error else { throw error }
        }
        #expect(account.bytesHeld == 0 && budget.bytesHeld == 0)
    }
}
