import EngineAPI
import Execution

/// Reads one piece: over a window trimmed to it first, then, where that is doubtful, over wider
/// ones.
///
/// A reading is looked into where there is a cheap sign that something is wrong with it; where the
/// decoder looked then tells what was not spoken and what was not heard (`TokenLooks`). Another
/// reading takes its place only where it scores better. What stays unheard is read by itself.
struct PieceReader {
    /// Texts that are followed at once: in other languages five err less than three, in English as
    /// much; the search is only as wide as it is unsure.
    private static let beamWidth: Int32 = 5
    /// Speech without a word that is read again: 1.2 s.
    private static let unheardMin = 60
    /// Gaps of one piece that are read by themselves.
    private static let gapsMax = 3
    private static let gapPaddingSamples = 3_200
    private static let shortSeconds = 2.0

    let state: StateBox
    let model: LoadedModel
    let request: TranscriptionRequest
    /// 16 000 Hz.
    let samples: ArraySlice<Float>
    /// How sure the detector was where it heard somebody, 0…1; nil where it was not asked.
    var certainty: Float?
    /// Whether the detector heard nobody in the whole clip.
    var isFaint = false
    /// Where the detector heard somebody, in positions of 20 ms.
    let speech: [Range<Int>]
    /// Whether its words are aligned with the audio.
    let alignsWords: Bool
    let threads: Int32
    let work: WorkContext

    /// Seconds in which the detector heard somebody: what is read has silence around them.
    var spokenSeconds: Double { Double(speech.reduce(0) { $0 + $1.count }) / 50 }

    /// - language: nil detects it.
    func read(language: String?) throws(EngineError) -> DecodedChunk {
        var options = options(seconds: Double(samples.count) / 16_000)
        // Where nobody may be, no more is done for the language than for any other doubt.
        let spoken = language == nil && !isFaint ? try spokenLanguage(options) : nil
        options.language = language ?? spoken?.code
        // As many words take two or three times as many tokens there.
        if let system = options.language.flatMap(WritingSystem.init(of:)), system.hasLongLetters {
            options.tokensMax = retryTokensMax
        }
        // Asked over the window that is read, it left the encoding.
        var best = try reading(spoken?.isOfItsWindow == true ? nil : samples, options)
        if let spoken {
            best.chunk.languageProbability = spoken.probability
        } else if request.language == nil, model.context.isMultilingual, !isFaint {
            best = try inItsLanguage(best, &options)
        }
        best = try withWords(best, &options)
        // Most sounds cost one reading, no more.
        if isFaint, !HallucinationChecks.mayBeSentence(best) || isInUnsureLanguage(best) {
            return nothing(insteadOf: best)
        }
        guard request.retries else { return try timed(best) }
        let isUnsure =
            request.readsUnsureWordsAgain && HallucinationChecks.hasUnsureWord(best.chunk)
            && gainsByWhole(best)
        // Behind a prompt the decoder may end with a sentence, however much is said after it.
        guard
            isFaint || isUnsure || !request.prompt.isEmpty
                || HallucinationChecks.isWorthALook(best, speech: speech)
        else { return try timed(best) }
        let loop = best
        best = try lookedInto(best)
        if request.readsUnsureWordsAgain, best.hasLoops, loop.isCapped, isSpeech(loop) {
            best = try withoutLoop(loop, best, &options)
        }
        best = try weighed(best)
        // A sound is named, and the detector heard nobody: nothing was passed over.
        let isSound = SoundNotes.isAll(best.chunk.text) && !best.tokens.isEmpty
        if isSound, !request.detectsSpeech { return best.chunk }
        if isUnsure { best = try wholly(best, options) }
        // Over the whole window no trimmed one is better for being surer.
        for next in retries(of: best, options, hasReadWhole: isUnsure)
        where isUnsure ? best.isLost : HallucinationChecks.isDoubtful(best) {
            var next = next
            next.language = best.chunk.language.isEmpty ? language : best.chunk.language
            let other = try weighed(lookedInto(try reading(samples, next)))
            if other.score > best.score || best.tokens.isEmpty && isBearable(other) {
                best.giveWay(to: other)
            }
        }
        guard isBearable(best), !isFaint || HallucinationChecks.isSentence(best) else {
            return nothing(insteadOf: best)
        }
        return try filled(best)
    }

    private func isInUnsureLanguage(_ reading: Reading) -> Bool {
        request.language == nil && model.context.isMultilingual
            && reading.chunk.languageProbability ?? 0 < HallucinationChecks.sureLanguageMin
    }

    private func nothing(insteadOf reading: Reading) -> DecodedChunk {
        var nothing = DecodedChunk()
        nothing.language = reading.chunk.language
        nothing.languageProbability = reading.chunk.languageProbability
        return nothing
    }

