import EngineAPI
import Glibc

/// What a face does that is looked at while it lives, at times that only go forward. A pure
/// function of the options, of what is told, and of those times. What it is not told of is
/// silence: it never waits.
struct LiveFaceAnimation {
    /// After so much silence the face is at rest, and nothing is to be computed: longer than any
    /// curve looks back.
    private static let restRows = 300
    /// Where no frame was asked for so long, curves begin anew with the last few seconds.
    private static let catchUpRows = 1_500
    private static let historyRows = 500

    /// Curves that were fed with rows in order, and the values that they gave.
    private struct Progress {
        var curves: FaceCurves
        var closures: LipClosures
        /// The next row.
        var row: Int
        /// Values, of the rows from the window's start on.
        var points = SlidingWindow<FaceCurves.Point>()
        /// The row of the window's first place.
        let base: Int

        init(_ options: AnimationOptions, row: Int) {
            curves = FaceCurves(scale: Float(options.expressionScale))
            closures = LipClosures(framesPerSecond: options.framesPerSecond)
            (self.row, base) = (row, row)
        }

        /// Feeds rows before a place.
        mutating func advance(to end: Int, _ voice: LiveVoice) {
            guard row < end else { return }
            let rows = (row..<end).map(voice.row(at:))
            closures.add(rows)
            points.append(contentsOf: curves.add(rows, (row..<end).map(voice.level(at:))))
            row = end
        }
    }

    private let options: AnimationOptions
    private var voice: LiveVoice
    /// Over what is certainly past: all rows before the voice's first one.
    private var past: Progress
    /// Over what is known of the future, too; nil where that has changed.
    private var told: Progress?
    /// The row after the last one that was not silent.
    private var quietSince = 0
    private var motion: Motion
    private var attention: Attention

    init(
        _ options: AnimationOptions, limits: HeadLimits = HeadLimits(),
        rateConverter: @escaping AudioRateConverterFactory
    ) {
        voice = LiveVoice(rateConverter: rateConverter)
        self.options = options
        past = Progress(options, row: 0)
        motion = Motion(options, limits: limits)
        attention = Attention(seed: options.seed)
    }

    /// Rows that are known of the future, 100 a second.
    var rowsKept: Int { voice.count }

    /// - seconds: when it is heard; not before the last frame's time.
    /// - Throws: `.encoderFailed`, where samples of that rate can't be converted.
    mutating func hear(
        _ clip: AudioClip, visemes: [TimedViseme], at seconds: Double
    ) throws(EngineError) {
        try voice.hear(clip, visemes, at: seconds)
    }

    /// It is silent from then on.
    mutating func cutVoice(at seconds: Double) { voice.cut(at: seconds) }

    mutating func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) {
        motion.show(expression, intensity: intensity)
    }

    mutating func attend(_ isAttending: Bool) { attention.isWanted = isAttending }

    /// - seconds: more than those of the frame before.
    mutating func frame(at seconds: Double) -> Expression {
        let (now, lead) = (seconds * 100, (seconds + Double(FaceAnimation.leadSeconds)) * 100)
        let last = Int(bounded: lead) + 1
        let isResting = advance(to: Int(bounded: now), last: last)
        func point(_ place: Double) -> FaceCurves.Point {
            guard !isResting, let told else { return FaceCurves.Point() }
            let index = Int(bounded: place)
            let at = max(index - told.base, told.points.start)
            guard at + 1 < told.points.end else { return FaceCurves.Point() }
            return .between(told.points[at], told.points[at + 1], Float(place - Double(index)))
        }
        let (spoken, clock) = (point(lead), Float(seconds))
        var moved = motion.frame(seconds: clock, end: .infinity, voice: point(now))
        let attended = attention.move(at: clock)
        if !options.isStill { moved.head.pitch += attended.pitch }
        moved.brow += attended.brow * Float(options.expressionScale)
        var mouth = spoken.mouth
        if !isResting, let told {
            mouth = told.closures.amount(at: Float(lead - Double(told.base))).applied(to: mouth)
        }
        // It begins with the portrait's own face.
        return Expression(
            mouth: MouthShape(LipClosures.eased(mouth, seconds: clock)),
            ease: spoken.ease * smoothStep(0, 0.25, clock), blink: moved.blink,
            brow: moved.brow, feeling: moved.feeling, gaze: moved.gaze, breath: moved.breath,
            head: moved.head)
    }

    /// What lies before a row is past, and curves are known until after the last one.
    /// - Returns: whether it is silent around it, and the face at rest.
    private mutating func advance(to row: Int, last: Int) -> Bool {
        let end = last + FaceCurves.lag + 1
        let change = voice.takeChange()
        for place in voice.start..<max(min(row, voice.start + voice.count), voice.start)
        where !voice.isQuiet(place) {
            quietSince = place + 1
        }
        let isResting =
            row - quietSince > Self.restRows
            && (row..<max(min(end, voice.start + voice.count), row)).allSatisfy(voice.isQuiet)
        if isResting || row - voice.start > Self.catchUpRows {
            let first = isResting ? row : row - Self.historyRows
            voice.drop(before: first)
            past = Progress(options, row: first)
            told = nil
        }
        if isResting { return true }
        past.advance(to: row, voice)
        past.points.drop(before: past.points.end)
        past.closures.drop(before: row - past.base)
        if change < told?.row ?? 0 { told = nil }
        var told = self.told ?? past
        self.told = nil
        // Rows that were past when it came are gone from the voice, but it was fed with them.
        told.advance(to: end, voice)
        told.points.drop(before: row - told.base - 1)
        told.closures.drop(before: row - told.base)
        self.told = told
        voice.drop(before: row)
        return false
    }
}

/// A listener's signs: brows a little up, and a nod now and then.
struct Attention {
    /// A nod: how deep, radians, and how long.
    private static let nod: Float = 1.7 * .pi / 180
    private static let nodSeconds: Float = 0.6
    private static let brow: Float = 0.14
    /// How long it takes to come and go, about.
    private static let easeSeconds: Float = 0.35

    /// Whether somebody talks to the face.
    var isWanted = false
    private var generator: SeededGenerator
    /// How attentive it is, 0…1.
    private var level: Float = 0
    private var last: Float = 0
    private var nodStart = -Float.infinity
    /// When it nods again; nil while nobody talks.
    private var next: Float?

    init(seed: UInt64) { generator = SeededGenerator(seed: seed ^ 0xA77E_4D00) }

    /// - seconds: no less than in the call before.
    mutating func move(at seconds: Float) -> (pitch: Float, brow: Float) {
        let wanted: Float = isWanted ? 1 : 0
        level += (wanted - level) * (1 - expf(-max(seconds - last, 0) / Self.easeSeconds))
        last = seconds
        if isWanted {
            let due = next ?? seconds + generator.uniform(4, 9)
            next = due
            if seconds >= due {
                nodStart = seconds
                next = seconds + generator.uniform(4, 9)
            }
        } else {
            next = nil
        }
        let part = (seconds - nodStart) / Self.nodSeconds
        // Down and up again, without a corner.
        let dip: Float = (0..<1).contains(part) ? 0.5 - 0.5 * cosf(2 * .pi * part) : 0
        return (Self.nod * dip * level, Self.brow * level)
    }
}
