import EngineAPI

/// A stretch of text that is spoken at one rate.
struct Passage: Sendable, Equatable {
    /// Clean text; `ScriptMark`s stand in it.
    var text: Scalars
    /// Factor to the rate of the whole.
    var rate = 1.0
    /// Change of loudness, decibels.
    var decibels = 0.0
    var melody = Melody()
    /// Who speaks it; nil is the speech's own voice.
    var voice: String?
    /// Silence that was asked for between its sentences.
    var sentenceSeconds: Double?
    /// Silence that was asked for after it; nil leaves the pause to its last sentence.
    var pauseSeconds: Double?
}

/// What stands in a passage in place of letters that are not to be read as they are written.
enum ScriptSpan: Sendable, Equatable {
    /// A text with its reading.
    case phonemes(String, text: String)
    /// Spelt letter by letter and digit by digit.
    case letters(String)
    /// A word with its part of speech, or "SENSE_1" for its second sense.
    case role(String, String)
}

/// Private characters that mark a passage: users' own are taken out of a text before.
enum ScriptMark {
    static let strong: Unicode.Scalar = "\u{E000}"
    static let moderate: Unicode.Scalar = "\u{E001}"
    static let reduced: Unicode.Scalar = "\u{E002}"
    static let plain: Unicode.Scalar = "\u{E003}"
    static let bleep: Unicode.Scalar = "\u{E004}"
    /// Marks of the spans, in their order: plane 15.
    static let firstSpan: UInt32 = 0xF0000
    static let spansMax = 0xFFFD

    static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        (0xE000...0xE004).contains(scalar.value) || scalar.value >= firstSpan
    }

    /// Text cut before each mark.
    static func runs(_ text: Scalars) -> [Scalars] {
        guard text.contains(where: isMark) else { return [text] }
        var runs: [Scalars] = [[]]
        for scalar in text {
            if isMark(scalar) { runs.append([]) }
            runs[runs.count - 1].append(scalar)
        }
        return runs.filter { !$0.isEmpty }
    }

    /// Sets the emphasis from here on; false for a mark that stands for a span.
    static func sets(_ emphasis: inout Emphasis?, _ mark: Unicode.Scalar) -> Bool {
        switch mark {
        case strong: emphasis = .strong
        case moderate: emphasis = .moderate
        case reduced: emphasis = .reduced
        case bleep: emphasis = .bleeped
        case plain: emphasis = nil
        default: return false
        }
        return true
    }

    static func span(_ index: Int) -> Unicode.Scalar? {
        Unicode.Scalar(firstSpan + UInt32(index))
    }
}

/// A text in parts, with all that its markup asks for.
struct SpeechScript: Sendable, Equatable {
    var passages: [Passage] = []
    var spans: [ScriptSpan] = []
    /// Silence before the first passage.
    var leadSeconds = 0.0
    /// What of its markup was done otherwise than it asks for.
    var notes: Set<SpeechNote> = []
}

/// How a word stands out from the others.
enum Emphasis: Sendable, Equatable {
    case strong, moderate, reduced
    /// Not to be heard: a tone stands in its place.
    case bleeped

    /// Level for `Stress.applied`; nil changes nothing.
    var stress: Double? {
        switch self {
        case .strong: 2
        case .moderate: 1
        case .reduced: -1
        case .bleeped: nil
        }
    }

    /// Factor to the samples: +4.1 dB, +2.3 dB, −4.4 dB, silence.
    var gain: Float {
        switch self {
        case .bleeped: 0
        case .strong: 1.6
        case .moderate: 1.3
        case .reduced: 0.6
        }
    }
}
