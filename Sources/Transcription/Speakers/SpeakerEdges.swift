import EngineAPI

/// Lets what somebody says begin and end with its sound: the alignment of words is a tenth of a
/// second off, more at a word that fades.
enum SpeakerEdges {
    /// An edge moves no further than this: what goes on for longer may be music.
    private static let reachSeconds = 0.5
    /// Two that speak without a pause part where it is quietest, so near the words' own edges.
    private static let cutSeconds = 0.25

    /// Moves beginnings and ends of segments, in order, to those of the sounds in which they are,
    /// up to their neighbours at most. A segment without any sound stays as it is beside them.
    static func settle(_ segments: inout [TranscriptSegment], on levels: SoundLevels) {
        let sounds = levels.sounds
        guard !sounds.isEmpty else { return }
        let spans = segments.map { ($0.startSeconds, $0.endSeconds) }
        let cuts = zip(spans, spans.dropFirst()).map { cut($0, $1, levels) }
        var first = 0
        for index in segments.indices {
            let (start, end) = spans[index]
            let earliest = index > 0 ? cuts[index - 1] : 0
            let latest = index < cuts.count ? cuts[index] : .infinity
            while first < sounds.count, seconds(sounds[first].upperBound) <= start { first += 1 }
            let own = sounds[first...].prefix { seconds($0.lowerBound) < end }
            var new = (max(earliest, start), min(latest, end))
            if let head = own.first, let tail = own.last {
                let settled = (
                    max(earliest, start - reachSeconds, seconds(head.lowerBound)),
                    min(latest, end + reachSeconds, seconds(tail.upperBound))
                )
                if settled.0 < settled.1 { new = settled }
            }
            if new.0 < new.1 { segments[index].move(to: new.0...new.1) }
        }
    }

    private static func seconds(_ frame: Int) -> Double {
        Double(frame * SoundLevels.hop) / 16_000
    }

    /// Where one that ends and the next one part.
    private static func cut(
        _ one: (start: Double, end: Double), _ next: (start: Double, end: Double),
        _ levels: SoundLevels
    ) -> Double {
        let from = max((one.start + one.end) / 2, min(one.end, next.start) - cutSeconds)
        let to = min((next.start + next.end) / 2, max(one.end, next.start) + cutSeconds)
        let perFrame = 16_000 / Double(SoundLevels.hop)
        let frames = (Int(bounded: from * perFrame), Int(bounded: to * perFrame))
        guard frames.0 < frames.1, let quiet = levels.quietest(of: frames.0..<frames.1) else {
            return (one.end + next.start) / 2
        }
        return seconds(quiet)
    }
}

extension TranscriptSegment {
    /// Begins and ends elsewhere; words do not leave it.
    mutating func move(to span: ClosedRange<Double>) {
        (startSeconds, endSeconds) = (span.lowerBound, span.upperBound)
        words = words.map { word in
            TimedText(
                text: word.text,
                startSeconds: min(max(word.startSeconds, span.lowerBound), span.upperBound),
                endSeconds: min(max(word.endSeconds, span.lowerBound), span.upperBound))
        }
    }
}