    private func isSpeech(_ reading: Reading) -> Bool {
        HallucinationChecks.isSpeech(reading, certainty: certainty)
    }

    private func isBearable(_ reading: Reading) -> Bool {
        HallucinationChecks.isBearable(reading, certainty: certainty)
    }

    /// What the decoder takes for a sound though somebody speaks is read again of the same
    /// encoding, without notes; nor may further readings have them.
    private func withWords(
        _ reading: Reading, _ options: inout DecodeOptions
    ) throws(EngineError) -> Reading {
        guard isSpeech(reading) else { return reading }
        options.writesNotes = false
        guard SoundNotes.isAll(reading.chunk.text) else { return reading }
        options.language = reading.chunk.language
        var reading = reading
        reading.giveWay(to: try self.reading(nil, options))
        return reading
    }

    /// What went round until it had as many tokens as it may have is read again of the same
    /// encoding, and must go on; further readings as well. Not in a conversation, which waits.
    private func withoutLoop(
        _ loop: Reading, _ rest: Reading, _ options: inout DecodeOptions
    ) throws(EngineError) -> Reading {
        options.breaksLoops = true
        options.language = loop.chunk.language
        let straight = try lookedInto(try reading(nil, options))
        guard HallucinationChecks.takesPlace(straight, ofLoop: rest) else { return rest }
        var best = rest
        best.giveWay(to: straight)
        return best
    }

    private func options(seconds: Double) -> DecodeOptions {
        var options = DecodeOptions()
        options.isTranslation = request.isTranslation
        options.prompt = request.prompt
        options.temperature = Float(request.temperature)
        options.beamWidth = Self.beamWidth
        options.threads = threads
        options.tokensMax = HallucinationChecks.tokensMax(seconds: seconds)
        options.usesTimestamps = !model.context.isMultilingual
        options.window = EncoderWindow.trimmed(
            seconds: seconds, isMultilingual: model.context.isMultilingual)
        return options
    }

    func reading(
        _ samples: ArraySlice<Float>?, _ options: DecodeOptions
    ) throws(EngineError) -> Reading {
        let chunk = try state.handle.decode(samples, options, work: work)
        return Reading(
            chunk: chunk, options: options,
            tokens: chunk.tokens.map { state.handle.bytes(of: $0) })
    }

    /// Whether the whole window tells more than the one that was read. Where a word is unsure
    /// tiny.en errs less with it (`HallucinationChecks.unsureWordLogProbability`). Base errs as
    /// often in English, Chinese and Japanese, and in other languages more. None of those pieces
    /// had a window of more than 902 positions; longer ones have an unsure word by chance.
    private func gainsByWhole(_ reading: Reading) -> Bool {
        !model.context.isMultilingual && EncoderWindow.isNarrow(reading.options.window)
    }

    /// A reading with an unsure word, or the one over the whole window: Whisper knew no other in
    /// training.
    private func wholly(
        _ trimmed: Reading, _ options: DecodeOptions
    ) throws(EngineError) -> Reading {
        var options = options
        options.language = trimmed.chunk.language
        options.window = EncoderWindow.whole
        if trimmed.isCapped { options.tokensMax = retryTokensMax }
        let whole = try weighed(lookedInto(try reading(samples, options)))
        guard HallucinationChecks.takesPlace(whole, of: trimmed) else { return trimmed }
        var best = trimmed
        best.giveWay(to: whole)
        return best
    }

    var retryTokensMax: Int32 {
        HallucinationChecks.retryTokensMax(seconds: Double(samples.count) / 16_000)
    }

    /// What is tried where a reading is doubtful, in order.
    /// - hasReadWhole: whether the whole window was read before.
    private func retries(
        of first: Reading, _ options: DecodeOptions, hasReadWhole: Bool
    ) -> [DecodeOptions] {
        var wider = options
        wider.window = EncoderWindow.wider(than: options.window)
        wider.tokensMax = retryTokensMax
        var whole = wider
        whole.window = EncoderWindow.whole
        // Times between the words keep the decoder from leaving out what is said again.
        whole.usesTimestamps = true
        if hasReadWhole { return wider.window == EncoderWindow.whole ? [] : [wider] }
        let isWhole = options.window == EncoderWindow.whole
        // Of a second of sound 30 of silence tell no more than five do.
        if spokenSeconds < Self.shortSeconds, first.unheard.isEmpty { return [wider] }
        // A wider window hears no more of what was passed over.
        if isWhole || wider.window == EncoderWindow.whole || !first.unheard.isEmpty {
            return [whole]
        }
        return [wider, whole]
    }

