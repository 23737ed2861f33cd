import EngineAPI

/// Where the words, phonemes and mouth shapes of a clause lie in its audio.
/// Times are seconds from the start of the clip.
struct ClauseTimeline: Sendable, Equatable {
    var words: [TimedText] = []
    /// Which of the clause's words each is: one without audio has no time.
    private(set) var owners: [Int] = []
    var phonemes: [TimedText] = []
    var visemes: [TimedViseme] = []
    /// Phonemes and visemes are guessed from letters.
    let isGuess: Bool

    /// - trim: what of the network's audio became the clip, and how much longer or shorter.
    init(_ clause: Clause, _ timing: PhonemeTiming, _ trim: ClauseTrim) {
        isGuess = timing.isGuess
        let symbols = timing.symbols
        let (start, length) = (trim.startSeconds, trim.seconds)
        var edges: [Double] = [0]
        for duration in timing.durations { edges.append(edges[edges.count - 1] + duration) }
        /// Start of the symbol that is `index`-th among those that have an id.
        func edge(_ index: Int) -> Double {
            let time = edges[min(max(index, 0), edges.count - 1)]
            return min(max((time - timing.leadSeconds - start) * trim.stretch, 0), length)
        }
        var (spans, place): ([(from: Double, to: Double)], [Int: Int]) = ([], [:])
        for (order, symbol) in symbols.enumerated() {
            place[symbol] = order
            // The first id is the pad.
            spans.append((edge(order + 1), edge(order + 2)))
        }
        for (owner, word) in clause.words.enumerated() {
            let inside = word.range.compactMap { place[$0] }
            guard let first = inside.first, let last = inside.last else { continue }
            owners.append(owner)
            words.append(
                TimedText(
                    text: word.text, startSeconds: spans[first].from, endSeconds: spans[last].to))
        }
        addSounds(clause, symbols, spans, length: length)
    }

    /// How loud the words are that stand out.
    func gains(_ clause: Clause) -> [ClauseTrim.Gain] {
        zip(owners, words).compactMap { owner, time in
            clause.words[owner].emphasis.map {
                ClauseTrim.Gain(
                    startSeconds: time.startSeconds, endSeconds: time.endSeconds, factor: $0.gain)
            }
        }
    }

    /// Where a tone stands in place of words, seconds; neighbours are one.
    func bleeps(_ clause: Clause) -> [Range<Double>] {
        var bleeps: [Range<Double>] = []
        var previous = -2
        for (owner, time) in zip(owners, words) where clause.words[owner].emphasis == .bleeped {
            let end = max(time.startSeconds, time.endSeconds)
            if owner == previous + 1, let last = bleeps.last {
                bleeps[bleeps.count - 1] = last.lowerBound..<max(last.upperBound, end)
            } else {
                bleeps.append(time.startSeconds..<end)
            }
            previous = owner
        }
        return bleeps
    }

    /// Everything comes later, after a rest.
    mutating func delay(_ seconds: Double) {
        func moved(_ text: TimedText) -> TimedText {
            TimedText(
                text: text.text, startSeconds: text.startSeconds + seconds,
                endSeconds: text.endSeconds + seconds)
        }
        words = words.map(moved)
        phonemes = phonemes.map(moved)
        let later = visemes.map {
            TimedViseme(
                viseme: $0.viseme, startSeconds: $0.startSeconds + seconds,
                endSeconds: $0.endSeconds + seconds)
        }
        visemes = []
        append(.sil, until: seconds)
        for viseme in later { append(viseme.viseme, until: viseme.endSeconds) }
    }

    private mutating func addSounds(
        _ clause: Clause, _ symbols: [Int], _ spans: [(from: Double, to: Double)], length: Double
    ) {
        var prefix: (text: String, from: Double)?
        for (order, symbol) in symbols.enumerated() {
            let scalar = clause.phonemes[symbol]
            let (from, to) = spans[order]
            if PhonemeAlphabet.isMark(scalar) {
                // A short gap between words moves no mouth; a pause closes it.
                if scalar == " ", to - from < 0.1, let last = visemes.last {
                    extend(last, to)
                } else {
                    rest(until: to)
                }
                prefix = nil
                continue
            }
            if PhonemeAlphabet.isModifier(scalar) {
                if scalar == "ˈ" || scalar == "ˌ" { prefix = (String(scalar), from) }
                continue
            }
            let start = prefix?.from ?? from
            phonemes.append(
                TimedText(
                    text: (prefix?.text ?? "") + String(scalar), startSeconds: start, endSeconds: to
                ))
            prefix = nil
            show(PhonemeAlphabet.visemes(scalar), start, to)
        }
        rest(until: length)
    }

    private mutating func extend(_ last: TimedViseme, _ end: Double) {
        visemes[visemes.count - 1] = TimedViseme(
            viseme: last.viseme, startSeconds: last.startSeconds,
            endSeconds: max(end, last.endSeconds))
    }

    private mutating func append(_ viseme: Viseme, until end: Double) {
        let from = visemes.last?.endSeconds ?? 0
        guard end > from else { return }
        if let last = visemes.last, last.viseme == viseme { return extend(last, end) }
        visemes.append(TimedViseme(viseme: viseme, startSeconds: from, endSeconds: end))
    }

    private mutating func rest(until end: Double) { append(.sil, until: end) }

    private mutating func show(_ shapes: [Viseme], _ from: Double, _ to: Double) {
        guard !shapes.isEmpty else { return }
        // Whatever lies between the last shape and this one is rest.
        if from > (visemes.last?.endSeconds ?? 0) + 1e-6 { rest(until: from) }
        for (index, shape) in shapes.enumerated() {
            append(shape, until: from + (to - from) * Double(index + 1) / Double(shapes.count))
        }
    }
}
