import EngineAPI
import Execution
import Glibc
import Inference
import Testing

@testable import Transcription

/// Whole readings of one piece, with the models that the set-up made.
@Suite struct PieceReaderModelTests {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/.deps"
    private static let models =
        getenv("AVATAR_MODELS").map { String(cString: $0) } ?? folder + "/models"

    private func read(
        _ samples: [Float], model: String, language: String? = "en", aligns: Bool = false,
        request: TranscriptionRequest? = nil
    ) throws -> DecodedChunk {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/\(model).bin"), device: nil)
        let loaded = LoadedModel(name: model, context: context, stateCount: 0)
        return try PieceReader(
            state: StateBox(context, try WhisperStateHandle(context)), model: loaded,
            request: request ?? TranscriptionRequest(language: language), samples: samples[...],
            speech: [0..<samples.count / 320], alignsWords: aligns, threads: 2,
            work: WorkContext(within: .seconds(120))
        ).read(language: language)
    }

    private func count(_ word: String, _ text: String) -> Int {
        text.lowercased().split { !$0.isLetter }.count { $0 == word }
    }

    @Test("what is said three times is written three times", arguments: ["tiny.en", "base"])
    func threeTimes(model: String) throws {
        let phrase = Array(try BeamModelTests.speech()[128_000...])
        let pause = [Float](repeating: 0, count: 6_400)
        let text = try read(phrase + pause + phrase + pause + phrase, model: model, aligns: true)
        #expect(count("country", text.text) == 3, "\(text.text)")
        #expect(text.wordTimes.count == text.text.split(separator: " ").count)
    }

