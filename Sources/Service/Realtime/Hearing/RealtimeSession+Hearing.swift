import EngineAPI
import FoundationEssentials

// The client's sound: where turns begin and end.
extension RealtimeSession {
    /// `input_audio_buffer.append`.
    func appendAudio(_ event: EventFields) async throws(RealtimeError) {
        let text = try event.requiredString("audio", bytesMax: hub.settings.messageBytesMax)
        guard let data = base64Bytes(text) else {
            throw RealtimeError(.invalidBase64, "Send base64.", param: "audio")
        }
        guard !data.isEmpty else { return }
        let samples = try convert(data)
        guard uncommitted + samples.count <= RealtimeSettings.inputSamplesMax else {
            throw RealtimeError(
                .bufferFull, "At most 120 seconds of sound may wait to be committed.",
                param: "audio")
        }
        try await roomToRead()
        hearing.window.append(samples)
        report.heardMilliseconds = hearing.window.end / 16
        hub.metrics.add(.seconds, "in", Double(samples.count) / 16_000)
        if configuration.isManual {
            hearManually()
        } else {
            try await detect(samples)
        }
    }

    /// Samples that no turn has taken.
    private var uncommitted: Int {
        hearing.window.end - (hearing.turn?.start ?? hearing.window.start)
    }

    /// Waits while too much of what came is still to be read: the client's messages wait, too.
    private func roomToRead() async throws(RealtimeError) {
        while hearing.secondsUnread > Hearing.secondsUnreadMax, !isEnded {
            await withCheckedContinuation { hearing.waiters.append($0) }
        }
    }

    /// Samples at 16 000 Hz of what came; half a sample is kept for the next.
    private func convert(_ data: Data) throws(RealtimeError) -> [Float] {
        let wire = configuration.input
        if hearing.wire != wire {
            (hearing.wire, hearing.converter, hearing.halfSample) = (wire, nil, nil)
        }
        var bytes = Array(data)
        if let half = hearing.halfSample { bytes.insert(half, at: 0) }
        hearing.halfSample = nil
        if wire.bytesPerSample == 2, !bytes.count.isMultiple(of: 2) {
            hearing.halfSample = bytes.removeLast()
        }
        let samples = wire.samples(bytes)
        guard wire.rateHz != 16_000 else { return samples }
        do throws(EngineError) {
            if let converter = hearing.converter { return try converter.convert(samples) }
            let converter = try hub.engines.codec.rateConverter(
                fromHz: wire.rateHz, toHz: 16_000)
            hearing.converter = converter
            return try converter.convert(samples)
        } catch {
            throw RealtimeError(.internal, "The sound can't be converted.")
        }
    }

    private func detect(_ samples: [Float]) async throws(RealtimeError) {
        let probabilities: [Float]
        do throws(EngineError) {
            let detector: any SpeechDetecting
            if let known = hearing.detector {
                detector = known
            } else {
                detector = try await hub.engines.transcriber.openDetector(
                    work: WorkContext(
                        deadline: .now + .seconds(hub.settings.secondsMax + 60),
                        cancellation: cancellation, memory: memory))
                hearing.detector = detector
            }
            probabilities = try await detector.probabilities(samples)
        } catch {
            guard !isEnded, error != .cancelled else { return }
            throw RealtimeError(.internal, "Speech can't be detected.")
        }
        await takeTurnSettings()
        for probability in probabilities {
            let event = hearing.turns.feed(probability, isInterrupting: active != nil)
            if hearing.turn != nil { hearing.probabilities.append(probability) }
            if let event { await take(event) }
            // By frames, so that the cuts do not depend on how the sound came.
            closePiece()
            cutLongTurn()
        }
        readPartially()
        if hearing.turn == nil {
            // Nobody speaks: enough is kept for what may begin.
            hearing.window.drop(before: hearing.window.end - Hearing.paddingSamplesMax)
        }
    }

    private func takeTurnSettings() async {
        let server = configuration.server
        var silence = server.silenceMilliseconds
        if case .semantic(let semantic) = configuration.detection {
            await seekEndOfTurn()
            if hearing.endOfTurn != nil { silence = semantic.patienceMilliseconds }
        }
        hearing.turns.settings = TurnDetector.Settings(
            threshold: Float(server.threshold),
            paddingSamples: server.paddingMilliseconds * 16, silenceSamples: silence * 16)
    }

