import EngineAPI

// What was said: partial text, reading ahead, and the text of turns that are over.
extension RealtimeSession {
    /// For one reading: a turn is at most a minute long.
    private static let readingSeconds = 60
    /// Speech after which a pause ends a piece that is read for good, so that a long turn is not
    /// read again and again.
    private static let pieceSamples = 12 * 16_000
    /// A pause that is good enough for that: 256 ms.
    private static let pieceFrames = 8
    /// Silence behind the words that is read with them: what there is of it when reading ahead may
    /// begin, so that the text does not depend on when it did.
    private static let tailSamples = TurnDetector.pauseFrames * TurnDetector.frameSamples

    /// Reads a range of the sound, behind the pieces before it.
    private func read(
        _ range: Range<Int>, after pieces: Task<TurnReading, Never>?,
        _ cancellation: Cancellation, isPartial: Bool = false
    ) -> Task<TurnReading, Never> {
        let samples = hearing.window.samples(range)
        let transcription = configuration.transcription ?? RealtimeConfiguration.Transcription()
        let (hub, known) = (hub, hearing.language)
        // A turn goes before a voice that has begun, and both before what nobody listens to.
        let work = WorkContext(
            deadline: .now + .seconds(Self.readingSeconds), wantedBy: .now,
            cancellation: cancellation, memory: memory)
        return Task {
            let before = await pieces?.value ?? TurnReading()
            guard before.failure == nil else { return before }
            var request = TranscriptionRequest()
            // What is read again soon is not worth a second try, nor a search for the language.
            request.retries = !isPartial
            request.readsUnsureWordsAgain = false
            request.language = before.language ?? (isPartial ? known : nil)
            return await Self.read(samples, transcription, after: before, request, hub, work)
        }
    }

    private static func read(
        _ samples: [Float], _ transcription: RealtimeConfiguration.Transcription,
        after before: TurnReading, _ request: TranscriptionRequest, _ hub: RealtimeHub,
        _ work: WorkContext
    ) async -> TurnReading {
        var request = request
        if let code = transcription.code { request.language = code }
        request.characters = SpokenLanguage.characters([transcription.language])
        request.prompt = PromptText.joined(
            transcription.prompt, keywords: transcription.keywords.filter { !$0.isEmpty })
        // A name that is not here means the default, as OpenAI's do.
        let name = transcription.model
        if name != "whisper-1", !name.hasPrefix("gpt-"),
            hub.engines.transcriber.modelNames().contains(name)
        {
            request.model = transcription.model
        }
        var reading = before
        do throws(EngineError) {
            let transcript = try await hub.engines.transcriber.transcribe(
                AudioClip(samples: samples, sampleRateHz: 16_000), request, work: work)
            let text = transcript.text.trimmingBlanks()
            if !text.isEmpty {
                reading.text = joined(reading.text, text)
                reading.language = transcript.language
            }
        } catch {
            reading.failure = error
        }
        return reading
    }

    // MARK: while the turn goes on

    /// Reads the turn so far where enough is new of it, and tells what is sure.
    func readPartially() {
        guard var turn = hearing.turn else { return }
        guard configuration.transcription != nil, turn.partialWork == nil, turn.ahead == nil else {
            return
        }
        let end = hearing.window.end
        // A long piece takes longer to read, and so does a language that nobody knows: both are
        // read less often.
        let isKnown = (configuration.transcription?.code ?? hearing.language) != nil
        let step = max(
            configuration.partialMilliseconds * 16 * (isKnown ? 1 : 2),
            (end - turn.pieceStart) / 8)
        guard end - turn.partialEnd >= step else { return }
        turn.partialEnd = end
        hearing.turn = turn
        guard hub.beginPartial() else { return hub.metrics.add(.partials, "dropped") }
        let work = Cancellation()
        hearing.turn?.partialWork = work
        let reading = read(
            turn.pieceStart..<end, after: turn.pieces, work, isPartial: true)
        Task {
            let text = await reading.value
            hub.endPartial()
            tellPartial(text, of: turn.itemID)
        }
    }

    private func tellPartial(_ reading: TurnReading, of itemID: String) {
        guard var turn = hearing.turn, turn.itemID == itemID else { return }
        turn.partialWork = nil
        defer { hearing.turn = turn }
        guard reading.failure == nil, let new = turn.partial.add(reading.text) else {
            return hub.metrics.add(.partials, "same")
        }
        hub.metrics.add(.partials, "told")
        emit(
            "conversation.item.input_audio_transcription.delta",
            ["item_id": .string(itemID), "content_index": 0, "delta": .string(new)])
    }

    /// Where the open piece is long and somebody pauses, it is read for good.
    func closePiece() {
        let frames = Self.pieceFrames
        let end = hearing.samplesSeen
        guard var turn = hearing.turn, turn.ahead == nil,
            end - turn.pieceStart >= Self.pieceSamples, hearing.probabilities.count > frames,
            hearing.probabilities.suffix(frames).allSatisfy({ $0 < 0.35 })
        else { return }
        let cut = max(turn.pieceStart, end - frames / 2 * TurnDetector.frameSamples)
        turn.pieces = read(turn.pieceStart..<cut, after: turn.pieces, turn.cancellation)
        turn.pieceStart = cut
        hearing.turn = turn
    }

