import EngineAPI

/// The answers of `/transcribe`.
enum TranscriptFormat: String, CaseIterable {
    case json, text, srt, vtt, verbose_json, diarized_json, lrc, tsv

    var mediaType: String {
        switch self {
        case .json, .verbose_json, .diarized_json: "application/json"
        case .text: "text/plain; charset=utf-8"
        case .srt: "application/x-subrip; charset=utf-8"
        case .vtt: "text/vtt; charset=utf-8"
        case .lrc: "text/plain; charset=utf-8"
        case .tsv: "text/tab-separated-values; charset=utf-8"
        }
    }

    func body(_ transcript: Transcript, _ shape: TranscriptShape) -> [UInt8] {
        if self == .diarized_json { return Service.json(diarized(transcript, shape)) }
        if shape.dialect != .native, mediaType == "application/json" {
            return Service.json(foreignJSON(transcript, shape))
        }
        switch self {
        case .json: return Service.json(brief(transcript, shape))
        case .verbose_json, .diarized_json:
            return Service.json(Verbose(transcript, shape))
        case .text: return Array((spokenText(transcript) + "\n").utf8)
        case .srt, .vtt, .lrc, .tsv:
            let captions = CaptionMaker.captions(
                of: transcript, shape.captions, namesSpeakers: self != .vtt)
            return Array(text(of: captions).utf8)
        }
    }

    /// Whether it tells when the words are said.
    var hasTimes: Bool {
        switch self {
        case .srt, .vtt, .lrc, .tsv, .verbose_json, .diarized_json: true
        case .json, .text: false
        }
    }

    /// Whether it holds captions.
    var hasCaptions: Bool {
        switch self {
        case .srt, .vtt, .lrc, .tsv: true
        case .json, .text, .verbose_json, .diarized_json: false
        }
    }

    /// The words, a line for each turn where it is known who speaks.
    private func spokenText(_ transcript: Transcript) -> String {
        guard transcript.segments.contains(where: { $0.speaker != nil }) else {
            return transcript.text
        }
        var text = ""
        var before = TranscriptSegment?.none
        for segment in transcript.segments {
            if let before, before.speaker == segment.speaker {
                text += before.text.joiner(before: segment.text) + segment.text
            } else {
                let name = segment.speaker.map { $0 + ": " } ?? ""
                text += (text.isEmpty ? "" : "\n") + name + segment.text
            }
            before = segment
        }
        return text
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
                    let text =
                        voiceTag(caption.speaker)
                        + escapedMarkup(caption.lines.joined(separator: "\n"))
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
        case .json, .text, .verbose_json, .diarized_json: ""
        }
    }

    /// WebVTT §4.2.2: who speaks, up to the cue's end.
    private func voiceTag(_ speaker: String?) -> String {
        guard let speaker else { return "" }
        let name = speaker.split { $0.isNewline || $0 == ">" }.joined(separator: " ")
        return "<v \(escapedMarkup(name))>"
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

    /// The plain answer: the text, and the words or tokens where they are asked for.
    private func brief(_ transcript: Transcript, _ shape: TranscriptShape) -> JSONValue {
        var fields: [String: JSONValue] = [
            "text": .string(transcript.text), "language": .string(transcript.language),
            "duration": .number(rounded(transcript.seconds)),
        ]
        fields.merge(shape.extras(transcript)) { first, _ in first }
        return .object(fields)
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
            let speaker: String?
        }
        struct Word: Encodable {
            let word: String
            let start: Double
            let end: Double
            let speaker: String?
        }
        let task: String
        let language: String
        let duration: Double
        let model: String
        let text: String
        let segments: [Segment]?
        let words: [Word]?

        init(_ transcript: Transcript, _ shape: TranscriptShape) {
            task = shape.task
            language = transcript.language
            duration = rounded(transcript.seconds)
            model = transcript.model
            text = transcript.text
            segments =
                shape.verboseGranularities.contains("segment")
                ? transcript.segments.enumerated().map { index, segment in
                    Segment(
                        id: index, start: rounded(segment.startSeconds),
                        end: rounded(segment.endSeconds), text: segment.text,
                        tokens: segment.tokens, avg_logprob: segment.meanLogProbability,
                        no_speech_prob: segment.noSpeechProbability, speaker: segment.speaker)
                } : nil
            words =
                shape.verboseGranularities.contains("word")
                ? transcript.segments.flatMap { segment in
                    segment.words.map {
                        Word(
                            word: $0.text, start: rounded($0.startSeconds),
                            end: rounded($0.endSeconds), speaker: segment.speaker)
                    }
                } : nil
        }
    }
}
