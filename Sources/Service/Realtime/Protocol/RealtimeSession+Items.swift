import EngineAPI
import FoundationEssentials

// Items that the client adds, reads, removes and cuts short.
extension RealtimeSession {
    /// `conversation.item.create`.
    func createItem(_ event: EventFields) async throws(RealtimeError) {
        guard let fields = try event.object("item") else { throw event.missing("item") }
        var incoming = try IncomingItem(fields, newID: newID("item"))
        let previous = try event.string("previous_item_id", bytesMax: 512)
        for sound in incoming.sounds {
            let text = try await read(sound.bytes, param: "item.content[\(sound.place)].audio")
            guard case .message(let role, var parts) = incoming.item.content else { continue }
            parts[sound.place] = .audio(transcript: text)
            incoming.item.content = .message(role: role, parts)
        }
        let before = try conversation.insert(incoming.item, after: previous)
        let shown = incoming.item.shown()
        let place: JSONValue = before.map { .string($0) } ?? .null
        emit("conversation.item.added", ["item": shown, "previous_item_id": place])
        emit("conversation.item.done", ["item": shown, "previous_item_id": place])
    }

    /// Reads the sound of an item: up to a minute of it.
    private func read(_ data: Data, param: String) async throws(RealtimeError) -> String {
        let wire = configuration.input
        var samples = wire.samples(data)
        guard samples.count <= RealtimeSettings.turnSecondsMax * wire.rateHz else {
            throw RealtimeError(.invalidValue, "At most 60 seconds of sound.", param: param)
        }
        var request = TranscriptionRequest()
        request.language = configuration.transcription?.code
        request.characters = SpokenLanguage.characters([configuration.transcription?.language])
        do throws(EngineError) {
            if wire.rateHz != 16_000 {
                let converter = try hub.engines.codec.rateConverter(
                    fromHz: wire.rateHz, toHz: 16_000)
                samples = try converter.convert(samples) + converter.finish()
            }
            return try await hub.engines.transcriber.transcribe(
                AudioClip(samples: samples, sampleRateHz: 16_000), request,
                work: WorkContext(
                    deadline: .now + .seconds(60), cancellation: cancellation, memory: memory)
            ).text
        } catch {
            throw RealtimeError(.internal, "The sound could not be read.", param: param)
        }
    }

    private func known(
        _ event: EventFields, _ code: RealtimeError.Code
    ) throws(RealtimeError) -> ConversationItem {
        let id = try event.requiredString("item_id", bytesMax: 512)
        guard let item = conversation[id] else {
            throw RealtimeError(code, "No item has that id.", param: "item_id")
        }
        return item
    }

    /// `conversation.item.retrieve`.
    func retrieveItem(_ event: EventFields) throws(RealtimeError) {
        let item = try known(event, .retrieveUnknown)
        emit("conversation.item.retrieved", ["item": item.shown()])
    }

    /// `conversation.item.delete`.
    func deleteItem(_ event: EventFields) throws(RealtimeError) {
        let item = try known(event, .deleteUnknown)
        _ = conversation.remove(item.id)
        unread.remove(item.id)
        resumeReaders()
        emit("conversation.item.deleted", ["item_id": .string(item.id)])
    }

    /// `conversation.item.truncate`: what was not heard is forgotten. Beyond the end it is cut at
    /// the end.
    func truncateItem(_ event: EventFields) throws(RealtimeError) {
        guard let end = try event.number("audio_end_ms", in: 0...1e12) else {
            throw event.missing("audio_end_ms")
        }
        let item = try known(event, .truncateUnknown)
        guard case .message("assistant", _) = item.content else {
            throw RealtimeError(
                .truncateUnknown, "Only what was said can be cut short.", param: "item_id")
        }
        truncate(item.id, at: end)
    }

    /// Cuts what was said at what was heard, milliseconds from its first sample.
    func truncate(_ id: String, at end: Double) {
        guard let item = conversation[id] else { return }
        let heard = min(end, item.spoken.milliseconds)
        conversation.change(id) { item in
            item.spoken.cut(at: heard)
            if case .message(let role, let parts) = item.content, parts.count == 1,
                case .audio = parts[0]
            {
                item.content = .message(role: role, [.audio(transcript: item.spoken.text)])
            }
        }
        emit(
            "conversation.item.truncated",
            [
                "item_id": .string(id), "content_index": 0,
                "audio_end_ms": .number(heard.rounded()),
            ])
    }
}
