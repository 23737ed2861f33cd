import EngineAPI

/// Shapes and levels of a voice as it comes, 100 a second, at any rate, with visemes of its own or
/// without.
struct VoiceAnalyzer {
    private let sampleRateHz: Int
    private let converter: any AudioRateConverting
    private var meter = LoudnessMeter()
    private var track = VisemeTrack()
    private var reader: (any VisemeSession)?
    /// Samples that came, at their own rate, and at 16 000 Hz.
    private var (samplesIn, samplesHeard) = (0, 0)

    /// What is new of a voice; the two need not come in step.
    struct Part {
        var rows: [SIMD16<Float>]
        var loudness: [Float]
    }

    /// - reader: reads the mouth where the voice brings no visemes.
    /// - Throws: `.encoderFailed`, where samples of that rate can't be converted.
    init(
        sampleRateHz: Int, reader: (any VisemeSession)?, rateConverter: AudioRateConverterFactory
    ) throws(EngineError) {
        self.sampleRateHz = sampleRateHz
        self.reader = reader
        converter = try rateConverter(sampleRateHz, LogMelFrontend.rateHz)
    }

    /// What has come of the voice.
    var seconds: Double { Double(samplesIn) / Double(sampleRateHz) }

    mutating func add(_ piece: VoicePiece, work: WorkContext) throws(EngineError) -> Part {
        samplesIn += piece.clip.samples.count
        track.add(piece.visemes ?? [])
        return try hear(converter.convert(piece.clip.samples), isLast: false, work: work)
    }

    /// No more comes.
    mutating func finish(work: WorkContext) throws(EngineError) -> Part {
        try hear(converter.finish(), isLast: true, work: work)
    }

    private mutating func hear(
        _ samples: [Float], isLast: Bool, work: WorkContext
    ) throws(EngineError) -> Part {
        samplesHeard += samples.count
        let rows =
            try reader?.hear(samples, isLast: isLast, work: work)
            ?? track.rows(of: LogMelFrontend.frames(samplesHeard), isLast: isLast)
        return Part(rows: rows, loudness: meter.add(samples))
    }
}
