/// One caption: what is shown, and from when to when, seconds from the start of the clip.
struct Caption: Equatable {
    var lines: [String]
    var start: Double
    var end: Double
    /// Who says it; nil where nobody tells.
    var speaker: String?

    /// Characters that are read, a line's end as one.
    var characterCount: Int { lines.reduce(lines.count - 1) { $0 + $1.count } }

    /// All of it in one line.
    var line: String {
        lines.reduce("") { text, line in
            guard let last = text.last, let first = line.first else { return text + line }
            let isJoined = last.isUnspaced && first.isUnspaced
            return text + (isJoined ? "" : " ") + line
        }
    }
}

/// What captions must keep to, so that people can read them (Netflix's and the BBC's guidelines).
struct CaptionLimits: Sendable, Equatable {
    /// Characters of a line; nil is the script's own.
    var lineLength: Int?
    var linesMax = 2

    static let lineLengths = 8...200
    static let lines = 1...5
    static let lineLengthDefault = 42
    /// Chinese, Japanese and Korean.
    static let wideLineLengthDefault = 16
    static let secondsMax = 7.0
    static let secondsMin = 1.0
    /// Five sixths of a second: where the talk is too fast for a whole one.
    static let secondsLeast = 0.84
    static let charactersPerSecondMax = 20.0
    /// No caption is read in more than its seven seconds.
    static let charactersMax = 140
    /// How far a caption may be from its words for the sake of slower reading.
    static let shiftSecondsMax = 3.0

    /// Languages whose lines are short even where a line is in another script.
    static let wideLanguages: Set<String> = ["zh", "yue", "ja"]

    /// - isWide: whether the line holds Chinese, Japanese or Korean.
    func length(isWide: Bool) -> Int {
        lineLength
            ?? (isWide ? CaptionLimits.wideLineLengthDefault : CaptionLimits.lineLengthDefault)
    }
}
