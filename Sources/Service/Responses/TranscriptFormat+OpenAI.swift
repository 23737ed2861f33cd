import EngineAPI

extension TranscriptFormat {
    /// `json` and `verbose_json` as OpenAI and whisper.cpp have them.
    func foreignJSON(_ transcript: Transcript, _ shape: TranscriptShape) -> JSONValue {
        var fields: [String: JSONValue] = ["text": .string(transcript.text)]
        let seconds = rounded(transcript.seconds)
        if self == .json {
            if shape.dialect == .openAI { fields["usage"] = shape.usage(transcript) }
            if shape.tellsLanguages { fields["languages"] = languagesJSON(transcript) }
            fields.merge(shape.extras(transcript)) { first, _ in first }
            return .object(fields)
        }
        if shape.dialect == .openAI {
            fields["usage"] = ["type": "duration", "seconds": .number(seconds.rounded(.up))]
        }
        fields["task"] = .string(shape.task)
        fields["duration"] = .number(seconds)
        // A translation's words are English, whatever was heard.
        let language = shape.task == "translate" ? "en" : transcript.language
        fields["language"] = .string(englishNames[language] ?? language)
        if let probability = transcript.languageProbability {
            fields["language_probability"] = .number(rounded(probability))
        }
        if shape.verboseGranularities.contains("segment") {
            let hasWords = shape.dialect == .whisperCpp
            fields["segments"] = .array(
                transcript.segments.enumerated().map {
                    segmentJSON($1, index: $0, hasWords: hasWords)
                })
        }
        if shape.verboseGranularities.contains("word") {
            fields["words"] = .array(transcript.segments.flatMap(wordsJSON))
        }
        return .object(fields)
    }

    /// OpenAI's answer that tells who speaks.
    func diarized(_ transcript: Transcript, _ shape: TranscriptShape) -> JSONValue {
        [
            "task": .string(shape.task), "duration": .number(rounded(transcript.seconds)),
            "text": .string(transcript.text), "usage": shape.usage(transcript),
            "segments": .array(
                transcript.segments.enumerated().map { speakerSegment($1, index: $0) }),
        ]
    }

    private func segmentJSON(
        _ segment: TranscriptSegment, index: Int, hasWords: Bool
    ) -> JSONValue {
        var fields: [String: JSONValue] = [
            "id": .number(Double(index)),
            // Hundredths of a second, where Whisper's window began.
            "seek": .number((segment.startSeconds * 100).rounded()),
            "start": .number(rounded(segment.startSeconds)),
            "end": .number(rounded(segment.endSeconds)), "text": .string(segment.text),
            "tokens": .array(segment.tokens.map { .number(Double($0)) }), "temperature": 0,
            "avg_logprob": .number(rounded(segment.meanLogProbability)),
            "compression_ratio": .number(rounded(compressionRatio(Array(segment.text.utf8)))),
            "no_speech_prob": .number(rounded(segment.noSpeechProbability)),
        ]
        if let speaker = segment.speaker { fields["speaker"] = .string(speaker) }
        // As whisper.cpp's server has them.
        if hasWords { fields["words"] = .array(wordsJSON(segment)) }
        return .object(fields)
    }
}

/// A segment with its speaker, also as an event.
func speakerSegment(_ segment: TranscriptSegment, index: Int) -> JSONValue {
    [
        "type": "transcript.text.segment", "id": .string("seg_\(index)"),
        "start": .number(rounded(segment.startSeconds)),
        "end": .number(rounded(segment.endSeconds)), "text": .string(segment.text),
        "speaker": .string(segment.speaker ?? "A"),
    ]
}

/// How many times shorter zlib makes a text; Whisper takes over 2.4 for a loop of words. The size
/// is counted, not made: DEFLATE with fixed codes (RFC 1951 §3.2.6) over greedy matches.
/// - text: only the first 2 048 bytes are looked at.
func compressionRatio(_ text: [UInt8]) -> Double {
    let text = Array(text.prefix(2_048))
    guard !text.isEmpty else { return 1 }
    var bits = 3 + 7
    var at = 0
    while at < text.count {
        var best = (length: 0, distance: 0)
        for start in stride(from: at - 1, through: 0, by: -1) {
            var length = 0
            while at + length < text.count, length < 258,
                text[start + length] == text[at + length]
            {
                length += 1
            }
            if length > best.length { best = (length, at - start) }
        }
        if best.length >= 3 {
            bits += matchBits(length: best.length, distance: best.distance)
            at += best.length
        } else {
            bits += text[at] < 144 ? 8 : 9
            at += 1
        }
    }
    // RFC 1950: two bytes before, four after.
    return Double(text.count) / Double((bits + 7) / 8 + 6)
}

/// Bits of a length and a distance: their codes, and the extra bits of the code's range.
private func matchBits(length: Int, distance: Int) -> Int {
    let lengthExtra = length < 11 || length == 258 ? 0 : (length - 3).highestBit - 2
    let distanceExtra = distance < 5 ? 0 : (distance - 1).highestBit - 1
    return (length < 115 ? 7 : 8) + lengthExtra + 5 + distanceExtra
}

extension Int {
    /// The place of the highest bit that is set, of a positive number.
    fileprivate var highestBit: Int { Int.bitWidth - 1 - leadingZeroBitCount }
}
