import Testing

@testable import Transcription

@Suite("Signs that a reading is wrong") struct HallucinationChecksTests {
    private static func reading(_ logProbabilities: [Float], noSpeech: Float = 0) -> Reading {
        var chunk = DecodedChunk()
        chunk.noSpeechProbability = noSpeech
        chunk.tokens = logProbabilities.indices.map { Int32($0) }
        chunk.logProbabilities = logProbabilities
        return Reading(
            chunk: chunk, options: DecodeOptions(),
            tokens: logProbabilities.map { _ in Array("a".utf8) })
    }

    @Test("what a decoder says again counts once, and little that is left of a loop is cut")
    func loops() {
        var options = DecodeOptions()
        options.tokensMax = 12
        let words = ["He", "is", "a", "moth", "a", "moth", "a", "moth", "a", "moth", "a", "moth"]
        var chunk = DecodedChunk()
        chunk.tokens = words.indices.map { Int32($0) }
        chunk.logProbabilities = words.indices.map { $0 < 4 ? -1 : -0.1 }
        let looped = Reading(chunk: chunk, options: options, tokens: words.map { Array($0.utf8) })
        #expect(looped.isCapped && abs(looped.meanLogProbability + 0.4) < 0.01)
        var rest = looped
        rest.leaveOut([8, 9, 10, 11])
        #expect(abs(rest.meanLogProbability + 1) < 0.01 && abs(rest.score + 1) < 0.01)
        rest.leaveOut([6, 7])
        #expect(abs(rest.score + 1) < 0.01)
        rest.leaveOut([4, 5])
        #expect(abs(rest.score + 1.5) < 0.01)
        #expect(HallucinationChecks.isWorthWeighing(rest, certainty: 0.9))
    }

    @Test("where nobody was heard a sentence is speech, a word, a loop or a guess is none")
    func sentence() {
        func reading(_ words: String, noSpeech: Float = 0.1, mean: Float = -0.8) -> Reading {
            let tokens = words.split(separator: " ").map { Array($0.utf8) }
            var chunk = DecodedChunk()
            chunk.text = words
            chunk.tokens = tokens.indices.map { Int32($0) }
            chunk.logProbabilities = tokens.map { _ in mean }
            chunk.noSpeechProbability = noSpeech
            return Reading(chunk: chunk, options: DecodeOptions(), tokens: tokens)
        }
        let said = "you get to do this on your own"
        #expect(HallucinationChecks.isSentence(reading(said)))
        #expect(!HallucinationChecks.isSentence(reading(said, noSpeech: 0.5)))
        #expect(!HallucinationChecks.isSentence(reading(said, mean: -1.2)))
        #expect(!HallucinationChecks.isSentence(reading("there is a rat !")))
        #expect(!HallucinationChecks.isSentence(reading("beep beep beep beep beep beep beep")))
    }

    @Test(
        "a text that ends with a time had as many tokens as it may have without it",
        arguments: [true, false])
    func cappedTimes(usesTimestamps: Bool) {
        var options = DecodeOptions()
        (options.tokensMax, options.usesTimestamps) = (12, usesTimestamps)
        var chunk = DecodedChunk()
        chunk.tokens = (0..<9).map { Int32($0) }
        let reading = Reading(
            chunk: chunk, options: options, tokens: chunk.tokens.map { [UInt8(97 + $0)] })
        #expect(reading.isCapped == usesTimestamps)
    }

    @Test("a word or two that were said unsurely are better than none, a sentence so unsure is not")
    func bearable() {
        #expect(HallucinationChecks.isBearable(Self.reading([-2.5, -0.2])))
        #expect(HallucinationChecks.isBearable(Self.reading([-3])))
        let sentence = [Float](repeating: -1.35, count: 12)
        #expect(!HallucinationChecks.isBearable(Self.reading(sentence)))
        #expect(!HallucinationChecks.isBearable(Self.reading([-3.4])))
    }

    @Test(
        "of what is surely speech a bad reading is better than none",
        arguments: [
            (0.9, 0.2, true), (0.9, 0.5, false), (0.6, 0.2, false), (nil, 0.2, false),
            (.nan, 0.2, false), (0.9, .nan, false),
        ] as [(Float?, Float, Bool)])
    func bearableSpeech(certainty: Float?, noSpeech: Float, isBearable: Bool) {
        let sentence = [Float](repeating: -1.5, count: 9)
        let reading = Self.reading(sentence, noSpeech: noSpeech)
        #expect(HallucinationChecks.isBearable(reading, certainty: certainty) == isBearable)
        let none = Self.reading(sentence.map { 2 * $0 }, noSpeech: noSpeech)
        #expect(!HallucinationChecks.isBearable(none, certainty: certainty))
        var astray = reading
        astray.isAstray = true
        #expect(!HallucinationChecks.isBearable(astray, certainty: certainty))
        #expect(!HallucinationChecks.isBearable(Self.reading([]), certainty: certainty))
    }

    @Test(
        "a text that silence says as well is not what was said, whatever it is",
        arguments: [
            (0.7, 0.9, true), (1.1, nil, true), (1.3, nil, false), (2.0, 0.9, false),
            (2.9, 0.6, true), (3.1, 0.6, false), (.nan, 0.9, true), (.infinity, 0.9, false),
            (2.0, .nan, true),
        ] as [(Float, Float?, Bool)])
    func ofSilence(gain: Float, certainty: Float?, expected: Bool) {
        #expect(HallucinationChecks.isOfSilence(gain: gain, certainty: certainty) == expected)
    }

