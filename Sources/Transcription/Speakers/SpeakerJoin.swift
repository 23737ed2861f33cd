import EngineAPI

/// Gives the words of a transcript to those who say them.
enum SpeakerJoin {
    /// A cut between two speakers may be moved so far, to where somebody pauses or ends a sentence:
    /// a window of a voice is longer than most words.
    private static let reachSeconds = 0.7

    /// Segments with who speaks in each, cut where another begins to.
    /// - turns: in order; what is said outside of all belongs to the nearest.
    static func parted(
        _ segments: [TranscriptSegment], by turns: [SpeakerTurn]
    ) -> [(segment: TranscriptSegment, speaker: Int)] {
        let units = segments.flatMap(units)
        var speakers = speakers(of: units, turns)
        moveCuts(&speakers, units, turns)
        var parted: [(segment: TranscriptSegment, speaker: Int)] = []
        var at = 0
        for segment in segments {
            let count = max(1, segment.words.count)
            var start = 0
            for word in 1...count
            where word == count || speakers[at + word] != speakers[at + start] {
                let part = start == 0 && word == count ? segment : segment.part(start..<word)
                parted.append((part, speakers[at + start]))
                start = word
            }
            at += count
        }
        return parted
    }

    /// Where somebody speaks: what windows cover, without most of what was kept around it.
    static func speech(of windows: [VoiceWindow]) -> [ClosedRange<Double>] {
        var ranges: [SampleRange] = []
        for window in windows {
            if let last = ranges.last, window.range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] =
                    last.lowerBound..<max(last.upperBound, window.range.upperBound)
            } else {
                ranges.append(window.range)
            }
        }
        return ranges.map { range in
            let kept = min(SpeechRegions.paddingSamples / 2, range.count / 4)
            return Double(range.lowerBound + kept) / 16_000...Double(range.upperBound - kept)
                / 16_000
        }
    }

    /// Alignment begins a word a little late and ends it early, at its loud part.
    private static let wideningSeconds = 0.06

    /// Lets segments begin earlier and end later, no further than half of the silence between them.
    static func widen(_ segments: inout [TranscriptSegment]) {
        let times = segments.map { ($0.startSeconds, $0.endSeconds) }
        for index in segments.indices {
            let before = index > 0 ? times[index - 1].1 : 0
            let after = index + 1 < times.count ? times[index + 1].0 : .infinity
            let (start, end) = times[index]
            let room = (max(0, start - before) / 2, max(0, after - end) / 2)
            segments[index].startSeconds = start - min(wideningSeconds, room.0)
            segments[index].endSeconds = end + min(wideningSeconds, room.1)
        }
    }

    /// What is given to one speaker: a segment's words, or a segment without.
    private static func units(_ segment: TranscriptSegment) -> [TimedText] {
        guard segment.words.isEmpty else { return segment.words }
        return [
            TimedText(
                text: segment.text, startSeconds: segment.startSeconds,
                endSeconds: segment.endSeconds)
        ]
    }

    private static func speakers(of units: [TimedText], _ turns: [SpeakerTurn]) -> [Int] {
        guard !turns.isEmpty else { return units.map { _ in 0 } }
        var turn = 0
        return units.map { unit in
            let middle = sample((unit.startSeconds + unit.endSeconds) / 2)
            while turn + 1 < turns.count,
                distance(middle, turns[turn + 1].range) <= distance(middle, turns[turn].range)
            {
                turn += 1
            }
            while turn > 0,
                distance(middle, turns[turn - 1].range) < distance(middle, turns[turn].range)
            {
                turn -= 1
            }
            return turns[turn].speaker
        }
    }

    private static func sample(_ seconds: Double) -> Int { Int(bounded: seconds * 16_000) }

    private static func distance(_ sample: Int, _ range: SampleRange) -> Int {
        max(0, range.lowerBound - sample, sample - range.upperBound)
    }

    /// Moves each cut to the best place near it.
    private static func moveCuts(
        _ speakers: inout [Int], _ units: [TimedText], _ turns: [SpeakerTurn]
    ) {
        var before = 0
        var at = 1
        while at < speakers.count {
            guard speakers[at] != speakers[at - 1] else {
                at += 1
                continue
            }
            let next =
                (at..<speakers.count).first { speakers[$0] != speakers[at] } ?? speakers.count
            let place = units[at].startSeconds
            let near = (before + 1..<next).filter {
                abs(units[$0].startSeconds - place) <= reachSeconds
            }
            let best = near.max { worth($0, units, place) < worth($1, units, place) } ?? at
            let (one, other) = (speakers[at - 1], speakers[at])
            for index in min(best, at)..<max(best, at) {
                speakers[index] = best > at ? one : other
            }
            before = best
            at = max(best, at) + 1
        }
    }

    /// How good it is to cut before a word, in seconds of pause.
    private static func worth(_ index: Int, _ units: [TimedText], _ place: Double) -> Double {
        let (last, next) = (units[index - 1], units[index])
        let pause = min(0.6, max(0, next.startSeconds - last.endSeconds))
        let isEnd = SentenceEnd.isAfter(last.text, before: next.text)
        return pause + (isEnd ? 0.4 : 0) - 0.5 * abs(next.startSeconds - place)
    }
}

