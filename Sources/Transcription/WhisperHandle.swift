import CLinux
import CWhisper
import CWhisperShim
import EngineAPI
import Glibc
import Inference

/// Owns a `whisper_context`: the weights, shared by the states that are made over it.
// SAFETY: the context is read-only after init; whisper.cpp keeps all that changes in states. What
// is found out about its tokens has a lock.
final class WhisperContext: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer
    let isMultilingual: Bool
    /// Where it runs.
    let backend: Backend
    private let filters = Mutex<[TokenFilter.Kinds: TokenFilter]>([:])

    /// - file: from its start on; its structure was checked.
    /// - device: a GPU; nil is the CPU.
    /// - Throws: `.modelDamaged`, `.libraryMissing`, `.deviceFailed`.
    init(_ file: ModelFileReader, device: ComputeDevice?) throws(EngineError) {
        try ComputeLibrary.loadCPU()
        silenceWhisper()
        let reader = guarded_whisper_reader(
            source: Unmanaged.passUnretained(file).toOpaque(),
            read: { source, target, count in
                let bytes = UnsafeMutableRawBufferPointer(start: target, count: count)
                let given = WhisperContext.file(source).read(into: bytes)
                // whisper.cpp doesn't ask how many they were.
                bytes[given...].initializeMemory(as: UInt8.self, repeating: 0)
                return given
            },
            has_ended: { WhisperContext.file($0).hasEnded })
        // SAFETY: the file outlives the call, which alone uses the reader.
        let pointer = withExtendedLifetime(file) {
            guarded_whisper_load(reader, Int32(device?.whisperIndex ?? -1))
        }
        backend = device?.backend ?? .cpu
        guard let pointer else {
            throw device.map { .deviceFailed(backend: $0.backend.rawValue) }
                ?? .modelDamaged(path: file.path)
        }
        self.pointer = OpaquePointer(pointer)
        isMultilingual = whisper_is_multilingual(self.pointer) != 0
        // From here on `deinit` frees it.
        try file.verify()
    }

    private static func file(_ source: UnsafeMutableRawPointer?) -> ModelFileReader {
        Unmanaged.fromOpaque(source!).takeUnretainedValue()
    }

    deinit { whisper_free(pointer) }

    /// Whether the model has a token for the language. Older ones have 99, the later ones
    /// Cantonese too; whisper.cpp would take the next token, which asks for a translation.
    func knows(_ language: String) -> Bool {
        guard isMultilingual else { return language == "en" }
        // Those of every vocabulary beside the languages', by whisper.cpp's own count.
        let count = whisper_model_n_vocab(pointer) - 51_765 - 1
        let id = language.withCString { whisper_lang_id($0) }
        return id >= 0 && id < count
    }

    /// Found in some milliseconds, once; nil where nothing is kept out.
    fileprivate func filter(_ options: DecodeOptions) -> TokenFilter? {
        // A translation is English.
        let language = isMultilingual && !options.isTranslation ? options.language : nil
        let kinds = TokenFilter.Kinds(
            foreignTo: language.flatMap(WritingSystem.init(of:)), notes: !options.writesNotes,
            loops: options.breaksLoops)
        guard kinds != TokenFilter.Kinds() else { return nil }
        return filters.withLock { known in
            if let filter = known[kinds] { return filter }
            let filter = TokenFilter(
                kinds,
                (0..<whisper_token_eot(pointer)).map {
                    guard let text = whisper_token_to_str(pointer, $0) else { return [] }
                    return UnsafeBufferPointer(start: text, count: strlen(text))
                        .map { UInt8(bitPattern: $0) }
                })
            known[kinds] = filter
            return filter
        }
    }

    /// Heads whose attention can be asked for: those of the upper half of the decoder's layers.
    var lookingHeads: Int {
        let layers = Int(whisper_model_n_text_layer(pointer))
        return Int(whisper_model_n_text_head(pointer)) * (layers - layers / 2)
    }
}

