import EngineAPI
import Testing

@testable import Service

/// A way to talk, from which transcripts are made.
private struct Talk: Sendable, CustomTestStringConvertible {
    let name: String
    var words: [String] = ["the", "a", "quick", "brown", "foxes", "jump.", "over,", "and", "lazy"]
    var language = "en"
    /// Seconds of a word, and of the pause behind it.
    var word = 0.15...0.45
    var pause = 0.0...0.08
    /// One in so many words is followed by a long pause.
    var longPauseEvery = 12
    var longPause = 0.4...2.5
    var count = 400
    var limits = CaptionLimits()

    var testDescription: String { name }

    func transcript(seed: Int) -> Transcript {
        var random = SeededGenerator(seed: UInt64(seed))
        var at = 0.3
        var segments: [TranscriptSegment] = []
        var current: [TimedText] = []
        func close() {
            guard let first = current.first, let last = current.last else { return }
            segments.append(
                TranscriptSegment(
                    text: current.map(\.text).joined(separator: " "),
                    startSeconds: first.startSeconds, endSeconds: last.endSeconds,
                    meanLogProbability: -0.1, noSpeechProbability: 0, tokens: [], words: current))
            current = []
        }
        for index in 0..<count {
            let text = words.randomElement(using: &random) ?? "a"
            let end = at + Double.random(in: word, using: &random)
            current.append(TimedText(text: text, startSeconds: at, endSeconds: end))
            let isLong = index % longPauseEvery == longPauseEvery - 1
            at = end + Double.random(in: isLong ? longPause : pause, using: &random)
            if text.hasSuffix(".") || current.count > 12 { close() }
        }
        close()
        return Transcript(segments: segments, language: language, seconds: at, model: "m")
    }
}

private let han = Array("今天天气很好我们去公园散步然后回家吃饭，明白吗。").map(String.init)

private let talks = [
    Talk(name: "plain"),
    Talk(name: "slow, with long gaps", word: 0.3...0.9, longPauseEvery: 4, longPause: 1...20),
    Talk(name: "a word a minute", longPauseEvery: 1, longPause: 30...60, count: 30),
    Talk(name: "bursts", word: 0.08...0.2, pause: 0...0.01, longPauseEvery: 25, longPause: 2...5),
    Talk(name: "Chinese, a character each", words: han, language: "zh", word: 0.1...0.3),
    Talk(
        name: "Chinese without blanks", words: [han.joined(), "好。", "我们"], language: "zh",
        word: 3...6, count: 60),
    Talk(
        name: "Japanese and English", words: ["これは", "Swift", "です。", "カメラー", "version", "2"],
        language: "ja"),
    Talk(name: "Korean", words: ["안녕하세요", "오늘은", "날씨가", "좋습니다."], language: "ko"),
    Talk(
        name: "huge words", words: [String(repeating: "ab", count: 150), "one", "two."],
        word: 16...25, count: 40),
    Talk(name: "words without a length", word: 0...0.001, longPauseEvery: 3, longPause: 1...2),
    Talk(name: "one line of 20", limits: CaptionLimits(lineLength: 20, linesMax: 1)),
    Talk(name: "five lines of 200", limits: CaptionLimits(lineLength: 200, linesMax: 5)),
    Talk(name: "lines of 8", limits: CaptionLimits(lineLength: 8, linesMax: 2)),
]

@Suite struct CaptionTests {
    private func isAbbreviated(_ line: String) -> Bool {
        ["Dr.", "Mr.", "e.g.", "U.S."].contains(where: line.hasSuffix)
    }

    private func letters(_ text: String) -> String { text.filter { !$0.isWhitespace } }

