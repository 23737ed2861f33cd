import EngineAPI
import Execution
import Glibc
import Inference
import Testing

@testable import Transcription

/// Speech in a stream, with the detector that the set-up made.
@Suite struct StreamDetectorModelTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/.deps"
    private static let models =
        getenv("AVATAR_MODELS").map { String(cString: $0) } ?? folder + "/models"
    private static let detector = Result { () throws(EngineError) in
        try VoiceActivityDetector(OnnxRuntime(), modelPath: models + "/vad/silero.onnx")
    }

    private func stream(_ work: WorkContext = WorkContext(within: .seconds(300))) throws
        -> StreamDetector
    {
        try StreamDetector(
            Self.detector.get(), thread: ThreadExecutor(name: "vad-live"), work: work)
    }

    /// Three seconds: a buzz that swells, and noise.
    private func sound(_ generator: inout SeededGenerator) -> [Float] {
        (0..<48_000).map { index in
            let swell = sinf(Float(index) / 4_000)
            return Float.random(in: -0.05...0.05, using: &generator)
                + 0.4 * swell * sinf(Float(index) * 0.05 + 3 * swell)
        }
    }

    @Test("a stream's probabilities are those of the whole, however it is cut")
    func cuts() async throws {
        var generator = SeededGenerator(seed: 7)
        let sound = sound(&generator)
        var memory = VoiceActivityDetector.Memory()
        let whole = try Self.detector.get().probabilities(
            Array(sound[..<(93 * 512)]), after: &memory, work: WorkContext(within: .seconds(300)))
        #expect(whole.count == 93 && whole.contains { $0 > 0.01 })
        let stream = try stream()
        for longest in [40, 700, 5_000, 48_000] {
            var (found, from): ([Float], Int) = ([], 0)
            while from < sound.count {
                let end = min(from + Int.random(in: 0...longest, using: &generator), sound.count)
                found += try await stream.probabilities(Array(sound[from..<end]))
                #expect(found.count == end / 512)
                from = end
            }
            let worst = zip(found, whole).map { abs($0 - $1) }.max() ?? 1
            #expect(found.count == whole.count && worst < 1e-5, "\(longest): \(worst)")
            await stream.reset()
        }
    }

    @Test("a stream that is cancelled says so")
    func cancelled() async throws {
        let work = WorkContext(within: .seconds(300))
        let stream = try stream(work)
        #expect(try await stream.probabilities([Float](repeating: 0, count: 511)) == [])
        work.cancellation.raise()
        await #expect(throws: EngineError.cancelled) { try await stream.probabilities([0]) }
    }

    @Test("a frame of a stream costs a small part of its 32 ms")
    func cost() throws {
        // On this thread alone: what waits for the tests' pool is none of its cost.
        let (detector, work) = (try Self.detector.get(), WorkContext(within: .seconds(300)))
        let frame = [Float](repeating: 0.01, count: 512)
        var memory = VoiceActivityDetector.Memory()
        var times: [Duration] = []
        for _ in 0..<200 {
            let started = ContinuousClock.now
            _ = try detector.probabilities(frame, after: &memory, work: work)
            times.append(.now - started)
        }
        let median = times.sorted()[100]
        print("a frame of the detector: \(median)")
        #expect(median < .seconds(1))
    }
}