/// Owns a `whisper_state`; used by one thread at a time.
struct WhisperStateHandle: ~Copyable {
    private let context: WhisperContext
    private let pointer: OpaquePointer

    /// - Throws: `.backendFailed` when there is no memory for it.
    init(_ context: WhisperContext) throws(EngineError) {
        self.context = context
        guard let pointer = guarded_whisper_state(UnsafeMutableRawPointer(context.pointer)) else {
            throw .backendFailed(code: -1)
        }
        self.pointer = OpaquePointer(pointer)
    }

    deinit { whisper_free_state(pointer) }

    /// Decodes one piece of at most 30 s.
    /// - samples: mono, 16 000 Hz, −1…1; nil is what the last call was given. Its spectrogram is
    ///   still there, with zeros behind it in a wider window, and over the same window its
    ///   encoding.
    /// - Throws: `.cancelled`, `.deadlinePassed` (by our own flag, whatever the code says),
    ///   `.backendFailed`.
    func decode(
        _ samples: ArraySlice<Float>?, _ options: DecodeOptions, work: WorkContext
    ) throws(EngineError) -> DecodedChunk {
        // The callback is not asked before the first encoder pass.
        try work.check()
        // No samples are what whisper.cpp takes for the last call's.
        if let samples, samples.isEmpty { return DecodedChunk() }
        let isBeam =
            options.beamWidth > 0 && options.temperature == 0 && options.temperatureStep == 0
        var parameters = whisper_full_default_params(
            isBeam ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY)
        parameters.beam_search.beam_size = options.beamWidth
        parameters.n_threads = options.threads
        parameters.audio_ctx = options.window
        parameters.max_tokens = options.tokensMax
        parameters.translate = options.isTranslation
        parameters.temperature = options.temperature
        parameters.temperature_inc = options.temperatureStep
        parameters.greedy.best_of = 1
        parameters.no_context = true
        parameters.no_timestamps = !options.usesTimestamps
        parameters.single_segment = true
        parameters.detect_language = options.detectsOnly
        parameters.print_progress = false
        parameters.print_realtime = false
        parameters.print_timestamps = false
        parameters.print_special = false
        let stop = StopFlag(work)
        parameters.abort_callback = {
            Unmanaged<StopFlag>.fromOpaque($0!).takeUnretainedValue().isRaised
        }
        parameters.abort_callback_user_data = Unmanaged.passUnretained(stop).toOpaque()
        let filter = context.filter(options)
        if let filter {
            parameters.logits_filter_callback = { _, _, tokens, count, logits, filter in
                Unmanaged<TokenFilter>.fromOpaque(filter!).takeUnretainedValue().apply(logits!) {
                    UnsafeBufferPointer(start: tokens, count: Int(count)).map(\.id)
                }
            }
            parameters.logits_filter_callback_user_data =
                Unmanaged.passUnretained(filter).toOpaque()
        }
        let code = withExtendedLifetime((stop, filter)) {
            (options.language ?? "auto").withCString { language in
                options.prompt.withCString { prompt in
                    parameters.language = language
                    parameters.initial_prompt = options.prompt.isEmpty ? nil : prompt
                    return (samples ?? []).withUnsafeBufferPointer {
                        guarded_whisper_full(
                            UnsafeMutableRawPointer(context.pointer),
                            UnsafeMutableRawPointer(pointer), &parameters, $0.baseAddress,
                            Int32($0.count))
                    }
                }
            }
        }
        try work.check()
        guard code == 0 else { throw .backendFailed(code: code) }
        return result(isBeam: isBeam)
    }

