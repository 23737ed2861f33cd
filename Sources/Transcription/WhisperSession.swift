import EngineAPI
import Execution

/// Feeds one transcription: samples go to the chunker through a bounded channel, what is known
/// comes back through another.
final class WhisperSession: TranscriptionSession {
    typealias Events = BoundedChannel<TranscriptionEvent>

    /// Audio that waits: a minute, since the chunker takes half of one at a time; two seconds where
    /// the text is to follow what comes.
    private static let samplesMax = 60 * 16_000
    private static let earlySamplesMax = 2 * 16_000
    /// Events that nobody has read yet; then the work waits.
    private static let eventsMax = 256

    private let samples: BoundedChannel<[Float]>
    private let events = Events(costMax: eventsMax)
    private let end: WorkEnd

    /// - run: makes the transcript; it sends what is known before.
    init(
        work: WorkContext, deliversEarly: Bool,
        run: @escaping @Sendable (any AudioSource, Events) async throws(EngineError) -> Transcript
    ) {
        samples = BoundedChannel(
            costMax: deliversEarly ? Self.earlySamplesMax : Self.samplesMax)
        let (samples, events) = (samples, events)
        // Whoever waits for samples or for a reader ends with the work.
        let end = WorkEnd(work) { error in
            samples.fail(error)
            events.fail(error)
        }
        self.end = end
        Task {
            do throws(EngineError) {
                let transcript = try await run(ChannelAudioSource(samples), events)
                try await events.send(.finished(transcript))
                events.finish()
            } catch {
                events.finish(throwing: error)
            }
            samples.fail(.cancelled)
            // A reader may take its time with what was made in time.
            end.forgetDeadline()
        }
    }

    deinit {
        samples.fail(.cancelled)
        events.fail(.cancelled)
    }

    func add(_ samples: [Float]) async throws(EngineError) {
        guard !samples.isEmpty else { return }
        try await self.samples.send(samples, cost: samples.count)
    }

    func finish(throwing failure: EngineError?) { samples.finish(throwing: failure) }

    func next() async throws(EngineError) -> TranscriptionEvent? { try await events.next() }
}

/// The samples of a channel, as many at a time as are asked for.
actor ChannelAudioSource: AudioSource {
    private let channel: BoundedChannel<[Float]>
    private var rest: ArraySlice<Float> = []

    init(_ channel: BoundedChannel<[Float]>) { self.channel = channel }

    func read(_ count: Int) async throws(EngineError) -> [Float] {
        // What comes in one piece is handed on without a copy.
        if rest.isEmpty, let samples = try await channel.next() { rest = samples[...] }
        if rest.count == count, rest.startIndex == 0 {
            defer { rest = [] }
            return Array(rest)
        }
        var taken: [Float] = []
        while true {
            let part = rest.prefix(count - taken.count)
            taken += part
            rest = rest.dropFirst(part.count)
            guard taken.count < count, let samples = try await channel.next() else { return taken }
            rest = samples[...]
        }
    }
}
