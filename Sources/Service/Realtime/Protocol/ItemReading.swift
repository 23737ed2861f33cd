import EngineAPI
import FoundationEssentials

/// An item as a client sends it.
struct IncomingItem: Sendable {
    var item: ConversationItem
    /// Sound that must be read before the item is whole, by the place of its part.
    var sounds: [(place: Int, bytes: Data)] = []

    /// Reads `item`.
    /// - newID: where the client gives it none.
    init(_ fields: EventFields, newID: String) throws(RealtimeError) {
        let id = try fields.string("id", bytesMax: 512) ?? newID
        let types = ["message", "function_call", "function_call_output"]
        guard let type = try fields.choice("type", of: types) else { throw fields.missing("type") }
        switch type {
        case "function_call":
            item = ConversationItem(
                id: id,
                content: .call(
                    id: try fields.requiredString("call_id", bytesMax: 512),
                    name: try fields.requiredString("name", bytesMax: 512),
                    arguments: try fields.requiredString("arguments")))
        case "function_call_output":
            item = ConversationItem(
                id: id,
                content: .callOutput(
                    id: try fields.requiredString("call_id", bytesMax: 512),
                    output: try fields.requiredString("output")))
        default:
            let roles = ["user", "system", "assistant"]
            guard let role = try fields.choice("role", of: roles) else {
                throw fields.missing("role")
            }
            guard let parts = try fields.objects("content", countMax: 64) else {
                throw fields.missing("content")
            }
            item = ConversationItem(id: id, content: .message(role: role, []))
            var read: [ConversationItem.Part] = []
            for part in parts {
                if let sound = try Self.sound(part, role) { sounds.append((read.count, sound)) }
                read.append(try Self.part(part, role))
            }
            item.content = .message(role: role, read)
        }
    }

    private static func kinds(of role: String) -> [String] {
        switch role {
        case "assistant": ["output_text", "output_audio", "text", "audio"]
        case "system": ["input_text", "text"]
        default: ["input_text", "input_audio", "input_image", "text"]
        }
    }

    private static func part(
        _ part: EventFields, _ role: String
    ) throws(RealtimeError) -> ConversationItem.Part {
        guard let kind = try part.choice("type", of: kinds(of: role)) else {
            throw part.missing("type")
        }
        switch kind {
        case "input_image":
            let uri = try part.requiredString(
                "image_url", bytesMax: RealtimeSettings.imageBytesMax * 4 / 3 + 256)
            // What is none is told here, not when the chat endpoint refuses it.
            _ = try imageBytes(ofDataURI: uri, param: part.param("image_url"))
            return .image(uri)
        case "input_audio", "output_audio", "audio":
            return .audio(transcript: try part.string("transcript"))
        default: return .text(try part.requiredString("text"))
        }
    }

    private static func sound(_ part: EventFields, _ role: String) throws(RealtimeError) -> Data? {
        guard role == "user", try part.string("type") == "input_audio",
            try part.string("transcript") == nil
        else { return nil }
        let audio = try part.requiredString("audio", bytesMax: 1 << 27)
        guard let data = base64Bytes(audio) else {
            throw RealtimeError(.invalidBase64, "Send base64.", param: part.param("audio"))
        }
        return data
    }
}