    private func result(isBeam: Bool) -> DecodedChunk {
        var piece = DecodedChunk()
        let end = whisper_token_eot(context.pointer)
        let firstTime = whisper_token_beg(context.pointer)
        for segment in 0..<whisper_full_n_segments_from_state(pointer) {
            piece.noSpeechProbability = max(
                piece.noSpeechProbability,
                whisper_full_get_segment_no_speech_prob_from_state(pointer, segment))
            for index in 0..<whisper_full_n_tokens_from_state(pointer, segment) {
                let token = whisper_full_get_token_data_from_state(pointer, segment, index)
                if token.id > firstTime { piece.endPosition = Int(token.id - firstTime) }
                guard token.id < end else { continue }
                piece.tokens.append(token.id)
                piece.logProbabilities.append(token.plog)
                // Our beam search tells it in the place of a time's probability.
                if isBeam {
                    piece.leastWordLogProbability = min(piece.leastWordLogProbability, token.pt)
                }
            }
        }
        piece.text = text(of: piece.tokens)
        let language = whisper_full_lang_id_from_state(pointer)
        piece.language = whisper_lang_str(language).map { String(cString: $0) } ?? "en"
        return piece
    }

    /// The text of tokens. A token cap can cut a character in two: what is no UTF-8 becomes U+FFFD
    /// and is dropped.
    func text(of tokens: [Int32]) -> String {
        String(decoding: tokens.flatMap { bytes(of: $0) }, as: UTF8.self)
            .filter { $0 != "\u{FFFD}" }
    }

    /// What a token stands for; may be a part of a character.
    func bytes(of token: Int32) -> [UInt8] {
        guard let text = whisper_token_to_str(context.pointer, token) else { return [] }
        return UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
    }

    /// What a text's tokens looked at. Goes through the decoder once more, all tokens at once, over
    /// the encoder's output that the last `decode` left.
    /// - Throws: `.backendFailed`.
    func attention(
        of piece: DecodedChunk, window: Int32, isTranslation: Bool, threads: Int32
    ) throws(EngineError) -> TokenAttention {
        var tokens = start(of: piece, isTranslation: isTranslation)
        // The row of the token before a token is that which was looking for it.
        let firstRow = tokens.count - 1
        tokens += piece.tokens
        tokens.append(whisper_token_eot(context.pointer))
        let width = window > 0 ? Int(window) : Int(whisper_model_n_audio_ctx(context.pointer))
        var attention = [Float](
            repeating: 0, count: context.lookingHeads * tokens.count * width)
        let count = guarded_whisper_attention(
            UnsafeMutableRawPointer(context.pointer), UnsafeMutableRawPointer(pointer), tokens,
            Int32(tokens.count), threads, &attention, Int32(attention.count))
        guard Int(count) == attention.count else { throw .backendFailed(code: count) }
        return TokenAttention(
            values: attention, tokenCount: tokens.count, width: width,
            rows: firstRow..<tokens.count - 1)
    }

    /// What the decoder is given before a text: its language, and that it has no times.
    private func start(of piece: DecodedChunk, isTranslation: Bool) -> [Int32] {
        var tokens = [whisper_token_sot(context.pointer)]
        if context.isMultilingual {
            let language = piece.language.withCString { whisper_lang_id($0) }
            tokens.append(whisper_token_lang(context.pointer, max(0, language)))
            tokens.append(
                isTranslation
                    ? whisper_token_translate(context.pointer)
                    : whisper_token_transcribe(context.pointer))
        }
        tokens.append(whisper_token_not(context.pointer))
        return tokens
    }

    /// Natural logarithm of how likely a text ends behind its last token, over what the last
    /// `decode` left; −∞ where that fails.
    func endLogProbability(of piece: DecodedChunk, threads: Int32) -> Float {
        let tokens = start(of: piece, isTranslation: false) + piece.tokens
        guard let logits = logits(after: tokens, threads: threads) else { return -.infinity }
        return logits[Int(whisper_token_eot(context.pointer))] - logOfSum(logits)
    }

