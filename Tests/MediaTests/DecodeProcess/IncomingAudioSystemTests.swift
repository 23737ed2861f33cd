import EngineAPI
import Foundation
import Media
import Testing

private let program =
    ProcessInfo.processInfo.environment["AVATAR_PROGRAM"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../.build/debug/avatar-backend").standardizedFileURL.path
private let isBuilt = FileManager.default.isExecutableFile(atPath: program)

/// Files that are decoded while they arrive.
@Suite(.serialized, .enabled(if: isBuilt))
struct IncomingAudioSystemTests {
    private let codec = IsolatedCodec(idleMax: 1, program: program) { _ in }

    private func encoded(_ format: AudioFormat, seconds: Double) async throws -> [UInt8] {
        let samples = (0..<Int(bounded: seconds * 24_000)).map {
            Float(0.3 * sin(Double($0) * 0.05))
        }
        let encoder = try codec.encoder(format, sampleRateHz: 24_000)
        return try await encoder.add(samples) + (try await encoder.finish())
    }

    private func all(_ reader: any AudioSource) async throws -> [Float] {
        var samples: [Float] = []
        while true {
            let more = try await reader.read(4_000)
            samples += more
            if more.count < 4_000 { return samples }
        }
    }

    @Test(
        "the samples are those of the whole file, whatever the pieces",
        arguments: [AudioFormat.wav, .mp3, .opus, .flac, .aac], [100, 5_000, 1_000_000])
    func same(format: AudioFormat, piece: Int) async throws {
        let bytes = try await encoded(format, seconds: 3)
        let work = WorkContext(within: .seconds(300))
        let expected = try await all(
            try await codec.reader(bytes, secondsMax: 60, work: work))
        let file = IncomingFile()
        let adding = Task {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try await file.add(bytes[start..<min(start + piece, bytes.count)])
            }
            file.finish()
        }
        let samples = try await all(
            try await codec.reader(file, secondsMax: 60, work: work))
        try await adding.value
        #expect(samples.count == expected.count && samples == expected)
    }

    @Test("samples come before the file is whole")
    func early() async throws {
        let bytes = try await encoded(.wav, seconds: 10)
        let work = WorkContext(within: .seconds(300))
        let file = IncomingFile()
        try await file.add(bytes[..<(bytes.count / 2)])
        let reader = try await codec.reader(file, secondsMax: 60, work: work)
        #expect(try await reader.read(16_000).count == 16_000)
        try await file.add(bytes[(bytes.count / 2)...])
        file.finish()
        let rest = try await all(reader)
        #expect(abs(rest.count - 9 * 16_000) < 100)
    }

    @Test("noise is no audio once all of it is there, and a file that breaks off says so")
    func bad() async throws {
        let work = WorkContext(within: .seconds(300))
        let noise = IncomingFile()
        try await noise.add([UInt8](repeating: 0x55, count: 5_000)[...])
        noise.finish()
        await #expect(throws: EngineError.unreadableAudio) {
            try await codec.reader(noise, secondsMax: 60, work: work)
        }
        let broken = IncomingFile()
        let bytes = try await encoded(.wav, seconds: 10)
        try await broken.add(bytes[..<(bytes.count / 2)])
        let reader = try await codec.reader(broken, secondsMax: 60, work: work)
        broken.finish(throwing: .inputEnded)
        await #expect(throws: EngineError.inputEnded) {
            while try await reader.read(16_000).count == 16_000 {}
        }
        // The decoder that waited for it is replaced.
        #expect(
            try await codec.decodeAudio(
                bytes, sampleRateHz: 16_000, secondsMax: 60, work: work
            ).samples.count > 150_000)
    }
}
