import EngineAPI

// A response from its beginning to its end. At most one is active; each that was created is done
// once, on every path.
extension RealtimeSession {
    /// `response.create`.
    func createResponse(_ event: EventFields) throws(RealtimeError) {
        guard configuration.kind == .conversation else {
            throw RealtimeError(.invalidValue, "A session that only hears does not answer.")
        }
        guard active == nil else { throw Self.isActive }
        var order = ResponseOrder(configuration)
        let fields = try event.object("response")
        if let fields {
            try order.take(fields, items: conversation, hub.choices, newID: newID)
        }
        if !hub.canAnswer {
            order.source = .text(try textToSay(order, told: fields?["instructions"] != nil))
        }
        start(order)
    }

    private static let isActive = RealtimeError(
        .responseActive, "A response is active: wait for its end, or cancel it.")

    /// Where nobody answers: what the client says that shall be said.
    private func textToSay(
        _ order: ResponseOrder, told: Bool
    ) throws(RealtimeError) -> String {
        if told, !order.instructions.isEmpty { return order.instructions }
        if let text = order.input?.last(where: { !$0.text.isEmpty })?.text { return text }
        if let item = conversation.unsaidText {
            conversation.change(item.id) { $0.wasSaid = true }
            return item.text
        }
        throw RealtimeError(
            .chatMissing,
            "No chat endpoint is set (AVATAR_CHAT_URL): give the text in response.instructions.")
    }

    /// Answers a turn that was heard.
    func answer(since: ContinuousClock.Instant?) {
        var order = ResponseOrder(configuration)
        order.since = since
        start(order)
    }

    /// Begins a response; it is told before anything is asked for it.
    @discardableResult
    func start(_ order: ResponseOrder) -> ActiveResponse {
        let response = ActiveResponse(
            id: newID("resp"), order: order, span: responseSpan(since: order.since))
        active = response
        emit("response.created", ["response": shown(response, status: "in_progress")])
        let id = response.id
        Task { await run(id) }
        return response
    }

    private func run(_ id: String) async {
        guard let response = current(id) else { return }
        switch response.order.source {
        case .chat: Task { await askChat(id) }
        case .text(let text):
            take(text: text, id)
            writingEnded(id)
        case .pieces: break
        }
        if response.order.isSpoken {
            await speak(id)
        } else {
            await write(id)
        }
    }

    /// The response, while it is active.
    func current(_ id: String) -> ActiveResponse? { active?.id == id ? active : nil }

    // MARK: its text

    /// Takes the next text of whoever writes; what is neither said nor shown is taken out.
    func take(text: String, _ id: String) {
        guard let response = current(id) else { return }
        response.charactersTaken += text.count
        guard response.charactersTaken <= RealtimeSettings.responseCharactersMax else {
            response.finishReason = "length"
            return writingEnded(id)
        }
        hand(response.filter.add(text), to: response)
    }

    private func hand(_ text: String, to response: ActiveResponse) {
        guard !text.isEmpty, !response.isWritten else { return }
        // Blanks alone begin nothing.
        guard response.message != nil || text.contains(where: { !$0.isWhitespace }) else { return }
        if response.message == nil, let since = response.order.since {
            measured("chat", since: since, of: response)
        }
        openMessage(response)
        // There is room for all that a response may say.
        _ = response.texts.offer(text, cost: text.utf8.count)
    }

    /// No more text comes.
    func writingEnded(_ id: String) {
        guard let response = current(id), !response.isWritten else { return }
        hand(response.filter.finish(), to: response)
        response.isWritten = true
        response.texts.finish()
    }

    /// A response that is only shown.
    private func write(_ id: String) async {
        guard let channel = current(id)?.texts else { return }
        while true {
            let text: String?
            do throws(EngineError) { text = try await channel.next() } catch { return }
            guard let response = current(id) else { return }
            guard let text else { break }
            response.text += text
            emit("response.output_text.delta", place(response, ["delta": .string(text)]))
        }
        await complete(id)
    }

    /// All was said.
    func complete(_ id: String) async {
        guard let response = current(id) else { return }
        switch response.finishReason {
        case "length": await endResponse(.incomplete("max_output_tokens"))
        case "content_filter": await endResponse(.incomplete("content_filter"))
        default: await endResponse(.completed)
        }
    }

