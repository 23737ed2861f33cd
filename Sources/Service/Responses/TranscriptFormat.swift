import EngineAPI

/// The answers of `/transcribe`.
enum TranscriptFormat: String, CaseIterable {
    case json, text, srt, vtt, verbose_json, lrc, tsv

    var mediaType: String {
        switch self {
        case .json, .verbose_json: "application/json"
        case .text: "text/plain; charset=utf-8"
        case .srt: "application/x-subrip; charset=utf-8"
        case .vtt: "text/vtt; charset=utf-8"
        case .lrc: "text/plain; charset=utf-8"
        case .tsv: "text/tab-separated-values; charset=utf-8"
        }
    }

    /// - Parameters:
    ///   - granularities: which of "segment" and "word" the verbose answer lists.
    ///   - captions: what captions keep to.
    func body(
        _ transcript: Transcript, granularities: Set<String>, task: String,
        dialect: APIFlavor = .native, captions: CaptionLimits = CaptionLimits()
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
        case .srt, .vtt, .lrc, .tsv:
            return Array(text(of: CaptionMaker.captions(of: transcript, captions)).utf8)
        }
    }

    /// Whether it tells when the words are said.
    var hasTimes: Bool {
        switch self {
        case .srt, .vtt, .lrc, .tsv, .verbose_json: true
        case .json, .text: false
        }
    }

    /// A file of captions.
    private func text(of captions: [Caption]) -> String {
        switch self {
        case .srt:
            captions.enumerated().map { index, caption in
                "\(index + 1)\n\(span(caption, ","))\n\(caption.lines.joined(separator: "\n"))\n"
            }.joined(separator: "\n")
        case .vtt:
            // WebVTT §4.1: "-->" may not stand in a cue, and & and < are escaped.
            "WEBVTT\n\n"
                + captions.map { caption in
                    let text = escapedMarkup(caption.lines.joined(separator: "\n"))
                    return "\(span(caption, "."))\n\(text)\n"
                }.joined(separator: "\n")
        case .lrc:
            captions.map { "[\(minutes($0.start))]\($0.line)\n" }.joined()
        case .tsv:
            // As Whisper's own command writes it: whole milliseconds.
            "start\tend\ttext\n"
                + captions.map {
                    "\(milliseconds($0.start))\t\(milliseconds($0.end))\t\($0.line)\n"
                }.joined()
        case .json, .text, .verbose_json: ""
        }
    }

    private func span(_ caption: Caption, _ point: String) -> String {
        "\(clock(caption.start, point)) --> \(clock(caption.end, point))"
    }

    private func milliseconds(_ seconds: Double) -> Int { Int(bounded: (seconds * 1000).rounded()) }

    private func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// hh:mm:ss,mmm
    private func clock(_ seconds: Double, _ point: String) -> String {
        let total = milliseconds(seconds)
        let clock = [total / 3_600_000, total / 60_000 % 60, total / 1000 % 60]
        return clock.map { padded($0, 2) }.joined(separator: ":") + point
            + padded(total % 1000, 3)
    }

    /// mm:ss.hh
    private func minutes(_ seconds: Double) -> String {
        let total = milliseconds(seconds) / 10
        return padded(total / 6_000, 2) + ":" + padded(total / 100 % 60, 2) + "."
            + padded(total % 100, 2)
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
