import EngineAPI
import Execution
import FoundationEssentials
import Inference
import Testing

@testable import Transcription

/// The network as the set-up for tests brings it.
@Suite struct SpeakerNetModelTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/.deps"
    private static let runtime = Result { () throws(EngineError) in try OnnxRuntime() }
    private static let work = WorkContext(within: .seconds(300))

    private func net(_ models: String) -> SpeakerNet {
        SpeakerNet(
            runtime: { () throws(EngineError) in try Self.runtime.get() },
            models: ModelDirectory(path: models))
    }

    /// The same played faster, which raises voice and formants: another talker.
    private static func raised(_ samples: [Float], by factor: Double) -> [Float] {
        (0..<Int(bounded: Double(samples.count) / factor) - 1).map { index in
            let place = Double(index) * factor
            let whole = Int(bounded: place)
            let part = Float(place - Double(whole))
            return samples[whole] * (1 - part) + samples[whole + 1] * part
        }
    }

    private static func piece(_ samples: [Float], from start: Int = 0) -> SpokenPiece {
        let range = start..<start + samples.count
        return SpokenPiece(samples: samples[...], range: range, regions: [range])
    }

    private static func likeness(_ one: [Float], _ other: [Float]) -> Float {
        zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test func `Windows of one voice are alike, those of two are not`() async throws {
        let samples = try BeamModelTests.speech()
        let net = net(Self.folder + "/models")
        let one = try await net.voices(of: [Self.piece(samples)], after: 0, work: Self.work)
        let other = try await net.voices(
            of: [Self.piece(Self.raised(samples, by: 1.3))], after: 0, work: Self.work)
        #expect(one.count == 6 && other.count >= 4)
        for window in one + other {
            #expect(abs(Self.likeness(window.voice, window.voice) - 1) < 1e-3)
            #expect(window.traits.count == 192)
        }
        func mean(_ windows: [VoiceWindow]) throws -> [Float] {
            try #require(VoiceGroup(of: windows.map(\.voice))).mean
        }
        let (first, second) = (try mean(one), try mean(other))
        for window in one {
            #expect(
                Self.likeness(window.voice, first) > Self.likeness(window.voice, second) + 0.1)
        }
    }

    @Test func `The level makes no difference`() async throws {
        let samples = try BeamModelTests.speech()
        let net = net(Self.folder + "/models")
        let loud = try await net.voices(of: [Self.piece(samples)], after: 0, work: Self.work)
        let quiet = try await net.voices(
            of: [Self.piece(samples.map { $0 * 0.01 })], after: 0, work: Self.work)
        for (one, other) in zip(loud, quiet) {
            #expect(Self.likeness(one.voice, other.voice) > 0.995)
        }
    }

    @Test func `What is known already is not heard again, and a piece that goes on is`()
        async throws
    {
        let samples = try BeamModelTests.speech()
        let net = net(Self.folder + "/models")
        let windows = try await net.voices(
            of: [Self.piece(samples)], after: 100_000, work: Self.work)
        #expect(windows.first?.range.lowerBound == 100_000)
        #expect(
            try await net.voices(of: [Self.piece(samples)], after: 999_999, work: Self.work)
                .isEmpty)
        let silence = [Float](repeating: 0, count: 50_000)
        let nothing = try await net.voices(of: [Self.piece(silence)], after: 0, work: Self.work)
        #expect(nothing.allSatisfy { $0.voice.allSatisfy(\.isFinite) })
    }

    @Test func `Two voices in turn are two, one stays one`() async throws {
        let samples = try BeamModelTests.speech()
        let net = net(Self.folder + "/models")
        var pieces: [SpokenPiece] = []
        var at = 0
        for (index, start) in [0, 40_000, 80_000, 120_000].enumerated() {
            let part = Array(samples[start..<start + 48_000])
            let said = index % 2 == 0 ? part : Self.raised(part, by: 1.3)
            pieces.append(Self.piece(said, from: at))
            at += said.count + 8_000
        }
        for (heard, count) in [(pieces, 2), ([Self.piece(samples)], 1)] {
            let windows = try await net.voices(of: heard, after: 0, work: Self.work)
            let turns = try await net.run { statistics throws(EngineError) in
                try SpeakerTurns.turns(
                    windows, SpeakerChoice(), statistics, work: Self.work
                ).turns
            }
            #expect(Set(turns.map(\.speaker)).count == count)
            #expect(turns.count == (count == 1 ? 1 : 4))
        }
    }

    @Test func `Another network is none that knows voices`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "voices-\(Int.random(in: 0..<1_000_000_000))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "speakers"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "speakers/voices.onnx").path
        #expect(!net(folder.path).isPresent)
        await #expect(throws: EngineError.modelMissing(path: path)) {
            try await net(folder.path).load()
        }
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: Self.folder + "/models/vad/silero.onnx")
        await #expect(throws: EngineError.self) { try await net(folder.path).load() }
    }
}