    // MARK: its items

    /// The fields that place an event of the message in its response.
    func place(
        _ response: ActiveResponse, _ fields: [String: JSONValue]
    ) -> [String: JSONValue] {
        var fields = fields
        let index = response.message ?? 0
        fields["response_id"] = .string(response.id)
        fields["output_index"] = .number(Double(index))
        fields["item_id"] = .string(response.outputs[index].item.id)
        fields["content_index"] = 0
        return fields
    }

    /// The message, with its one part, where it is not there yet.
    func openMessage(_ response: ActiveResponse) {
        guard response.message == nil else { return }
        var item = ConversationItem(
            id: newID("item"), content: .message(role: "assistant", []))
        item.status = "in_progress"
        response.message = add(item, to: response)
        emit(
            "response.content_part.added",
            place(
                response,
                [
                    "part": response.order.isSpoken
                        ? ["type": "audio", "transcript": ""] : ["type": "text", "text": ""]
                ]))
    }

    /// - Returns: its place among the outputs.
    func add(_ item: ConversationItem, to response: ActiveResponse) -> Int {
        let index = response.outputs.count
        response.outputs.append(ActiveResponse.Output(item: item))
        emit(
            "response.output_item.added",
            [
                "response_id": .string(response.id), "output_index": .number(Double(index)),
                "item": item.shown(),
            ])
        if !response.order.isOutOfBand {
            let previous = (try? conversation.insert(item)) ?? nil
            emit(
                "conversation.item.added",
                [
                    "item": item.shown(),
                    "previous_item_id": previous.map { .string($0) } ?? .null,
                ])
        }
        return index
    }

    /// Ends an item as it is now.
    func end(_ index: Int, of response: ActiveResponse) {
        let item = response.outputs[index].item
        response.outputs[index].isDone = true
        if !response.order.isOutOfBand {
            conversation.change(item.id) { $0 = item }
            let place = conversation.index(of: item.id) ?? 0
            let previous = place > 0 ? conversation.items[place - 1].id : nil
            emit(
                "conversation.item.done",
                [
                    "item": item.shown(),
                    "previous_item_id": previous.map { .string($0) } ?? .null,
                ])
        }
        emit(
            "response.output_item.done",
            [
                "response_id": .string(response.id), "output_index": .number(Double(index)),
                "item": item.shown(),
            ])
    }

    // MARK: its end

    /// Ends the response that is active, in whatever state it is: what was opened is closed, in
    /// order, and nothing of it follows.
    func endResponse(_ ending: ResponseEnding) async {
        guard let response = active else { return }
        response.cancellation.raise()
        response.texts.fail(.cancelled)
        response.isWritten = true
        closeMessage(response, isWhole: ending == .completed)
        for index in response.outputs.indices where !response.outputs[index].isDone {
            response.outputs[index].item.status =
                ending == .completed ? "completed" : "incomplete"
            end(index, of: response)
        }
        active = nil
        emit(
            "response.done",
            [
                "response": shown(
                    response, status: ending.status, details: ending.details, isDone: true)
            ])
        if response.order.since != nil {
            hub.metrics.add(
                .turns,
                ending == .completed
                    ? "answered" : ending.status == "cancelled" ? "interrupted" : "failed")
        }
        var isFault = false
        if case .failed = ending { isFault = true }
        response.span?.end(
            "response", kind: .internal,
            attributes: [
                ("avatar.response.status", .string(ending.status)),
                ("avatar.response.audio_ms", .number(response.spoken.milliseconds.rounded())),
            ], isFault: isFault)
        await endVoice(of: response, ending)
        guard owesAnswer, !isEnded, active == nil else { return }
        owesAnswer = false
        if ending.status != "cancelled" { answer(since: nil) }
    }

