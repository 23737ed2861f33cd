import EngineAPI

// The chat endpoint: what it is told, and what it says.
extension RealtimeSession {
    /// Asks the chat endpoint, and hands its text over as it comes.
    func askChat(_ id: String) async {
        // What was heard before is told, so it must have been read.
        await waitForReadings(id)
        guard let response = current(id), let request = chatPost(response.order),
            let poster = hub.poster
        else { return }
        let (pieces, arrived) = AsyncStream.makeStream(of: (Int, [UInt8]).self)
        let cancellation = response.cancellation
        let transfer = Task {
            let outcome = await poster.post(request, cancellation: cancellation) {
                arrived.yield(($0, $1))
            }
            arrived.finish()
            return outcome
        }
        var parser = ChatStreamParser()
        var isWhole = false
        for await (status, bytes) in pieces where status / 100 == 2 {
            for delta in parser.add(bytes) {
                take(delta, id)
                switch delta {
                case .end, .finish: isWhole = true
                default: break
                }
            }
            if parser.isBroken { cancellation.raise() }
        }
        let outcome = await transfer.value
        guard current(id) != nil else { return }
        if let failure = Self.failure(outcome, isWhole: isWhole) {
            return await endResponse(failure)
        }
        endCalls(id)
        writingEnded(id)
    }

    private func waitForReadings(_ id: String) async {
        while !unread.isEmpty, current(id) != nil {
            await withCheckedContinuation { unreadWaiters.append($0) }
        }
    }

    /// Those that wait for what was heard look again.
    func resumeReaders() {
        let waiting = unreadWaiters
        unreadWaiters = []
        for waiter in waiting { waiter.resume() }
    }

    private func chatPost(_ order: ResponseOrder) -> StreamedPost? {
        guard let url = hub.settings.chatURL else { return nil }
        let request = ChatRequest(
            model: hub.settings.chatModel.isEmpty
                ? configuration.model : hub.settings.chatModel,
            instructions: order.instructions, items: order.input ?? conversation.items,
            tools: order.tools, toolChoice: order.toolChoice, tokensMax: order.tokensMax)
        var fields = [
            ("Content-Type", "application/json"), ("Accept", "text/event-stream"),
        ]
        if !hub.settings.chatKey.isEmpty {
            fields.append(("Authorization", "Bearer \(hub.settings.chatKey)"))
        }
        var post = StreamedPost(
            url: url + (url.hasSuffix("/") ? "" : "/") + "chat/completions", body: request.body,
            fields: fields)
        post.firstByteSecondsMax = min(10, hub.settings.chatSeconds)
        post.secondsMax = hub.settings.chatSeconds
        return post
    }

    private static func failure(
        _ outcome: StreamedPostOutcome, isWhole: Bool
    ) -> ResponseEnding? {
        switch outcome {
        case .whole(let status) where status / 100 == 2:
            isWhole
                ? nil
                : .failed(
                    code: "chat_unavailable", message: "The chat endpoint's answer broke off.")
        case .whole(429):
            .failed(
                code: "chat_rate_limited", message: "The chat endpoint takes no more for now.")
        case .whole(let status) where status / 100 == 4:
            .failed(
                code: "chat_refused", message: "The chat endpoint refused: status \(status).")
        case .timedOut:
            .failed(code: "chat_timeout", message: "The chat endpoint took too long.")
        case .whole, .failed, .tooLong, .cancelled:
            isWhole
                ? nil
                : .failed(
                    code: "chat_unavailable", message: "The chat endpoint can't be reached.")
        }
    }

    private func take(_ delta: ChatDelta, _ id: String) {
        guard let response = current(id) else { return }
        switch delta {
        case .text(let text): take(text: text, id)
        case .call(let index, let callID, let name, let arguments):
            take(call: index, callID, name, arguments, response)
        case .finish(let reason): response.finishReason = reason
        case .usage(let input, let output, let total): response.usage = (input, output, total)
        case .end: break
        }
    }

    // MARK: tools

    private static let callsMax = 64

    private func take(
        call index: Int, _ callID: String?, _ name: String?, _ arguments: String,
        _ response: ActiveResponse
    ) {
        if response.calls[index] == nil {
            guard response.calls.count < Self.callsMax, let name else { return }
            var item = ConversationItem(
                id: newID("item"),
                content: .call(id: callID ?? newID("call"), name: name, arguments: ""))
            item.status = "in_progress"
            response.calls[index] = add(item, to: response)
        }
        guard !arguments.isEmpty, let at = response.calls[index],
            case .call(let id, let name, let before) = response.outputs[at].item.content,
            before.utf8.count + arguments.utf8.count <= RealtimeSettings.historyCharactersMax
        else { return }
        response.outputs[at].item.content = .call(
            id: id, name: name, arguments: before + arguments)
        emit(
            "response.function_call_arguments.delta",
            [
                "response_id": .string(response.id), "output_index": .number(Double(at)),
                "item_id": .string(response.outputs[at].item.id), "call_id": .string(id),
                "delta": .string(arguments),
            ])
    }

    /// The calls are whole.
    private func endCalls(_ id: String) {
        guard let response = current(id) else { return }
        for at in response.calls.values.sorted() where !response.outputs[at].isDone {
            guard
                case .call(let callID, let name, let arguments) = response.outputs[at].item.content
            else { continue }
            response.outputs[at].item.status = "completed"
            emit(
                "response.function_call_arguments.done",
                [
                    "response_id": .string(response.id), "output_index": .number(Double(at)),
                    "item_id": .string(response.outputs[at].item.id),
                    "call_id": .string(callID), "name": .string(name),
                    "arguments": .string(arguments),
                ])
            end(at, of: response)
        }
    }
}
