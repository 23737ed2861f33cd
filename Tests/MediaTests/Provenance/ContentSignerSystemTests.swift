import EngineAPI
import Foundation
import Testing

@testable import Media

private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
private let program =
    ProcessInfo.processInfo.environment["AVATAR_PROGRAM"]
    ?? folder.appendingPathComponent("../../../.build/debug/avatar-backend").standardizedFileURL
    .path
private let isBuilt = FileManager.default.isExecutableFile(atPath: program)
/// `scripts/setup --c2pa` brings it.
private let hasLibrary = (try? C2PALibrary()) != nil

/// Signs what our own encoders make, and has the program that was built beside the tests read it.
@Suite(.serialized, .enabled(if: isBuilt && hasLibrary))
struct ContentSignerSystemTests {
    private let codec = FFmpegCodec(threads: 1)
    private let verifier = IsolatedVerifier(program: program)
    private let claim = ProvenanceClaim(source: .trained, engine: "speech", models: ["a\"b\\c"])

    private func signer() throws -> ContentSigner {
        ContentSigner(
            try SigningCredentials(certificates: TestChain.certificates, key: TestChain.key),
            generator: ("Tests", "1.2"))
    }

    private func ample() -> WorkContext { WorkContext(within: .seconds(300)) }

    private func voice(_ format: AudioFormat) async throws -> [UInt8] {
        let encoder = try codec.encoder(format, sampleRateHz: 24_000)
        let samples = (0..<24_000).map { Float(sin(Double($0) * 0.1)) * 0.3 }
        var bytes = try await encoder.add(samples)
        bytes += try await encoder.finish()
        for amendment in await encoder.amendments() { amendment.apply(to: &bytes) }
        return bytes
    }

    private func video(_ format: VideoFormat) async throws -> [UInt8] {
        var settings = VideoSettings()
        (settings.width, settings.height) = (64, 48)
        settings.format = format
        let encoder = try codec.videoEncoder(settings, work: ample())
        var bytes: [UInt8] = []
        for index in 0..<5 {
            let frame = VideoFrame(width: 64, height: 48)
            frame.index = index
            bytes += try await encoder.add(frame)
        }
        try await encoder.add([Float](repeating: 0.1, count: 4_000))
        bytes += try await encoder.finish()
        _ = await encoder.close()
        return bytes
    }

    private func report(_ bytes: [UInt8], _ verifier: IsolatedVerifier? = nil) async throws
        -> String
    {
        let reading = try await (verifier ?? self.verifier).read(bytes, work: ample())
        guard case .report(let report) = reading else { return "\(reading)" }
        return String(decoding: report, as: UTF8.self)
    }

    @Test(
        "a signed file holds, and one byte that is another is found",
        arguments: [
            "audio/wav", "audio/mpeg", "audio/flac", "video/mp4", "image/gif",
        ])
    func signed(type: String) async throws {
        let format = AudioFormat.allCases.first { $0.mediaType == type }
        let made =
            if let format {
                try await voice(format)
            } else {
                try await video(type == "video/mp4" ? .mp4 : .gif)
            }
        let signed = try await signer().sign(made, mediaType: type, claim, work: ample())
        #expect(signed.count > made.count)
        #expect(signed.count < made.count + 8_192, "\(signed.count - made.count) bytes")
        let text = try await report(signed)
        #expect(text.contains("\"validation_state\":\"Valid\"") || text.contains(": \"Valid\""))
        #expect(text.contains("c2pa.created") && text.contains("trainedAlgorithmicMedia"))
        // The content's own bytes: those at the end are the file's last samples, frames or tags.
        for place in [signed.count - 40, signed.count - signed.count / 8] {
            var flipped = signed
            flipped[place] ^= 0x01
            let text = try await report(flipped)
            #expect(!text.contains("\"Valid\""), "byte \(place) of \(signed.count)")
        }
    }

    @Test("who is trusted is the operator's choice")
    func trusted() async throws {
        let signed = try await signer().sign(
            try await voice(.wav), mediaType: "audio/wav", claim, work: ample())
        let own = IsolatedVerifier(trustAnchors: TestChain.root, program: program)
        #expect(try await report(signed, own).contains("\"Trusted\""))
        let other = IsolatedVerifier(
            trustAnchors: TestChain.others["ps256"] ?? "", program: program)
        #expect(try await !report(signed, other).contains("\"Trusted\""))
    }

    @Test("what nobody signed has none, and damage is told")
    func unsigned() async throws {
        #expect(try await verifier.read(try await voice(.wav), work: ample()) == .absent)
        #expect(try await verifier.read(Array("OggS".utf8), work: ample()) == .unsupported)
        let signed = try await signer().sign(
            try await voice(.mp3), mediaType: "audio/mpeg", claim, work: ample())
        for length in [12, 100, 1_000, 3_000] {
            let reading = try await verifier.read(Array(signed.prefix(length)), work: ample())
            if case .report(let report) = reading {
                #expect(!String(decoding: report, as: UTF8.self).contains("\"Valid\""))
            }
        }
    }

    @Test("files that lie about their lengths cost themselves alone")
    func hostile() async throws {
        let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        let wave = Array("RIFF".utf8) + huge + Array("WAVE".utf8) + Array("C2PA".utf8) + huge
        var movie: [UInt8] = [0, 0, 0, 16] + Array("ftypisom".utf8) + [0, 0, 0, 0]
        movie += [0, 0, 0, 1] + Array("uuid".utf8) + [0x7F] + [UInt8](repeating: 0xFF, count: 7)
        let tag = Array("ID3".utf8) + [3, 0, 0, 0x7F, 0x7F, 0x7F, 0x7F] + Array("GEOB".utf8) + huge
        var nested: [UInt8] = []
        for _ in 0..<4_000 { nested += [0, 0, 0x7F, 0xFF] + Array("moov".utf8) }
        for file in [wave, movie, tag, movie.prefix(16) + nested] {
            let reading = try await verifier.read(file, work: ample())
            if case .report = reading { Issue.record("\(reading)") }
        }
    }

    @Test("a key that is not the certificate's is found before anything is signed")
    func mismatched() async throws {
        let other = TestChain.others["es384"] ?? ""
        let signer = ContentSigner(
            try SigningCredentials(certificates: other, key: TestChain.key),
            generator: ("Tests", "1"))
        await #expect(throws: EngineError.self) { try await signer.prepare() }
        try await self.signer().prepare()
    }

    @Test("signing charges what it needs, and gives it back")
    func memory() async throws {
        let voice = try await voice(.wav)
        let budget = MemoryBudget(bytesMax: 1 << 20)
        let work = WorkContext(within: .seconds(300), memory: MemoryAccount(budget))
        let signer = try signer()
        await #expect(throws: EngineError.self) {
            try await signer.sign(voice, mediaType: "audio/wav", claim, work: work)
        }
        #expect(budget.bytesHeld == 0)
    }
}
