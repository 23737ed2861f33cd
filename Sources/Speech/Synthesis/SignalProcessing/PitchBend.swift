import Glibc

/// Bends the pitch that the network has in mind for a clause: the tunes at the ends of its phrases,
/// and what markup or the request ask for. All in semitones, and in voiced frames only: the network
/// makes its spectra of the bent curve, so that the audio stays the voice's own.
enum PitchBend {
    /// A frame's pitch below this is unvoiced, Hz.
    private static let voicedMin: Float = 40
    /// What a voice of this kind can sing, Hz.
    private static let range: ClosedRange<Float> = 60...600
    /// The audio comes this many frames before its durations tell: 50 ms.
    private static let lead = 4
    /// What has less energy than the loudest frame by this is hardly heard: about 25 dB.
    private static let audibleRange: Float = 6.5
    /// Frames over which a tune takes the curve over: 75 ms.
    private static let ramp = 6

    /// Where a question's last accent starts at the highest, and what it rises to.
    private static let riseStart: Float = -2
    private static let riseEnd: Float = 6
    /// A statement's last accent starts here at the least and comes down to `fallEnd`.
    private static let fallStart: Float = 1
    private static let fallEnd: Float = -5
    /// A phrase that others follow ends this much above its last accent.
    private static let continuationRise: Float = 2

    /// - symbols: indexes, in the clause's phonemes, of those that have an id.
    static func apply(_ clause: Clause, symbols: [Int], to curves: inout AcousticCurves) {
        let hasTune = clause.words.contains { $0.tune != nil }
        guard hasTune || clause.melody != Melody() else { return }
        var curve = curves.pitch.map { $0 > voicedMin ? semitones($0) : nil }
        let audible = (curves.energy.max() ?? 0) - audibleRange
        for tail in tails(clause, symbols: symbols, durations: curves.durations) {
            let frames = tail.frames.clamped(to: 0..<curve.count)
            // A last syllable that creaks or fades to a breath carries no tune.
            for frame in tail.sonorous.clamped(to: frames) where curve[frame] == nil {
                if curves.energy[frame] > audible { curve[frame] = fallEnd }
            }
            let received = frames.filter { curve[$0] != nil && curves.energy[$0] > audible }
            follow(tail.tune, received, in: &curve)
        }
        change(&curve, clause.melody)
        for index in curve.indices {
            guard let value = curve[index] else { continue }
            let hertz = HibariModel.registerHz * exp2(value / 12)
            curves.pitch[index] = min(max(hertz, range.lowerBound), range.upperBound)
        }
    }

    /// Above the voice's register.
    private static func semitones(_ hertz: Float) -> Float {
        12 * log2(hertz / HibariModel.registerHz)
    }

    /// The end of a phrase, from its last accent on.
    private struct Tail {
        let tune: Tune
        let frames: Range<Int>
        /// Its last vowel and what rings after it.
        let sonorous: Range<Int>
    }

    private static func tails(
        _ clause: Clause, symbols: [Int], durations: [Float]
    ) -> [Tail] {
        var (edges, place): ([Float], [Int: Int]) = ([0], [:])
        for duration in durations { edges.append(edges[edges.count - 1] + duration) }
        for (order, symbol) in symbols.enumerated() { place[symbol] = order + 1 }
        func frame(_ id: Int) -> Int { max(0, Int(bounded: edges[id] * 2) - lead) }
        var (tails, start): ([Tail], Int) = ([], 0)
        for word in clause.words {
            guard let tune = word.tune else { continue }
            let end = min(word.range.upperBound, clause.phonemes.count)
            let accent = Intonation.accent(clause.phonemes, start..<end)
            let ids = (accent..<end).compactMap { place[$0] }
            if let first = ids.first, let last = ids.last {
                // A last sound rings on into what follows it.
                let stop = max(frame(last + 1) + lead, frame(first) + 1)
                let vowel = (accent..<end).last { Stress.isVowel(clause.phonemes[$0]) } ?? end
                let ringing = (vowel..<end).prefix { Intonation.rings(clause.phonemes[$0]) }
                let rings = ringing.compactMap { place[$0] }
                let from = rings.first.map(frame) ?? stop
                let to = rings.last.map { $0 == last ? stop : frame($0 + 1) } ?? stop
                tails.append(
                    Tail(
                        tune: tune, frames: frame(first)..<stop, sonorous: from..<max(from, to)))
            }
            start = end
        }
        return tails
    }

    /// Leads the curve to a phrase's end as its tune asks.
    /// - voiced: frames that are voiced and heard.
    private static func follow(_ tune: Tune, _ voiced: [Int], in curve: inout [Float?]) {
        guard let first = voiced.first, let last = voiced.last, last > first + 2 else { return }
        let natural = voiced.compactMap { curve[$0] }
        let third = max(1, natural.count / 3)
        // The edges of a voiced stretch are half unvoiced: their medians tell.
        let begin = median(natural.prefix(third))
        switch tune {
        case .rise:
            lead(&curve, first...last, from: min(begin, riseStart), to: riseEnd)
        case .continuation:
            let low = min(begin, 1)
            if median(natural.suffix(third)) >= low + continuationRise { return }
            lead(&curve, first...last, from: low, to: low + continuationRise)
        case .fall:
            lead(&curve, first...last, from: max(begin, fallStart), to: fallEnd)
        }
    }

    /// Replaces the curve by one from a height to another.
    private static func lead(
        _ curve: inout [Float?], _ frames: ClosedRange<Int>, from: Float, to: Float
    ) {
        let (first, last) = (frames.lowerBound, frames.upperBound)
        for index in max(0, first - ramp)..<min(last + ramp, curve.count) {
            guard let value = curve[index] else { continue }
            let share = eased(Float(index - first + ramp) / Float(ramp))
            let way = Float(index - first) / Float(last - first)
            // A fall is quick at first, as the network's own.
            let done = to < from ? 1 - (1 - min(way, 1)) * (1 - min(way, 1)) : eased(way)
            let wanted = from + (to - from) * done
            curve[index] = value + (wanted - value) * share
        }
    }

    private static func median(_ values: some Collection<Float>) -> Float {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// 0…1, level at both ends.
    private static func eased(_ part: Float) -> Float {
        let x = min(max(part, 0), 1)
        return x * x * (3 - 2 * x)
    }

    /// The melody that was asked for, on top of the clause's own.
    private static func change(_ curve: inout [Float?], _ melody: Melody) {
        let voiced = curve.indices.filter { curve[$0] != nil }
        guard melody != Melody(), let first = voiced.first, let last = voiced.last else { return }
        let middle = median(voiced.compactMap { curve[$0] })
        let length = Double(max(1, last - first))
        for index in voiced {
            guard let value = curve[index] else { continue }
            let stretched = middle + (value - middle) * Float(melody.range)
            let place = Double(index - first) / length
            curve[index] = stretched + Float(melody.semitones(at: place))
        }
    }
}
