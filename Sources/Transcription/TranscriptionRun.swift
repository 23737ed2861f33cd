import EngineAPI
import Execution

/// One transcription: reads audio and decodes pieces of it side by side, and tells what is known up
/// to the first gap.
struct TranscriptionRun: Sendable {
    let request: TranscriptionRequest
    let modelName: String
    let work: WorkContext
    /// Pieces that are decoded at once, one thread each.
    let coreCount: Int
    /// Hears who speaks; nil where nobody asks.
    let voices: VoiceCollector?
    let events: WhisperSession.Events
    /// The model, and who computes with it; asked when somebody speaks.
    let load: @Sendable () async throws(EngineError) -> (LoadedModel, DecodeWorkerPool)

    private typealias Decoded = (index: Int, result: Result<DecodedChunk, EngineError>)

    private enum Step: Sendable {
        case cut(AudioChunker, Result<[SpokenPiece]?, EngineError>)
        case decoded(Decoded)
        case voices(Result<[VoiceWindow], EngineError>)
    }

    /// What is under way.
    private struct State {
        var book: TranscriptAssembler
        var model: (LoadedModel, DecodeWorkerPool)?
        /// Where it is not with the task that reads.
        var chunker: AudioChunker?
        /// Pieces that nobody decodes yet, the next first.
        var waiting: [Int] = []
        var inFlight = 0
        var isAtEnd = false
        var sampleCount = 0
        /// Pieces whose voices nobody has listened to yet, and whether somebody does to others.
        var unheard: [SpokenPiece] = []
        var isListening = false
        /// The voices so far, in order.
        var heard: [VoiceWindow] = []
    }

    /// - Throws: what reading throws, `.modelMissing`, `.languageUnknown`, `.backendFailed`,
    ///   `.cancelled`, `.deadlinePassed`.
    func transcript(of chunker: AudioChunker) async throws(EngineError) -> Transcript {
        let outcome = await withTaskGroup(of: Step.self) {
            group -> Result<State, EngineError> in
            var state = State(book: TranscriptAssembler(language: request.language))
            state.chunker = chunker
            do throws(EngineError) {
                read(&state, &group)
                while let step = await group.next() {
                    try await take(step, &state)
                    listen(&state, &group)
                    read(&state, &group)
                    decode(&state, &group)
                }
                try await tell(state.book.finish())
                return .success(state)
            } catch {
                return .failure(error)
            }
        }
        let state = try outcome.get()
        return Transcript(
            segments: try await segments(state), language: state.book.language ?? "",
            seconds: Double(state.sampleCount) / 16_000, model: modelName,
            languageProbability: state.book.languageProbability.map(Double.init))
    }

    private func take(_ step: Step, _ state: inout State) async throws(EngineError) {
        switch step {
        case .cut(let chunker, let result):
            state.sampleCount = chunker.sampleCount
            state.isAtEnd = chunker.isAtEnd
            state.chunker = chunker
            let pieces = try result.get() ?? []
            for change in chunker.activity { try await tell(change) }
            guard !pieces.isEmpty else { return }
            if voices != nil { state.unheard += pieces }
            if state.model == nil {
                let model = try await load()
                state.model = model
                if !model.0.context.isMultilingual { state.book.language = "en" }
            }
            var places = state.book.add(pieces)
            // The longest first, so that all cores are busy to the end.
            if !request.deliversEarly {
                places.sort { state.book.length($0) > state.book.length($1) }
            }
            if state.book.language == nil, state.inFlight == 0, state.waiting.isEmpty {
                tellsLanguage(&places, state.book)
            }
            state.waiting += places
        case .decoded(let decoded):
            state.inFlight -= 1
            let segments = state.book.take(try decoded.result.get(), at: decoded.index)
            work.report(state.book.doneCount, .pieces)
            try await tell(segments)
        case .voices(let result):
            state.isListening = false
            state.heard += try result.get()
        }
    }

    /// Tells segments as they are known, where it is not to be told who speaks.
    private func tell(_ segments: [TranscriptSegment]) async throws(EngineError) {
        guard !segments.isEmpty, voices == nil else { return }
        try await events.send(.segments(segments))
    }

