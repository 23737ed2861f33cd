import EngineAPI
import Glibc
import Media
import Testing

/// Files that claim, or inflate to, more than they are.
@Suite struct BombTests {
    private let codec = FFmpegCodec(threads: 1)
    private func minute(_ memory: MemoryAccount = MemoryAccount(.unlimited())) -> WorkContext {
        WorkContext(within: .seconds(60), memory: memory)
    }

    private static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// FFmpeg does not check the sums of chunks.
    private static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        big(data.count, 4) + Array(kind.utf8) + data + [0, 0, 0, 0]
    }

    /// Bytes as one block that is not compressed (RFC 1950, RFC 1951 §3.2.4).
    private static func stored(_ data: [UInt8]) -> [UInt8] {
        let length = UInt16(data.count)
        var (low, high) = (1, 0)
        for byte in data {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return [0x78, 0x01, 1]
            + [length, ~length].flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            } + data + big(high << 16 | low, 4)
    }

    /// Two red pixels a row, two rows.
    private static func image(before: [UInt8] = []) -> [UInt8] {
        let rows: [UInt8] = [0, 200, 0, 0, 200, 0, 0, 0, 200, 0, 0, 200, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(2, 4) + big(2, 4) + [8, 2, 0, 0, 0]) + before
            + chunk("IDAT", stored(rows)) + chunk("IEND", [])
    }

    @Test(
        "an image is the same with chunks that make no pixels",
        arguments: ["iCCP", "zTXt", "iTXt", "tEXt", "eXIf", "sPLT", "acTL", "fdAT", "prVt"])
    func ancillary(kind: String) async throws {
        let data = Array("icc".utf8) + [0, 0] + Self.stored([UInt8](repeating: 7, count: 900))
        let plain = try await codec.decodeImage(
            Self.image(), sideMax: 4_096, work: minute())
        let same = try await codec.decodeImage(
            Self.image(before: Self.chunk(kind, data)), sideMax: 4_096, work: minute())
        #expect(plain == same)
        #expect(Array(plain.rgb[0..<3]) == [200, 0, 0])
    }

    @Test("a chunk that never ends makes no image of its own")
    func endlessChunk() async {
        let bytes = Self.image(before: Self.big(0x7FFF_FFFF, 4) + Array("iCCP".utf8))
        await #expect(throws: EngineError.unreadableImage) {
            try await codec.decodeImage(bytes, sideMax: 4_096, work: minute())
        }
    }

    @Test("a compressed movie header is refused before it is expanded")
    func compressedMovieHeader() async {
        func atom(_ kind: String, _ data: [UInt8]) -> [UInt8] {
            Self.big(8 + data.count, 4) + Array(kind.utf8) + data
        }
        let squeezed = Self.big(1 << 30, 4) + Self.stored([UInt8](repeating: 0, count: 900))
        let body = atom("dcom", Array("zlib".utf8)) + atom("cmvd", squeezed)
        let video =
            atom("ftyp", Array("qt  ".utf8) + Self.big(0x200, 4) + Array("qt  ".utf8))
            + atom("moov", atom("cmov", body))
        await #expect(throws: EngineError.unreadableAudio) {
            try await codec.reader(video, secondsMax: 10, work: minute())
        }
    }

    @Test("an image is charged before it is decoded, and what it is stays charged")
    func charges() async throws {
        let budget = MemoryBudget(bytesMax: 2 << 20)
        let account = MemoryAccount(budget)
        let image = try await codec.decodeImage(
            Self.image(), sideMax: 4_096, work: minute(account))
        #expect(account.bytesHeld == image.rgb.count)
        account.releaseAll()
        // Claims 4096 pixels a side.
        var large = Self.image()
        large.replaceSubrange(16..<24, with: Self.big(4_096, 4) + Self.big(4_096, 4))
        do {
            _ = try await codec.decodeImage(large, sideMax: 4_096, work: minute(account))
            Issue.record("it was decoded")
        } catch {
            guard case .memoryShort = error else { throw error }
        }
        #expect(account.bytesHeld == 0 && budget.bytesHeld == 0)
    }
}
