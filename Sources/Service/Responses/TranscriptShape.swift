import EngineAPI

/// What a transcript's answer holds beside its text, and in whose words.
struct TranscriptShape: Sendable {
    /// "segment" and "word", as they were asked for; nil where nobody did.
    var granularities: Set<String>?
    var task = "transcribe"
    var dialect = APIFlavor.native
    /// What captions keep to.
    var captions = CaptionLimits()
    /// Each token with its probability.
    var hasLogprobs = false
    /// The model by the name that the client has for it.
    var model = ""
    /// Who speaks was found out by the voices: a plain answer has the segments too.
    var tellsVoices = false
    /// Characters of the prompt, whose tokens OpenAI counts.
    var promptCharacters = 0

    /// What `verbose_json` lists.
    var verboseGranularities: Set<String> { granularities ?? ["segment"] }

    /// Words, and tokens with their probabilities, where a plain answer is to have them.
    func extras(_ transcript: Transcript) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        if granularities?.contains("word") == true {
            fields["words"] = .array(transcript.segments.flatMap(wordsJSON))
        }
        if tellsVoices {
            fields["segments"] = .array(
                transcript.segments.enumerated().map { speakerSegment($1, index: $0) })
        }
        if hasLogprobs {
            fields["logprobs"] = .array(logprobs(transcript.segments))
        }
        return fields
    }

    /// OpenAI's plain answer has the languages where this model is named.
    var tellsLanguages: Bool { dialect == .openAI && model.hasPrefix("gpt-transcribe") }

    /// What OpenAI would count: seconds for Whisper, tokens for the models that came after it.
    func usage(_ transcript: Transcript) -> JSONValue {
        guard model.hasPrefix("gpt-") else {
            return ["type": "duration", "seconds": .number(transcript.seconds.rounded(.up))]
        }
        return tokenUsage(transcript)
    }

    /// Ten tokens a second of audio, four characters a token of the prompt; the decoder's own
    /// tokens are counted as they are.
    func tokenUsage(_ transcript: Transcript) -> JSONValue {
        let audio = (transcript.seconds * 10).rounded(.up)
        let text = (Double(promptCharacters) / 4).rounded(.up)
        let output = Double(transcript.segments.reduce(0) { $0 + $1.tokens.count })
        return [
            "type": "tokens", "input_tokens": .number(audio + text),
            "input_token_details": ["audio_tokens": .number(audio), "text_tokens": .number(text)],
            "output_tokens": .number(output), "total_tokens": .number(audio + text + output),
        ]
    }
}

/// A segment's words with their times, and who says them where that is known.
func wordsJSON(_ segment: TranscriptSegment) -> [JSONValue] {
    segment.words.map { word in
        var fields: [String: JSONValue] = [
            "word": .string(word.text), "start": .number(rounded(word.startSeconds)),
            "end": .number(rounded(word.endSeconds)),
        ]
        if let speaker = segment.speaker { fields["speaker"] = .string(speaker) }
        return .object(fields)
    }
}

/// Tokens as OpenAI tells them; the text's first has no blank before it.
/// - isContinued: more text stands before the segments.
func logprobs(_ segments: [TranscriptSegment], isContinued: Bool = false) -> [JSONValue] {
    let tokens = segments.flatMap(\.readings)
    return tokens.enumerated().map { index, token in
        let isFirst = index == 0 && !isContinued
        let bytes = isFirst ? Array(token.bytes.drop { $0 == UInt8(ascii: " ") }) : token.bytes
        return [
            "token": .string(String(decoding: bytes, as: UTF8.self)),
            "bytes": .array(bytes.map { .number(Double($0)) }),
            "logprob": .number(token.logProbability.isFinite ? token.logProbability : -100),
        ]
    }
}

/// Languages of a transcript's segments, the first first.
func languagesJSON(_ transcript: Transcript) -> JSONValue {
    var codes: [String] = []
    let heard = transcript.segments.map { $0.language.isEmpty ? transcript.language : $0.language }
    for code in heard where !code.isEmpty && !codes.contains(code) { codes.append(code) }
    return .array(codes.map { ["code": .string($0)] })
}

/// Seconds to the millisecond.
func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
