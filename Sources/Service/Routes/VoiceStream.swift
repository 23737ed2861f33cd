import EngineAPI
import FoundationEssentials

/// Encodes clauses as they come; the encoder is made when the sample rate is known.
final class VoiceStream: Sendable {
    private let format: AudioFormat
    private let codec: any MediaCoding
    private let encoder = Mutex<(any AudioEncoding)?>(nil)

    init(format: AudioFormat, codec: any MediaCoding) {
        self.format = format
        self.codec = codec
    }

    func add(_ clause: SpokenClause) async throws(EngineError) -> [UInt8] {
        if let known = encoder.withLock({ $0 }) { return try await known.add(clause.clip.samples) }
        let fresh = try codec.encoder(format, sampleRateHz: clause.clip.sampleRateHz)
        encoder.withLock { $0 = fresh }
        var bytes = try await fresh.add(clause.clip.samples)
        if let samples = clause.speechSamples {
            for amendment in await fresh.amendments(samples: samples) {
                amendment.apply(to: &bytes)
            }
        }
        return bytes
    }

    func finish() async throws(EngineError) -> [UInt8] {
        guard let current = encoder.withLock({ $0 }) else { return [] }
        return try await current.finish()
    }

    /// Ends a stream that was not sent yet; its bytes with the lengths they have.
    /// - begun: the bytes so far.
    func whole(_ begun: [UInt8]) async throws(EngineError) -> [UInt8] {
        var bytes = begun + (try await finish())
        for amendment in await amendments() { amendment.apply(to: &bytes) }
        return bytes
    }

    /// What the first bytes should say, once all are made.
    func amendments() async -> [StreamAmendment] {
        guard let current = encoder.withLock({ $0 }) else { return [] }
        return await current.amendments()
    }
}

/// A whole speech with its times.
struct SpokenText {
    var audio: [UInt8] = []
    var words: [TimedText] = []
    var phonemes: [TimedText] = []
    var visemes: [TimedViseme] = []
    var sampleRateHz = 0
    var seconds = 0.0

    mutating func add(_ clause: SpokenClause, bytes: [UInt8]) {
        audio += bytes
        words += clause.words
        phonemes += clause.phonemes
        visemes += clause.visemes
        sampleRateHz = clause.clip.sampleRateHz
        seconds = clause.startSeconds + clause.clip.seconds
    }
}

/// What `timestamps` answers with.
struct TimedSpeech: Encodable {
    struct Span: Encodable {
        let text: String
        let start: Double
        let end: Double
    }
    let audio: String
    let format: String
    let sample_rate: Int
    let duration: Double
    let words: [Span]
    let phonemes: [Span]
    let visemes: [Span]

    init(_ spoken: SpokenText, format: AudioFormat) {
        audio = Data(spoken.audio).base64EncodedString()
        self.format = format.rawValue
        sample_rate = spoken.sampleRateHz
        duration = rounded(spoken.seconds)
        words = spoken.words.map(TimedSpeech.span)
        phonemes = spoken.phonemes.map(TimedSpeech.span)
        visemes = spoken.visemes.map {
            Span(
                text: $0.viseme.name, start: rounded($0.startSeconds),
                end: rounded($0.endSeconds))
        }
    }

    private static func span(_ timed: TimedText) -> Span {
        Span(
            text: timed.text, start: rounded(timed.startSeconds), end: rounded(timed.endSeconds))
    }
}