    /// Leaves out what was not spoken, finds what was not heard, and times the words where they are
    /// wanted: all by where the decoder looked.
    private func lookedInto(_ reading: Reading) throws(EngineError) -> Reading {
        var reading = reading
        guard !reading.chunk.tokens.isEmpty,
            let attention = try attention(of: reading.chunk, reading.options.window)
        else { return reading }
        var looks = looks(attention, reading)
        let lost = looks.unspoken(
            reading.tokens, keepsOrder: !request.isTranslation, isCapped: reading.isCapped)
        if !lost.isEmpty {
            reading.leaveOut(lost)
            reading.chunk.text = state.handle.text(of: reading.chunk.tokens)
            guard !reading.chunk.tokens.isEmpty else { return reading }
            looks = TokenLooks(
                positions: looks.positions.enumerated().filter { !lost.contains($0.offset) }
                    .map(\.element), count: looks.count)
        }
        reading.looks = looks.positions
        if !request.isTranslation {
            reading.isAstray = looks.isAstray(reading.tokens)
            reading.unheard = looks.unheard(
                reading.tokens, in: Pauses(Array(samples)).loud(in: speech),
                atLeast: Self.unheardMin)
        }
        guard alignsWords else { return reading }
        // The path through all tokens is another without those that were not spoken.
        let spoken =
            lost.isEmpty ? attention : try self.attention(of: reading.chunk, reading.options.window)
        if let spoken { reading.chunk.wordTimes = wordTimes(reading.chunk, spoken, samples) }
        return reading
    }

    private func looks(_ attention: TokenAttention, _ reading: Reading) -> TokenLooks {
        let rows = attention.rows.lowerBound..<attention.rows.upperBound - 1
        return TokenLooks(
            positions: aligner.looks(
                attention.values, tokenCount: attention.tokenCount, width: attention.width,
                rows: rows), count: samples.count / 320)
    }

    private var aligner: WordAligner {
        WordAligner(model: model.name, headCount: model.context.lookingHeads)
    }

    /// nil where a GPU's backend lacks an operation that only this pass needs: the words then get
    /// their times by their letters.
    private func attention(
        of chunk: DecodedChunk, _ window: Int32
    ) throws(EngineError) -> TokenAttention? {
        do throws(EngineError) {
            return try state.handle.attention(
                of: chunk, window: window, isTranslation: request.isTranslation,
                threads: threads)
        } catch {
            guard model.context.backend != .cpu, case .backendFailed = error else { throw error }
            return nil
        }
    }

    private func wordTimes(
        _ chunk: DecodedChunk, _ attention: TokenAttention, _ samples: ArraySlice<Float>
    ) -> [Range<Int>] {
        let edges = state.handle.wordEdges(
            of: chunk, attention, positions: samples.count / 320, aligner: aligner)
        return Pauses(Array(samples)).words(edges)
    }

    /// A reading that nobody looked into, with its words' times where they are wanted.
    private func timed(_ reading: Reading) throws(EngineError) -> DecodedChunk {
        var chunk = reading.chunk
        guard alignsWords, !chunk.tokens.isEmpty,
            let attention = try attention(of: chunk, reading.options.window)
        else { return chunk }
        chunk.wordTimes = wordTimes(chunk, attention, samples)
        return chunk
    }

    /// The reading with what is heard in the stretches of speech that it passed over.
    private func filled(_ reading: Reading) throws(EngineError) -> DecodedChunk {
        var reading = reading
        let gaps = reading.unheard.filter { $0.count >= Self.unheardMin }
        for gap in gaps.suffix(Self.gapsMax).reversed() {
            let start = max(0, gap.lowerBound * 320 - Self.gapPaddingSamples)
            let end = min(samples.count, gap.upperBound * 320 + Self.gapPaddingSamples)
            let part = samples[samples.startIndex + start..<samples.startIndex + end]
            var options = options(seconds: Double(part.count) / 16_000)
            options.language = reading.chunk.language
            options.prompt = ""
            var other = try self.reading(part, options)
            guard HallucinationChecks.isSure(other) else { continue }
            if alignsWords,
                let attention = try attention(of: other.chunk, options.window)
            {
                other.chunk.wordTimes = wordTimes(other.chunk, attention, part).map {
                    $0.lowerBound + start / 320..<$0.upperBound + start / 320
                }
            }
            let places = state.handle.wordBeginnings(reading.chunk.tokens)
            reading.insert(other.chunk, before: gap.lowerBound, wordBeginnings: places)
            reading.chunk.text = state.handle.text(of: reading.chunk.tokens)
        }
        return reading.chunk
    }
}