extension TranscriptSegment {
    /// Takes the silence before the first word and behind the last one from them: in noise the
    /// alignment lets a word last until the next begins.
    /// - speech: where somebody speaks, in order; a segment beside all of them stays as it is.
    mutating func trim(to speech: [ClosedRange<Double>]) {
        shortenEnds()
        let touched = speech.filter { $0.lowerBound < endSeconds && $0.upperBound > startSeconds }
        guard let first = touched.first, let last = touched.last else { return }
        let start = max(startSeconds, first.lowerBound)
        let end = min(endSeconds, last.upperBound)
        guard start < end else { return }
        (startSeconds, endSeconds) = (start, end)
        words = words.map { word in
            TimedText(
                text: word.text, startSeconds: min(max(word.startSeconds, start), end),
                endSeconds: min(max(word.endSeconds, start), end))
        }
    }

    /// The first word begins, and the last one ends, no further from its other end than it takes
    /// to say it slowly.
    private mutating func shortenEnds() {
        guard let first = words.first, let last = words.last else { return }
        let start = max(first.startSeconds, first.endSeconds - Self.longest(first.text))
        let end = min(last.endSeconds, last.startSeconds + Self.longest(last.text))
        guard start < end else { return }
        words[0] = TimedText(
            text: first.text, startSeconds: start, endSeconds: max(start, first.endSeconds))
        words[words.count - 1] = TimedText(
            text: last.text, startSeconds: min(words[words.count - 1].startSeconds, end),
            endSeconds: end)
        (startSeconds, endSeconds) = (start, end)
    }

    private static func longest(_ word: String) -> Double {
        0.3 + 0.07 * Double(word.count { $0.isLetter || $0.isNumber })
    }

    /// Some of its words.
    func part(_ range: Range<Int>) -> TranscriptSegment {
        var part = self
        part.words = Array(words[range])
        part.startSeconds = part.words.first?.startSeconds ?? startSeconds
        part.endSeconds = part.words.last?.endSeconds ?? endSeconds
        part.text = text(of: range)
        let tokens = tokens(of: range)
        part.tokens = Array(self.tokens[tokens.clamped(to: 0..<self.tokens.count)])
        part.readings = Array(readings[tokens.clamped(to: 0..<readings.count)])
        return part
    }

    /// Words as they stand in the text: with a blank between them where there is one.
    private func text(of range: Range<Int>) -> String {
        var at = text.startIndex
        var made = ""
        for (index, word) in words.enumerated() {
            let blanks = text[at...].prefix { $0.isWhitespace }
            let rest = text[blanks.endIndex...]
            if range.contains(index) {
                made += (made.isEmpty ? "" : String(blanks)) + word.text
            }
            guard rest.hasPrefix(word.text) else { continue }
            at = rest.index(rest.startIndex, offsetBy: word.text.count)
        }
        return made
    }

    /// The tokens of some words: each begins behind a blank. The first part has all of them where
    /// nobody can tell.
    private func tokens(of range: Range<Int>) -> Range<Int> {
        var starts: [Int] = []
        var isInWord = false
        for (index, token) in readings.enumerated() {
            for byte in token.bytes {
                let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n")
                if !isBlank, !isInWord { starts.append(index) }
                isInWord = !isBlank
            }
        }
        guard starts.count == words.count, readings.count == tokens.count else {
            return range.lowerBound == 0 ? 0..<max(tokens.count, readings.count) : 0..<0
        }
        let start = range.lowerBound == 0 ? 0 : starts[range.lowerBound]
        return start..<(range.upperBound < starts.count ? starts[range.upperBound] : tokens.count)
    }
}