    /// All segments, with who speaks where that is asked for.
    private func segments(_ state: State) async throws(EngineError) -> [TranscriptSegment] {
        guard let voices else { return state.book.segments }
        let segments = try await voices.segments(
            state.book.segments, of: state.heard, state.chunker?.levels ?? SoundLevels())
        if !segments.isEmpty { try await events.send(.segments(segments)) }
        return segments
    }

    /// Listens to the voices of pieces that came, one batch after the other.
    private func listen(_ state: inout State, _ group: inout TaskGroup<Step>) {
        guard let voices, !state.isListening, !state.unheard.isEmpty else { return }
        let (pieces, after) = (state.unheard, state.heard.last?.range.upperBound ?? 0)
        state.unheard = []
        state.isListening = true
        group.addTask {
            do throws(EngineError) {
                return .voices(.success(try await voices.windows(of: pieces, after: after)))
            } catch {
                return .voices(.failure(error))
            }
        }
    }

    /// The language is hardly told from less than two seconds: the first piece that has them goes
    /// first, the longest where none has. The same one, whoever waits for the words.
    private func tellsLanguage(_ places: inout [Int], _ book: TranscriptAssembler) {
        let first =
            places.sorted().first { book.length($0) >= 32_000 }
            ?? places.max { book.length($0) < book.length($1) }
        guard let first else { return }
        places.removeAll { $0 == first }
        places.insert(first, at: 0)
    }

    private func tell(_ activity: SpeechActivity) async throws(EngineError) {
        switch activity {
        case .started(let sample):
            try await events.send(.speechStarted(seconds: Double(sample) / 16_000))
        case .stopped(let sample):
            try await events.send(.speechStopped(seconds: Double(sample) / 16_000))
        }
    }

    /// Reads on, where no more waits than is soon decoded.
    private func read(_ state: inout State, _ group: inout TaskGroup<Step>) {
        let waitingMax = request.deliversEarly ? 0 : 1
        guard !state.isAtEnd, state.waiting.count <= waitingMax, state.unheard.isEmpty,
            let chunker = state.chunker
        else { return }
        state.chunker = nil
        group.addTask {
            var chunker = chunker
            do throws(EngineError) {
                let pieces = try await chunker.next()
                return .cut(chunker, .success(pieces))
            } catch {
                return .cut(chunker, .failure(error))
            }
        }
    }

    /// Starts what there is a core for. The language is detected once, on the first piece; a lone
    /// piece gets all cores.
    private func decode(_ state: inout State, _ group: inout TaskGroup<Step>) {
        while let index = state.waiting.first, let model = state.model,
            let piece = state.book.pieces[index]
        {
            let language = state.book.language
            // One more than there are cores: the next piece is there when a core is. Where the
            // first words are waited for, none takes its turn from them.
            let othersMax = language == nil ? 0 : request.deliversEarly ? coreCount - 1 : coreCount
            guard state.inFlight <= othersMax else { return }
            let isAlone =
                state.inFlight == 0 && state.waiting.count == 1
                && (state.isAtEnd || request.deliversEarly)
            let threads = language == nil || isAlone ? coreCount : 1
            state.waiting.removeFirst()
            state.inFlight += 1
            group.addTask {
                .decoded((index, await decode(piece, model, language, wanting: threads)))
            }
        }
    }

    private func decode(
        _ piece: SpokenPiece, _ model: (LoadedModel, DecodeWorkerPool), _ language: String?,
        wanting threads: Int
    ) async -> Result<DecodedChunk, EngineError> {
        let (model, pool) = model
        let turn: DecodeWorkerPool.Turn
        do throws(EngineError) {
            turn = try await pool.begin(wanting: threads, work: work)
        } catch {
            return .failure(error)
        }
        let result: Result<DecodedChunk, EngineError>
        do throws(EngineError) {
            try work.check()
            let text = try await turn.worker.decode(
                piece, model: model, request: request, language: language,
                threads: turn.threads, work: work)
            result = .success(text)
        } catch {
            result = .failure(error)
        }
        await pool.end(turn)
        return result
    }
}
