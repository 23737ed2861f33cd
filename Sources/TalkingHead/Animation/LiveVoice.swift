import EngineAPI

/// The voice of now and, as far as it is known, of the future, in rows of 10 ms on the session's
/// clock: shapes and levels. Where nothing is known it is silent.
struct LiveVoice {
    /// Audio that begins so close to the end of what came before continues it.
    private static let joinSeconds = 0.0025

    /// Speech that came without a break.
    private struct Utterance {
        /// The row of its first sample, and its time.
        let base: Int
        let startSeconds: Double
        let sampleRateHz: Int
        let converter: any AudioRateConverting
        var track = VisemeTrack()
        var samples = 0
        /// Rows and levels that more of it does not change.
        var rowsKnown = 0
        var levelsKnown = 0

        var seconds: Double { Double(samples) / Double(sampleRateHz) }
        var endSeconds: Double { startSeconds + seconds }
    }

    /// The first row that is kept; those before it were drawn and can't change.
    private(set) var start = 0
    /// The first row that has changed since `takeChange`.
    private var changed = Int.max
    private var rows: [SIMD16<Float>] = []
    private var levels: [Float] = []
    private var meter = LoudnessMeter()
    private var utterance: Utterance?
    private let rateConverter: AudioRateConverterFactory

    init(rateConverter: @escaping AudioRateConverterFactory) { self.rateConverter = rateConverter }

    /// Rows that are kept, all of them in the future but for a few.
    var count: Int { rows.count }

    /// The row of a time.
    static func row(_ seconds: Double) -> Int { max(Int(bounded: (seconds * 100).rounded()), 0) }

    func row(at place: Int) -> SIMD16<Float> {
        rows.indices.contains(place - start) ? rows[place - start] : Viseme.silence
    }

    func level(at place: Int) -> Float {
        levels.indices.contains(place - start) ? levels[place - start] : 0
    }

    /// Whether a row is silent.
    func isQuiet(_ place: Int) -> Bool {
        level(at: place) == 0 && row(at: place)[Int(Viseme.sil.rawValue)] == 1
    }

    /// The first row that has changed since the last call; `Int.max` where none has.
    mutating func takeChange() -> Int {
        defer { changed = .max }
        return changed
    }

    /// Audio with its shapes, from a time on; it replaces what was known of that time.
    /// - Throws: `.encoderFailed`, where samples of that rate can't be converted.
    mutating func hear(
        _ clip: AudioClip, _ visemes: [TimedViseme], at seconds: Double
    ) throws(EngineError) {
        guard clip.sampleRateHz > 0 else { return }
        var current = try utterance(at: seconds, clip.sampleRateHz)
        let offset = current.seconds
        current.samples += clip.samples.count
        let heard = meter.add(try current.converter.convert(clip.samples))
        current.track.add(
            visemes.map {
                TimedViseme(
                    viseme: $0.viseme, startSeconds: $0.startSeconds + offset,
                    endSeconds: $0.endSeconds + offset)
            })
        // Whole rows, as far as samples came.
        let frames = current.samples * 100 / current.sampleRateHz
        let known = current.track.rows(of: frames, isLast: false)
        // The rest is as if no more came; what comes may still change it.
        var track = current.track
        let rest = track.rows(of: frames, isLast: true)
        put(known + rest, from: current.base + current.rowsKnown)
        put(levels: heard, from: current.base + current.levelsKnown)
        current.rowsKnown += known.count
        current.levelsKnown += heard.count
        let missing = max(frames - current.levelsKnown, 0)
        let last = level(at: current.base + current.levelsKnown - 1)
        put(
            levels: Array(repeating: last, count: missing),
            from: current.base + current.levelsKnown)
        utterance = current
    }

    /// From a time on it is silent.
    mutating func cut(at seconds: Double) {
        utterance = nil
        truncate(to: max(Self.row(seconds), start))
    }

    /// Rows before a place were drawn: they can't change any more, and are dropped.
    mutating func drop(before place: Int) {
        let count = min(place - start, rows.count)
        if count > 0 {
            rows.removeFirst(count)
            levels.removeFirst(min(count, levels.count))
        }
        start = max(place, start)
    }

    /// The utterance that audio of a time belongs to.
    private mutating func utterance(
        at seconds: Double, _ rateHz: Int
    ) throws(EngineError) -> Utterance {
        if let utterance, utterance.sampleRateHz == rateHz,
            abs(seconds - utterance.endSeconds) < Self.joinSeconds
        {
            return utterance
        }
        cut(at: seconds)
        // The rest of a hop belongs to what came before.
        meter.beginHop()
        return Utterance(
            base: max(Self.row(seconds), start), startSeconds: seconds, sampleRateHz: rateHz,
            converter: try rateConverter(rateHz, LogMelFrontend.rateHz))
    }

    private mutating func truncate(to place: Int) {
        if place < start + max(rows.count, levels.count) { changed = min(changed, place) }
        rows.removeLast(max(rows.count - (place - start), 0))
        levels.removeLast(max(levels.count - (place - start), 0))
    }

    private mutating func put(_ more: [SIMD16<Float>], from place: Int) {
        let skipped = max(start - place, 0)
        guard skipped < more.count else { return }
        changed = min(changed, place + skipped)
        let at = place + skipped - start
        while rows.count < at { rows.append(Viseme.silence) }
        rows.replaceSubrange(
            at..<min(rows.count, at + more.count - skipped), with: more[skipped...])
    }

    private mutating func put(levels more: [Float], from place: Int) {
        let skipped = max(start - place, 0)
        guard skipped < more.count else { return }
        changed = min(changed, place + skipped)
        let at = place + skipped - start
        while levels.count < at { levels.append(0) }
        levels.replaceSubrange(
            at..<min(levels.count, at + more.count - skipped), with: more[skipped...])
    }
}