    @Test("every caption keeps to the limits, whoever talks", arguments: talks)
    fileprivate func limits(talk: Talk) throws {
        for seed in 0..<8 {
            let transcript = talk.transcript(seed: seed)
            let captions = CaptionMaker.captions(of: transcript, talk.limits)
            try #require(!captions.isEmpty)
            for caption in captions {
                let isWide =
                    CaptionLimits.wideLanguages.contains(talk.language)
                    || caption.line.contains(where: CaptionAtom.isWide)
                let length = talk.limits.length(isWide: isWide)
                #expect(caption.lines.count <= talk.limits.linesMax, "\(seed) \(caption)")
                #expect(caption.lines.allSatisfy { 1...length ~= $0.count }, "\(seed) \(caption)")
                let seconds = caption.end - caption.start
                #expect(seconds >= 0.999 && seconds <= 7.0001, "\(seed) \(caption)")
                #expect(Double(caption.characterCount) <= 20 * seconds, "\(seed) \(caption)")
                #expect(caption.start >= 0)
            }
            for (caption, next) in zip(captions, captions.dropFirst()) {
                #expect(caption.end <= next.start, "\(seed) \(caption) \(next)")
            }
            #expect(
                letters(captions.map(\.line).joined())
                    == letters(transcript.segments.map(\.text).joined()), "a letter is lost")
        }
    }

    @Test("talk that is faster than anyone reads keeps captions with its words")
    func fast() throws {
        let talk = Talk(
            name: "fast", word: 0.04...0.12, pause: 0...0.01, longPauseEvery: 200, count: 3_000)
        let transcript = talk.transcript(seed: 1)
        let captions = CaptionMaker.captions(of: transcript, CaptionLimits())
        for caption in captions {
            #expect(caption.end - caption.start >= 0.83 && caption.end - caption.start <= 7)
            #expect(caption.lines.count <= 2 && caption.lines.allSatisfy { $0.count <= 42 })
        }
        let last = try #require(captions.last)
        let said = try #require(transcript.segments.last)
        #expect(abs(last.end - said.endSeconds) < 6, "\(last.end) \(said.endSeconds)")
    }

    @Test("no word stands alone where it can be joined to its neighbours")
    func crumbs() {
        for talk in talks.prefix(2) {
            for seed in 0..<8 {
                let captions = CaptionMaker.captions(
                    of: talk.transcript(seed: seed), CaptionLimits())
                for (index, caption) in captions.enumerated() where !caption.line.contains(" ") {
                    let neighbours = [index - 1, index + 1].filter(captions.indices.contains)
                    #expect(
                        neighbours.allSatisfy {
                            max(captions[$0].start, caption.start)
                                - min(captions[$0].end, caption.end) > 0.3
                                || captions[$0].characterCount + caption.line.count > 40
                        }, "\(talk.name) \(seed) \(caption)")
                }
            }
        }
    }

    @Test("captions end at sentences, pauses and clauses, and lines are even")
    func places() {
        let text =
            "Dr. Smith met Mr. Jones, e.g. in the U.S. Senate, on a cold and rainy day. "
            + "They talked about the weather. Nobody else was there, so they went home."
        var at = 0.0
        let words = text.split(separator: " ").map { word -> TimedText in
            defer { at += Double(word.count) * 0.07 + 0.05 }
            return TimedText(
                text: String(word), startSeconds: at, endSeconds: at + Double(word.count) * 0.07)
        }
        let segment = TranscriptSegment(
            text: text, startSeconds: 0, endSeconds: at, meanLogProbability: 0,
            noSpeechProbability: 0, tokens: [], words: words)
        let captions = CaptionMaker.captions(
            of: Transcript(segments: [segment], language: "en", seconds: at, model: "m"),
            CaptionLimits())
        #expect(
            captions.allSatisfy { ".,".contains($0.line.last ?? " ") }, "\(captions.map(\.lines))")
        #expect(
            !captions.contains { isAbbreviated($0.line) },
            "\(captions.map(\.lines))")
        #expect(captions.map(\.line).joined(separator: " ") == text)
    }

    @Test("an empty transcript has no captions")
    func nothing() {
        let transcript = Transcript(segments: [], language: "en", seconds: 3, model: "m")
        #expect(CaptionMaker.captions(of: transcript, CaptionLimits()).isEmpty)
    }
}