    @Test(
        "a phrase that Whisper says of nothing is as likely in silence, what is said is not",
        arguments: ["tiny.en", "base"])
    func likelihoodInSilence(model: String) throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/\(model).bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let speech = try BeamModelTests.speech()
        var options = DecodeOptions()
        options.language = "en"
        options.window = EncoderWindow.trimmed(seconds: 11, isMultilingual: true)
        let work = WorkContext(within: .seconds(300))
        let chunk = try state.handle.decode(speech[...], options, work: work)
        let heard = state.handle.logProbability(ofFirst: 12, of: chunk, threads: 1)
        let written = chunk.logProbabilities.prefix(12).reduce(0, +)
        #expect(abs(heard - written) < 1, "\(heard), \(written)")
        options.tokensMax = 1
        let silence = [Float](repeating: 0, count: speech.count)
        _ = try state.handle.decode(silence[...], options, work: work)
        let silent = state.handle.logProbability(ofFirst: 12, of: chunk, threads: 1)
        #expect(heard - silent > 12 * 3, "\(heard), \(silent)")
        var phrase = chunk
        phrase.tokens = [" Thank", " you", "."].compactMap { text in
            (0..<Int32(50_000)).first { state.handle.bytes(of: $0) == Array(text.utf8) }
        }
        let said = state.handle.logProbability(ofFirst: 3, of: phrase, threads: 1)
        // Half a sentence that is said is not even half as likely there.
        #expect(phrase.tokens.count == 3 && said / 3 > silent / 12 + 1, "\(said), \(silent)")
        #expect(state.handle.logProbability(ofFirst: 0, of: phrase, threads: 1) == 0)
        phrase.logProbabilities = [Float](repeating: said / 3 + 0.5, count: 3)
        try weighs(phrase, chunk, state, model: model, speech, options)
    }

    private func weighs(
        _ phrase: DecodedChunk, _ said: DecodedChunk, _ state: StateBox, model: String,
        _ samples: [Float], _ options: DecodeOptions
    ) throws {
        var request = TranscriptionRequest(language: "en")
        func isOfSilence(_ chunk: DecodedChunk) throws -> Bool {
            let reader = PieceReader(
                state: state,
                model: LoadedModel(name: model, context: state.context, stateCount: 0),
                request: request, samples: samples[...], speech: [0..<samples.count / 320],
                alignsWords: false, threads: 2, work: WorkContext(within: .seconds(120)))
            let tokens = chunk.tokens.map { state.handle.bytes(of: $0) }
            return try reader.weighed(Reading(chunk: chunk, options: options, tokens: tokens))
                .isOfSilence
        }
        var unsure = said
        unsure.tokens = Array(said.tokens.prefix(12))
        unsure.logProbabilities = [Float](repeating: -1, count: 12)
        #expect(try isOfSilence(phrase))
        #expect(try !isOfSilence(unsure))
        request.readsUnsureWordsAgain = false
        #expect(try !isOfSilence(phrase))
    }

    @Test("a loop of the decoder is left out", arguments: ["tiny.en", "base"])
    func loop(model: String) throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/\(model).bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let samples = try BeamModelTests.speech()
        var options = DecodeOptions()
        options.language = "en"
        options.window = EncoderWindow.trimmed(seconds: 11, isMultilingual: true)
        let chunk = try state.handle.decode(
            samples[...], options, work: WorkContext(within: .seconds(300)))
        // The decoder's own text, and its last five words once more.
        var looped = chunk
        looped.tokens += chunk.tokens.suffix(6)
        let attention = try state.handle.attention(
            of: looped, window: options.window, isTranslation: false, threads: 1)
        let aligner = WordAligner(model: model, headCount: context.lookingHeads)
        let rows = attention.rows.lowerBound..<attention.rows.upperBound - 1
        let looks = TokenLooks(
            positions: aligner.looks(
                attention.values, tokenCount: attention.tokenCount, width: attention.width,
                rows: rows), count: samples.count / 320)
        let lost = looks.unspoken(looped.tokens.map { state.handle.bytes(of: $0) })
        #expect(lost.isSuperset(of: chunk.tokens.count..<looped.tokens.count - 1), "\(lost)")
        #expect(lost.isDisjoint(with: 0..<chunk.tokens.count), "\(lost)")
    }

    @Test("what has an unsure word is read over the whole window, what has none is not")
    func unsure() throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/tiny.en.bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let clear = try BeamModelTests.speech()
        for samples in [clear, BeamModelTests.noisy(clear, seed: 1, loudness: 0.25)] {
            var options = DecodeOptions()
            options.language = "en"
            options.beamWidth = 5
            options.usesTimestamps = true
            options.tokensMax = HallucinationChecks.tokensMax(seconds: 11)
            let work = WorkContext(within: .seconds(300))
            let whole = try state.handle.decode(samples[...], options, work: work)
            options.window = EncoderWindow.trimmed(seconds: 11, isMultilingual: false)
            let trimmed = try state.handle.decode(samples[...], options, work: work)
            try #require(whole.logProbabilities != trimmed.logProbabilities)
            let isUnsure = HallucinationChecks.hasUnsureWord(trimmed)
            #expect(isUnsure == (samples != clear))
            let read = try read(samples, model: "tiny.en")
            #expect(read.logProbabilities == (isUnsure ? whole : trimmed).logProbabilities)
        }
    }

    @Test("noise is no text, and costs no long readings", arguments: ["tiny.en", "base"])
    func noise(model: String) throws {
        var generator = SeededGenerator(seed: 3)
        let samples = (0..<16_000).map { _ in Float.random(in: -0.1...0.1, using: &generator) }
        let text = try read(samples, model: model, language: model == "base" ? nil : "en").text
        #expect(SoundNotes.isAll(text), "\(text)")
        #expect(try read(samples, model: model).text == read(samples, model: model).text)
    }

    @Test("no note of a sound is written where none may be", arguments: ["tiny.en", "base"])
    func noNotes(model: String) throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/\(model).bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let work = WorkContext(within: .seconds(120))
        var generator = SeededGenerator(seed: 3)
        let samples = (0..<48_000).map { _ in Float.random(in: -0.1...0.1, using: &generator) }
        for beamWidth in [0, 5] as [Int32] {
            var options = DecodeOptions()
            options.language = "en"
            options.beamWidth = beamWidth
            options.window = EncoderWindow.trimmed(seconds: 3, isMultilingual: true)
            options.tokensMax = 20
            options.writesNotes = false
            let text = try state.handle.decode(samples[...], options, work: work).text
            #expect(!text.contains { "[(*♪".contains($0) }, "\(text)")
        }
    }

    @Test("the language's probability is told where it is found out")
    func language() throws {
        let chunk = try read(try BeamModelTests.speech(), model: "base", language: nil)
        #expect(chunk.language == "en" && chunk.languageProbability ?? 0 > 0.8)
        #expect(try read(try BeamModelTests.speech(), model: "base").languageProbability == nil)
    }

    @Test("the language of a second of speech is told, among those that may be")
    func languageOfASecond() throws {
        let second = Array(try BeamModelTests.speech()[4_800..<20_800])
        let chunk = try read(second, model: "base", language: nil)
        #expect(chunk.language == "en" && chunk.languageProbability ?? 0 > 0)
        #expect(!chunk.tokens.isEmpty)
        var request = TranscriptionRequest()
        request.languages = ["de", "fr"]
        let chosen = try read(second, model: "base", language: nil, request: request)
        #expect(["de", "fr"].contains(chosen.language))
    }

    @Test("an unsure language is asked for with zeros behind the piece, which is read as before")
    func zerosBehindAPiece() throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/base.bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let work = WorkContext(within: .seconds(120))
        let second = try BeamModelTests.speech()[4_800..<20_800]
        func english(_ samples: ArraySlice<Float>?, _ options: DecodeOptions) throws -> Float {
            _ = try state.handle.decode(samples, options, work: work)
            return state.handle.languageProbabilities(threads: 1)
                .first { $0.code == "en" }?.probability ?? 0
        }
        var told = DecodeOptions()
        told.language = "en"
        told.window = EncoderWindow.trimmed(seconds: 1, isMultilingual: true)
        let before = try state.handle.decode(second, told, work: work)
        var options = DecodeOptions()
        options.detectsOnly = true
        let silence = try english(second, options)
        options.window = EncoderWindow.least
        _ = try english(second, options)
        options.window = EncoderWindow.whole
        let zeros = try english(nil, options)
        #expect(zeros > 0.5 && abs(zeros - silence) > 1e-4, "\(zeros), \(silence)")
        // Nothing of it is left for what is read next.
        #expect(try state.handle.decode(second, told, work: work).text == before.text)
    }

    @Test("what was asked for its language is read of the same encoding, to the same text")
    func encodedOnce() throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/base.bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let work = WorkContext(within: .seconds(120))
        let piece = try BeamModelTests.speech()[..<96_000]
        let other = piece.suffix(40_000)
        var told = DecodeOptions()
        told.language = "en"
        told.window = EncoderWindow.trimmed(seconds: 6, isMultilingual: true)
        let alone = try state.handle.decode(piece, told, work: work)
        _ = try state.handle.decode(other, told, work: work)
        var asked = told
        asked.language = nil
        asked.detectsOnly = true
        _ = try state.handle.decode(piece, asked, work: work)
        let kept = try state.handle.decode(nil, told, work: work)
        #expect(!alone.tokens.isEmpty && kept.tokens == alone.tokens)
        #expect(kept.logProbabilities == alone.logProbabilities)
        // Another window is encoded anew, of the same sound.
        told.window = EncoderWindow.wider(than: told.window)
        let wider = try state.handle.decode(nil, told, work: work)
        #expect(wider.logProbabilities != alone.logProbabilities)
        #expect(try state.handle.decode([], told, work: work).tokens.isEmpty)
    }

    @Test("how likely it is that nobody speaks is low for speech, whatever the language is told")
    func nobodySpeaks() throws {
        let work = WorkContext(within: .seconds(120))
        for model in ["tiny.en", "base"] {
            let context = try WhisperContext(
                ModelFileReader(path: Self.models + "/whisper/\(model).bin"), device: nil)
            let state = StateBox(context, try WhisperStateHandle(context))
            var options = DecodeOptions()
            options.language = "en"
            options.usesTimestamps = !context.isMultilingual
            let speech = try state.handle.decode(
                BeamModelTests.speech()[..<96_000], options, work: work)
            let silence = try state.handle.decode(
                ArraySlice(repeating: 0, count: 96_000), options, work: work)
            #expect(speech.noSpeechProbability > 1e-4, "\(model) takes it from no other token")
            #expect(speech.noSpeechProbability < 0.3, "\(model)")
            #expect(silence.noSpeechProbability > 0.3, "\(model) \(silence.noSpeechProbability)")
        }
    }

    @Test(
        "Hindi is written in its own letters, not in Urdu's", arguments: ["hi", "ur", "ru", "en"])
    func ownLetters(language: String) throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/base.bin"), device: nil)
        let state = StateBox(context, try WhisperStateHandle(context))
        let speech = try BeamModelTests.speech()
        for beamWidth in [0, 5] as [Int32] {
            var options = DecodeOptions()
            options.language = language
            options.beamWidth = beamWidth
            options.tokensMax = 60
            // A language that it is not comes out in whatever letters are likeliest.
            let text = try state.handle.decode(
                speech[...], options, work: WorkContext(within: .seconds(120))
            ).text
            let system = WritingSystem(of: language)
            #expect(!text.isEmpty)
            #expect(system?.isForeign(Array(text.utf8)) != true, "\(text)")
            options.isTranslation = true
            let english = try state.handle.decode(
                speech[...], options, work: WorkContext(within: .seconds(120))
            ).text
            #expect(english.contains { ("a"..."z").contains($0) }, "\(english)")
        }
    }

    @Test("the silence around a piece is no speech")
    func spokenSeconds() throws {
        let context = try WhisperContext(
            ModelFileReader(path: Self.models + "/whisper/tiny.en.bin"), device: nil)
        let samples = [Float](repeating: 0, count: 3 * 16_000)
        let reader = PieceReader(
            state: StateBox(context, try WhisperStateHandle(context)),
            model: LoadedModel(name: "tiny.en", context: context, stateCount: 0),
            request: TranscriptionRequest(), samples: samples[...],
            speech: [50..<75, 90..<115], alignsWords: false, threads: 1,
            work: WorkContext(within: .seconds(10)))
        #expect(reader.spokenSeconds == 1)
    }
}