    /// What the decoder says of each token that may follow, over what the last `decode` left; nil
    /// where that fails. Valid until the state is used again.
    /// - past: how many tokens of the text the last call was given, with those before it.
    private func logits(
        after tokens: [Int32], past: Int = 0, threads: Int32
    ) -> UnsafeBufferPointer<Float>? {
        let code = guarded_whisper_decode(
            UnsafeMutableRawPointer(context.pointer), UnsafeMutableRawPointer(pointer), tokens,
            Int32(tokens.count), Int32(past), threads)
        guard code == 0, let logits = whisper_get_logits_from_state(pointer) else { return nil }
        return UnsafeBufferPointer(
            start: logits, count: Int(whisper_model_n_vocab(context.pointer)))
    }

    /// Natural logarithm of how likely a text's first tokens are, over what the last `decode` left;
    /// −∞ where that fails.
    func logProbability(ofFirst count: Int, of piece: DecodedChunk, threads: Int32) -> Float {
        var (sum, past): (Float, Int) = (0, 0)
        var next = start(of: piece, isTranslation: false)
        for token in piece.tokens.prefix(count) {
            guard let logits = logits(after: next, past: past, threads: threads) else {
                return -.infinity
            }
            sum += logits[Int(token)] - logOfSum(logits)
            past += next.count
            next = [token]
        }
        return sum
    }

    /// Where the words of a text begin, and where the last one ends, in positions of 20 ms.
    /// - positions: how many of them hold the piece.
    func wordEdges(
        of piece: DecodedChunk, _ attention: TokenAttention, positions: Int, aligner: WordAligner
    ) -> [Int] {
        let starts = aligner.starts(
            attention.values, tokenCount: attention.tokenCount, width: attention.width,
            rows: attention.rows, positions: positions)
        // The last row looks for the end of the text.
        return (wordBeginnings(piece.tokens) + [piece.tokens.count]).map { starts[$0] }
    }

    /// How likely each language is for what the last `decode` left of its piece: one step of the
    /// decoder. Empty where it fails.
    func languageProbabilities(threads: Int32) -> [(code: String, probability: Float)] {
        guard
            let logits = logits(after: [whisper_token_sot(context.pointer)], threads: threads)
        else { return [] }
        let codes = (0...whisper_lang_max_id()).compactMap { id -> (String, Float)? in
            guard let text = whisper_lang_str(id) else { return nil }
            let code = String(cString: text)
            guard context.knows(code) else { return nil }
            return (code, logits[Int(whisper_token_lang(context.pointer, id))])
        }
        let all = logOfSum(codes.map(\.1))
        return codes.map { ($0.0, expf($0.1 - all)) }
    }

    /// The token in which each word begins: the first byte after a space.
    func wordBeginnings(_ tokens: [Int32]) -> [Int] {
        var beginnings: [Int] = []
        var isInWord = false
        for (index, token) in tokens.enumerated() {
            for byte in bytes(of: token) {
                let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n")
                if !isSpace, !isInWord { beginnings.append(index) }
                isInWord = !isSpace
            }
        }
        return beginnings
    }
}

/// Whether whisper.cpp knows the code at all; any code where it is missing, which a load then says.
func isKnownLanguage(_ code: String) -> Bool {
    guard guarded_whisper_library() else { return true }
    silenceWhisper()
    return whisper_lang_id(code) >= 0
}

/// Natural logarithm of the sum of the numbers whose logarithms these are, which may be large.
private func logOfSum(_ logarithms: some Collection<Float>) -> Float {
    let top = logarithms.max() ?? 0
    return top + logf(logarithms.reduce(0) { $0 + expf($1 - top) })
}

/// whisper.cpp writes to stderr by default.
private func silenceWhisper() { whisper_log_set({ _, _, _ in }, nil) }

/// What the abort callback asks.
private final class StopFlag {
    let work: WorkContext
    init(_ work: WorkContext) { self.work = work }
    var isRaised: Bool { work.cancellation.isRaised || ContinuousClock.now >= work.deadline }
}
