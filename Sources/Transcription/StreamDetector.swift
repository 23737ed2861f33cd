import EngineAPI
import Execution

/// Finds speech in one stream of sound as it comes. All streams share the loaded network and one
/// thread, on which no file is searched: a frame waits for a few frames of other streams at most.
actor StreamDetector: SpeechDetecting {
    /// Frames a step, half a second: a stream that comes faster than it is spoken lets others in
    /// between.
    private static let framesPerStep = 16

    private let detector: VoiceActivityDetector
    private let thread: ThreadExecutor
    private let work: WorkContext
    private var memory = VoiceActivityDetector.Memory()
    /// The beginning of a frame that is not whole.
    private var pending: [Float] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - thread: shared by all streams.
    init(_ detector: VoiceActivityDetector, thread: ThreadExecutor, work: WorkContext) {
        (self.detector, self.thread, self.work) = (detector, thread, work)
    }

    func probabilities(_ samples: [Float]) async throws(EngineError) -> [Float] {
        try work.check()
        let size = VoiceActivityDetector.frameSamples
        let known = pending + samples
        let whole = known.count / size * size
        pending = Array(known[whole...])
        var found: [Float] = []
        var from = 0
        while from < whole {
            let end = min(from + Self.framesPerStep * size, whole)
            found += try detector.probabilities(
                Array(known[from..<end]), after: &memory, work: work)
            from = end
            if from < whole { await Task.yield() }
        }
        return found
    }

    func reset() {
        memory = VoiceActivityDetector.Memory()
        pending = []
    }
}