    private func closeMessage(_ response: ActiveResponse, isWhole: Bool) {
        guard let index = response.message, !response.outputs[index].isDone else { return }
        let text = response.text
        let part: JSONValue
        if response.order.isSpoken {
            emitTimesDone(response)
            emit("response.output_audio.done", place(response, [:]))
            emit(
                "response.output_audio_transcript.done",
                place(response, ["transcript": .string(text)]))
            part = ["type": "audio", "transcript": .string(text)]
        } else {
            emit("response.output_text.done", place(response, ["text": .string(text)]))
            part = ["type": "text", "text": .string(text)]
        }
        emit("response.content_part.done", place(response, ["part": part]))
        var item = response.outputs[index].item
        item.status = isWhole ? "completed" : "incomplete"
        item.content = .message(
            role: "assistant", [response.order.isSpoken ? .audio(transcript: text) : .text(text)])
        item.spoken = response.spoken
        response.outputs[index].item = item
        end(index, of: response)
    }

    /// A response as events show it.
    private func shown(
        _ response: ActiveResponse, status: String, details: JSONValue = .null,
        isDone: Bool = false
    ) -> JSONValue {
        let order = response.order
        var fields: [String: JSONValue] = [
            "id": .string(response.id), "object": "realtime.response",
            "status": .string(status), "status_details": details,
            "output": .array(isDone ? response.outputs.map { $0.item.shown() } : []),
            "conversation_id": order.isOutOfBand ? .null : .string(conversationID),
            "output_modalities": [order.isSpoken ? "audio" : "text"],
            "max_output_tokens": order.tokensMax.map { .number(Double($0)) } ?? "inf",
            "metadata": order.metadata, "usage": .null,
        ]
        if order.isSpoken {
            fields["audio"] = [
                "output": ["format": order.wire.shown, "voice": .string(order.voiceName)]
            ]
        }
        if isDone {
            let usage = response.usage
            fields["usage"] = [
                "total_tokens": .number(Double(usage.total)),
                "input_tokens": .number(Double(usage.input)),
                "output_tokens": .number(Double(usage.output)),
            ]
        }
        return .object(fields)
    }

    /// `response.cancel`.
    func cancelResponse(_ event: EventFields) async throws(RealtimeError) {
        let id = try event.string("response_id", bytesMax: 512)
        guard let response = active, id == nil || id == response.id else {
            throw RealtimeError(
                .cancelInactive, "Cancellation failed: no such response is active.")
        }
        await endResponse(.cancelled("client_cancelled"))
    }

    /// `output_audio_buffer.clear`.
    func clearOutput() async {
        await endResponse(.cancelled("client_cancelled"))
    }

    // MARK: text in pieces

    /// `input_text_buffer.append`: the first one begins a response.
    func appendText(_ event: EventFields) throws(RealtimeError) {
        let text = try event.requiredString(
            "text", bytesMax: RealtimeSettings.responseCharactersMax * 4)
        guard configuration.kind == .conversation else {
            throw RealtimeError(.invalidValue, "A session that only hears does not speak.")
        }
        let isOurs = active.map { if case .pieces = $0.order.source { true } else { false } }
        switch isOurs {
        case true?: break
        case false?: throw Self.isActive
        case nil:
            var order = ResponseOrder(configuration)
            if let fields = try event.object("response") {
                try order.take(fields, items: conversation, hub.choices, newID: newID)
            }
            order.source = .pieces
            start(order)
        }
        guard let response = active else { return }
        guard response.charactersTaken + text.count <= RealtimeSettings.responseCharactersMax else {
            throw RealtimeError(
                .invalidValue,
                "A response says at most \(RealtimeSettings.responseCharactersMax) characters.",
                param: "text")
        }
        take(text: text, response.id)
    }

    /// `input_text_buffer.commit`.
    func commitText() throws(RealtimeError) {
        guard let response = active, case .pieces = response.order.source, !response.isWritten
        else {
            throw RealtimeError(.invalidValue, "No text was appended.")
        }
        openMessage(response)
        emit(
            "input_text_buffer.committed",
            [
                "response_id": .string(response.id),
                "item_id": .string(response.outputs[response.message ?? 0].item.id),
            ])
        writingEnded(response.id)
    }

    /// `input_text_buffer.clear`.
    func clearText() async {
        if let response = active, case .pieces = response.order.source {
            await endResponse(.cancelled("client_cancelled"))
        }
        emit("input_text_buffer.cleared", [:])
    }
}
