import EngineAPI

/// The answers of `/transcribe`.
enum TranscriptFormat: String, CaseIterable {
    case json, text, srt, vtt, verbose_json

    var mediaType: String {
        switch self {
        case .json, .verbose_json: "application/json"
        case .text: "text/plain; charset=utf-8"
        case .srt: "application/x-subrip; charset=utf-8"
        case .vtt: "text/vtt; charset=utf-8"
        }
    }

    /// - granularities: which of "segment" and "word" the verbose answer lists.
    func body(
        _ transcript: Transcript, granularities: Set<String>, task: String,
        dialect: APIFlavor = .native
    ) -> [UInt8] {
        if dialect != .native, mediaType == "application/json" {
            return Service.json(
                foreignJSON(
                    transcript, granularities: granularities, task: task, dialect: dialect))
        }
        switch self {
        case .json: return Service.json(Brief(transcript))
        case .verbose_json:
            return Service.json(Verbose(transcript, granularities: granularities, task: task))
        case .text: return Array((transcript.text + "\n").utf8)
        case .srt:
            let cues = transcript.segments.enumerated().map { index, segment in
                "\(index + 1)\n\(span(segment, ","))\n\(lines(segment.text))\n"
            }
            return Array(cues.joined(separator: "\n").utf8)
        case .vtt:
            // WebVTT §4.1: "-->" may not stand in a cue, and & and < are escaped.
            let cues = transcript.segments.map { segment in
                "\(span(segment, "."))\n\(escapedMarkup(lines(segment.text)))\n"
            }
            return Array(("WEBVTT\n\n" + cues.joined(separator: "\n")).utf8)
        }
    }

    private func span(_ segment: TranscriptSegment, _ point: String) -> String {
        let start = clock(segment.startSeconds, point)
        return "\(start) --> \(clock(max(segment.endSeconds, segment.startSeconds + 0.001), point))"
    }

    /// hh:mm:ss,mmm
    private func clock(_ seconds: Double, _ point: String) -> String {
        let total = Int(bounded: (seconds * 1000).rounded())
        func pad(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let clock = [total / 3_600_000, total / 60_000 % 60, total / 1000 % 60]
        return clock.map { pad($0, 2) }.joined(separator: ":") + point + pad(total % 1000, 3)
    }

    /// At most two lines, broken near the middle, where one would be over 42 characters.
    private func lines(_ text: String) -> String {
        guard text.count > 42 else { return text }
        let words = text.split(separator: " ")
        guard words.count > 1 else { return text }
        var best = (difference: Int.max, cut: 1)
        for cut in 1..<words.count {
            let first = words[..<cut].reduce(cut - 1) { $0 + $1.count }
            let difference = abs(2 * first - text.count)
            if difference < best.difference { best = (difference, cut) }
        }
        return words[..<best.cut].joined(separator: " ") + "\n"
            + words[best.cut...].joined(separator: " ")
    }

    private struct Brief: Encodable {
        let text: String
        let language: String
        let duration: Double

        init(_ transcript: Transcript) {
            text = transcript.text
            language = transcript.language
            duration = rounded(transcript.seconds)
        }
    }

    private struct Verbose: Encodable {
        struct Segment: Encodable {
            let id: Int
            let start: Double
            let end: Double
            let text: String
            let tokens: [Int32]
            let avg_logprob: Double
            let no_speech_prob: Double
        }
        struct Word: Encodable {
            let word: String
            let start: Double
            let end: Double
        }
        let task: String
        let language: String
        let duration: Double
        let model: String
        let text: String
        let segments: [Segment]?
        let words: [Word]?

        init(_ transcript: Transcript, granularities: Set<String>, task: String) {
            self.task = task
            language = transcript.language
            duration = rounded(transcript.seconds)
            model = transcript.model
            text = transcript.text
            segments =
                granularities.contains("segment")
                ? transcript.segments.enumerated().map { index, segment in
                    Segment(
                        id: index, start: rounded(segment.startSeconds),
                        end: rounded(segment.endSeconds), text: segment.text,
                        tokens: segment.tokens, avg_logprob: segment.meanLogProbability,
                        no_speech_prob: segment.noSpeechProbability)
                } : nil
            words =
                granularities.contains("word")
                ? transcript.segments.flatMap(\.words).map {
                    Word(
                        word: $0.text, start: rounded($0.startSeconds),
                        end: rounded($0.endSeconds))
                } : nil
        }
    }
}

/// Seconds to the millisecond.
func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