    @Test("it gives way to any other reading, and is nothing where there is none")
    func silenceIsLost() {
        let other = Self.reading([-1.6, -1.6, -1.6], noSpeech: 0.1)
        var phrase = Self.reading([-0.9, -0.9, -0.9], noSpeech: 0.1)
        #expect(HallucinationChecks.isBearable(phrase, certainty: 0.9))
        phrase.isOfSilence = true
        #expect(phrase.isLost && HallucinationChecks.isDoubtful(phrase))
        #expect(!HallucinationChecks.isBearable(phrase, certainty: 0.9))
        #expect(other.score > phrase.score)
        #expect(!HallucinationChecks.takesPlace(phrase, of: other))
    }

    @Test("silence is asked of short and unsure texts only")
    func worthWeighing() {
        let isWorth = { HallucinationChecks.isWorthWeighing(Self.reading($0), certainty: $1) }
        #expect(isWorth([-0.9, -0.9], 0.9) && !isWorth([-0.7, -0.7], 0.9))
        #expect(isWorth([-0.5, -0.5], 0.6) && !isWorth([-0.3, -0.3], 0.6))
        #expect(isWorth([.nan], nil) && !isWorth([], nil))
        #expect(!isWorth([Float](repeating: -1, count: 25), 0.9))
    }

    @Test("what says nothing a third time takes a loop's place unless it is far less sure")
    func withoutLoop() {
        let rest = Self.reading([-0.5, -0.5])
        let takes = { HallucinationChecks.takesPlace($0, ofLoop: rest) }
        #expect(takes(Self.reading([-0.7, -0.7])))
        #expect(!takes(Self.reading([-0.8, -0.8])))
        #expect(!takes(Self.reading([])))
        #expect(!takes(Self.reading([.nan])))
        var round = Self.reading([-0.5, -0.5])
        round.chunk.text = "as it was, and as it was, but as it was"
        #expect(!takes(round))
    }

    @Test("a word is unsure where all others together are clearly likelier")
    func unsureWord() {
        var chunk = DecodedChunk()
        #expect(!HallucinationChecks.hasUnsureWord(chunk))
        chunk.leastWordLogProbability = -1.15
        #expect(!HallucinationChecks.hasUnsureWord(chunk))
        chunk.leastWordLogProbability = -1.25
        #expect(HallucinationChecks.hasUnsureWord(chunk))
    }

    @Test("a window is narrow up to two thirds of the whole one")
    func narrow() {
        #expect(EncoderWindow.isNarrow(EncoderWindow.trimmed(seconds: 3, isMultilingual: false)))
        #expect(EncoderWindow.isNarrow(EncoderWindow.trimmed(seconds: 16, isMultilingual: false)))
        #expect(!EncoderWindow.isNarrow(EncoderWindow.trimmed(seconds: 22, isMultilingual: false)))
        #expect(!EncoderWindow.isNarrow(EncoderWindow.whole))
    }

    @Test("over the whole window a reading need not be surer, but it must pass nothing over")
    func takesPlace() {
        let (sure, unsure) = (Self.reading([-0.2, -0.2]), Self.reading([-0.9, -0.9]))
        #expect(HallucinationChecks.takesPlace(unsure, of: sure))
        #expect(!HallucinationChecks.takesPlace(Self.reading([]), of: sure))
        let none = Self.reading([Float](repeating: -2, count: 12))
        #expect(!HallucinationChecks.takesPlace(none, of: sure))
        var lost = unsure
        lost.unheard = [0..<100]
        #expect(!HallucinationChecks.takesPlace(lost, of: sure))
        lost.unheard = []
        lost.isAstray = true
        #expect(!HallucinationChecks.takesPlace(lost, of: sure))
        #expect(HallucinationChecks.takesPlace(lost, of: Self.reading([-3, -3])))
    }

    @Test("an unsure language is told by what is said in it")
    func languages() {
        typealias Found = [(code: String, probability: Float)]
        let sure: Found = [("de", 0.05), ("en", 0.92)]
        #expect(HallucinationChecks.languagesToRead(sure).map(\.code) == ["en"])
        let unsure: Found = [("ja", 0.03), ("it", 0.4), ("pt", 0.05), ("fr", 0.06), ("es", 0.5)]
        let read = HallucinationChecks.languagesToRead(unsure)
        #expect(read.map(\.code) == ["es", "it", "fr"])
        #expect(HallucinationChecks.languagesToRead([]).isEmpty)

        let told = HallucinationChecks.likeliest(read, said: [-4.9, -3, nil])
        #expect(told?.code == "it")
        #expect(abs((told?.probability ?? 0) - 0.96 * 0.8425) < 0.001)
        let silent = HallucinationChecks.likeliest(read, said: [nil, nil, nil])
        #expect(silent?.code == "es" && silent?.probability == 0.5)
        #expect(HallucinationChecks.likeliest(read, said: [.nan, -3, -9])?.code == "it")
    }

    @Test("what is no number is no reading")
    func noNumber() {
        #expect(!HallucinationChecks.isBearable(Self.reading([.nan, -0.1])))
        #expect(!HallucinationChecks.isBearable(Self.reading([])))
    }
}