    private func take(_ event: TurnDetector.Event) async {
        switch event {
        case .started(let sample):
            beginTurn(at: max(sample, hearing.window.start))
            guard active != nil, configuration.server.interruptsResponse else { return }
            report.interruptions += 1
            await endResponse(.cancelled("turn_detected"))
        case .paused(let sample, let isLasting):
            readAhead(to: sample, isLasting: isLasting)
            guard isLasting, await soundsOver() else { return }
            hearing.turns.end()
            await take(.stopped(sample: sample))
        case .resumed: forgetAhead()
        case .stopped(let sample):
            guard let turn = hearing.turn else { return }
            emit(
                "input_audio_buffer.speech_stopped",
                [
                    "audio_end_ms": Hearing.milliseconds(sample), "item_id": .string(turn.itemID),
                ])
            commitTurn(end: sample, isByVoice: true)
        }
    }

    /// Somebody begins to speak.
    private func beginTurn(at sample: Int) {
        let turn = OpenTurn(itemID: newID("item"), start: sample)
        hearing.turn = turn
        hearing.probabilities = []
        emit(
            "input_audio_buffer.speech_started",
            [
                "audio_start_ms": Hearing.milliseconds(sample), "item_id": .string(turn.itemID),
            ])
        tellFace(isAttending: true)
    }

    // MARK: without a detector

    /// All that comes belongs to the turn that the client will commit.
    private func hearManually() {
        if hearing.turn == nil {
            let itemID = newID("item")
            hearing.turn = OpenTurn(itemID: itemID, start: hearing.window.start)
        }
        readPartially()
    }

    /// `input_audio_buffer.commit`.
    func commitAudio() throws(RealtimeError) {
        guard uncommitted >= 1_600 else {
            throw RealtimeError(
                .commitEmpty, "The buffer holds less than 100 ms of sound.")
        }
        if hearing.turn == nil {
            // The detector has heard nobody: what is there is committed all the same.
            hearing.turn = OpenTurn(itemID: newID("item"), start: hearing.window.start)
        }
        commitTurn(end: hearing.window.end, isByVoice: false)
        hearing.turns.end()
    }

    /// `input_audio_buffer.clear`.
    func clearAudio() {
        if let turn = hearing.turn { turn.cancel() }
        hearing.turn = nil
        hearing.turns.end()
        hearing.halfSample = nil
        hearing.window.drop(before: hearing.window.end, atOnce: true)
        tellFace(isAttending: false)
        emit("input_audio_buffer.cleared", [:])
    }

    // MARK: long turns

    /// A turn that goes on for too long is committed at its best pause, and goes on as another.
    private func cutLongTurn() {
        let samplesMax = RealtimeSettings.turnSecondsMax * 16_000
        guard let turn = hearing.turn, hearing.samplesSeen - turn.start > samplesMax else { return }
        // The longest silence of its second half, or where speech is least sure.
        let from = hearing.probabilities.count / 2
        let quietest = Self.bestPause(hearing.probabilities, from: from)
        let behind = hearing.probabilities.count - quietest
        let cut = hearing.samplesSeen - behind * TurnDetector.frameSamples
        emit(
            "input_audio_buffer.speech_stopped",
            ["audio_end_ms": Hearing.milliseconds(cut), "item_id": .string(turn.itemID)])
        let rest = Array(hearing.probabilities.suffix(behind))
        commitTurn(end: cut, isByVoice: true)
        beginTurn(at: cut)
        hearing.probabilities = rest
        hearing.turns.goOn()
    }

    /// The middle of the longest run of frames without speech; else the least sure frame.
    static func bestPause(_ probabilities: [Float], from first: Int) -> Int {
        var best = (length: 0, middle: probabilities.count)
        var run = 0
        var least = (probability: Float.infinity, frame: probabilities.count)
        for frame in first..<probabilities.count {
            let probability = probabilities[frame]
            if probability < least.probability { least = (probability, frame) }
            run = probability < 0.35 ? run + 1 : 0
            if run > best.length { best = (run, frame - run / 2) }
        }
        return best.length >= 3 ? best.middle : least.frame
    }
}