    /// A silence began: all that was said is read as if the turn were over, so that the text is
    /// there when it is.
    /// - isLasting: the silence has lasted for a while; before that only idle processors do it.
    func readAhead(to end: Int, isLasting: Bool) {
        guard var turn = hearing.turn, turn.ahead == nil, isLasting || hub.isIdle else { return }
        turn.cancelPartial()
        let cancellation = Cancellation()
        turn.ahead = (
            end,
            read(
                turn.pieceStart..<end + Self.tailSamples, after: turn.pieces, cancellation),
            cancellation
        )
        turn.quietAt = .now
        hearing.turn = turn
    }

    /// Speech came back: what was read ahead is not the end.
    func forgetAhead() {
        guard var turn = hearing.turn else { return }
        // What was read serves as partial text.
        if let ahead = turn.ahead, configuration.transcription != nil {
            turn.partialWork = ahead.cancellation
            let itemID = turn.itemID
            Task { tellPartial(await ahead.reading.value, of: itemID) }
        }
        turn.ahead = nil
        hearing.turn = turn
    }

    // MARK: when it is over

    /// The turn becomes an item; its text follows.
    /// - end: where the last word ended, or the sound that was committed.
    func commitTurn(end: Int, isByVoice: Bool) {
        guard let turn = hearing.turn else { return }
        hearing.turn = nil
        turn.cancelPartial()
        let range = turn.pieceStart..<max(turn.pieceStart, end + (isByVoice ? Self.tailSamples : 0))
        let reading: Task<TurnReading, Never>
        if let ahead = turn.ahead, ahead.end == end {
            reading = ahead.reading
        } else {
            turn.ahead?.cancellation.raise()
            reading = read(range, after: turn.pieces, turn.cancellation)
        }
        let seconds = Double(end - turn.start) / 16_000
        hearing.window.drop(before: end, atOnce: true)
        report.turns += 1
        tellFace(isAttending: false)
        addHeardItem(turn.itemID)
        let turnEnd = HeardTurn(
            itemID: turn.itemID, seconds: seconds, quietAt: turn.quietAt ?? .now,
            isAnswered: isByVoice && configuration.server.createsResponse)
        finish(turnEnd, reading)
    }

    /// What is known of a turn that is over.
    struct HeardTurn: Sendable {
        let itemID: String
        let seconds: Double
        let quietAt: ContinuousClock.Instant
        let isAnswered: Bool
    }

    private func addHeardItem(_ itemID: String) {
        let item = ConversationItem(
            id: itemID, content: .message(role: "user", [.audio(transcript: nil)]))
        // An id of our own is never twice there.
        let previous = (try? conversation.insert(item)) ?? nil
        unread.insert(itemID)
        let before: JSONValue = previous.map { .string($0) } ?? .null
        emit(
            "input_audio_buffer.committed",
            ["item_id": .string(itemID), "previous_item_id": before])
        emit("conversation.item.added", ["item": item.shown(), "previous_item_id": before])
        emit("conversation.item.done", ["item": item.shown(), "previous_item_id": before])
    }

    /// Tells the text once it is there, turn after turn.
    private func finish(_ turn: HeardTurn, _ reading: Task<TurnReading, Never>) {
        let before = hearing.lastReading
        hub.beginTurn()
        hearing.secondsUnread += turn.seconds
        hearing.lastReading = Task {
            let result = await reading.value
            hub.endTurn()
            await before?.value
            tell(result, of: turn)
        }
    }

    private func tell(_ reading: TurnReading, of turn: HeardTurn) {
        hearing.secondsUnread -= turn.seconds
        let waiting = hearing.waiters
        hearing.waiters = []
        for waiter in waiting { waiter.resume() }
        guard !isEnded else { return }
        measured("transcript", since: turn.quietAt)
        conversation.change(turn.itemID) { item in
            item.content = .message(role: "user", [.audio(transcript: reading.text)])
        }
        unread.remove(turn.itemID)
        hearing.language = reading.language ?? hearing.language
        let name = "conversation.item.input_audio_transcription."
        var fields: [String: JSONValue] = ["item_id": .string(turn.itemID), "content_index": 0]
        let isTold = configuration.transcription != nil
        if reading.failure != nil {
            hub.metrics.add(.turns, "failed")
            fields["error"] = [
                "type": "server_error", "code": "internal",
                "message": "The turn could not be read.", "param": .null,
            ]
            if isTold { emit(name + "failed", fields) }
        } else {
            fields["transcript"] = .string(reading.text)
            fields["usage"] = ["type": "duration", "seconds": .number(rounded(turn.seconds))]
            if let language = reading.language {
                fields["languages"] = [["code": .string(language)]]
            }
            if isTold { emit(name + "completed", fields) }
        }
        heard(reading, turn)
    }

    /// Answers the turn, where somebody does.
    private func heard(_ reading: TurnReading, _ turn: HeardTurn) {
        defer { resumeReaders() }
        guard configuration.kind == .conversation, reading.failure == nil else { return }
        guard !reading.text.isEmpty else { return hub.metrics.add(.turns, "empty") }
        guard turn.isAnswered, hub.canAnswer else { return }
        guard active == nil else {
            owesAnswer = true
            return
        }
        answer(since: turn.quietAt)
    }
}
