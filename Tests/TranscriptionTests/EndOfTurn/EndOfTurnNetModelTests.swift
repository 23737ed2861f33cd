import EngineAPI
import Execution
import FoundationEssentials
import Glibc
import Inference
import Testing

@testable import Transcription

/// smart-turn as the set-up for tests brings it.
@Suite struct EndOfTurnNetModelTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/.deps"
    private static let runtime = Result { () throws(EngineError) in try OnnxRuntime() }

    private func net(_ models: String) -> EndOfTurnNet {
        EndOfTurnNet(
            runtime: { () throws(EngineError) in try Self.runtime.get() },
            models: ModelDirectory(path: models))
    }

    /// Seconds of the speech, and what smart-turn's own Python says of them, ONNX Runtime on
    /// another version and one thread.
    @Test(arguments: [(3.6, 0.0099), (5, 0.0353), (8, 0.0191), (10, 0.017), (11, 0.8548)])
    func `Whether more will come is heard`(_ seconds: Double, _ known: Double) async throws {
        let samples = Array(try BeamModelTests.speech().prefix(Int(bounded: seconds * 16_000)))
        let probability = try await net(Self.folder + "/voices").probability(
            samples, work: WorkContext(within: .seconds(300)))
        // In 8 bits the sums' order shows.
        #expect(abs(Double(probability) - known) < 0.08)
        #expect((probability > 0.5) == (known > 0.5))
    }

    @Test func `Another network is no smart-turn, and none is none`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "turns-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "vad"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "vad/smart-turn.onnx").path
        await #expect(throws: EngineError.modelMissing(path: path)) {
            try await net(folder.path).load()
        }
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: Self.folder + "/models/vad/silero.onnx")
        await #expect(throws: EngineError.modelDamaged(path: path)) {
            try await net(folder.path).load()
        }
    }
}
