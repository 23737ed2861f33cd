import EngineAPI
import Execution
import Inference
import Testing

@testable import Transcription

/// Whisper's two models where there is room for one: 82 and 44 MB.
@Suite struct ModelRoomModelTests {
    private static func transcriber(bytesMax: Int) -> WhisperTranscriber {
        let onnx = OnnxRuntimeProvider()
        return WhisperTranscriber(
            models: ModelDirectory(path: BeamModelTests.models), runtime: onnx.runtime,
            cores: ComputePermits(count: 2), coreCount: 2, modelBytesMax: bytesMax)
    }

    private static func text(
        _ transcriber: WhisperTranscriber, _ model: String
    ) async throws -> String {
        try await transcriber.transcribe(
            AudioClip(samples: try BeamModelTests.speech(), sampleRateHz: 16_000),
            TranscriptionRequest(language: "en", model: model),
            work: WorkContext(within: .seconds(300))
        ).text
    }

    @Test("a model leaves for another, and comes back when it is asked for")
    func takesTurns() async throws {
        let transcriber = Self.transcriber(bytesMax: 100 << 20)
        var texts: [String] = []
        for model in ["tiny.en", "base", "tiny.en"] {
            texts.append(try await Self.text(transcriber, model))
            #expect(await transcriber.modelsHere == [model])
        }
        #expect(texts[0] == texts[2] && texts.allSatisfy { $0.contains("your country") })
    }

    @Test("two that are asked for at once both answer")
    func atOnce() async throws {
        let transcriber = Self.transcriber(bytesMax: 100 << 20)
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for model in ["tiny.en", "base", "tiny.en", "base"] {
                group.addTask { try await Self.text(transcriber, model) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts.count == 4 && texts.allSatisfy { $0.contains("your country") })
        #expect(await transcriber.modelsHere.count == 1)
    }

    @Test("one that has no room by itself is refused, and leaves the others")
    func tooLarge() async throws {
        let transcriber = Self.transcriber(bytesMax: 60 << 20)
        _ = try await Self.text(transcriber, "tiny.en")
        await #expect {
            _ = try await Self.text(transcriber, "base")
        } throws: { error in
            if case .modelTooLarge("base", let need, 62_914_560)? = error as? EngineError {
                need > 80_000_000
            } else {
                false
            }
        }
        #expect(await transcriber.modelsHere == ["tiny.en"])
    }
}
