import EngineAPI

/// Shapes and levels of a voice as it comes, 100 a second, at any rate, with visemes of its own or
/// without. Visemes of its own are moved to where they are heard.
struct VoiceAnalyzer {
    private let sampleRateHz: Int
    private let converter: any AudioRateConverting
    private var meter = LoudnessMeter()
    private var track = VisemeTrack()
    private var aligner: VisemeAligner?
    private var reader: (any VisemeSession)?
    /// Samples that came, at their own rate, and at 16 000 Hz.
    private var (samplesIn, samplesHeard) = (0, 0)

    /// What is new of a voice; the two need not come in step.
    struct Part {
        var rows: [SIMD16<Float>]
        var loudness: [Float]
    }

    /// - reader: reads the mouth; none where visemes of the voice's own are taken as they are.
    /// - hasVisemes: whether the voice brings any.
    /// - Throws: `.encoderFailed`, where samples of that rate can't be converted.
    init(
        sampleRateHz: Int, reader: (any VisemeSession)?, hasVisemes: Bool = false,
        rateConverter: AudioRateConverterFactory
    ) throws(EngineError) {
        self.sampleRateHz = sampleRateHz
        self.reader = reader
        aligner = hasVisemes && reader != nil ? VisemeAligner() : nil
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
        let heard = try reader?.hear(samples, isLast: isLast, work: work)
        let rows: [SIMD16<Float>]
        if let heard, aligner == nil {
            rows = heard
        } else {
            let told = track.rows(of: LogMelFrontend.frames(samplesHeard), isLast: isLast)
            rows = aligner?.add(told, heard: heard ?? [], isLast: isLast) ?? told
        }
        return Part(rows: rows, loudness: meter.add(samples))
    }
}
