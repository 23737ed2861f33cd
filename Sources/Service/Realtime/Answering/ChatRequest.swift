import EngineAPI

/// The body of a request to a chat endpoint.
struct ChatRequest: Sendable {
    var model: String
    var instructions: String
    var items: [ConversationItem]
    var tools: [JSONValue]
    var toolChoice: JSONValue
    var tokensMax: Int?

    /// - Returns: JSON of `/chat/completions`.
    var body: [UInt8] {
        var fields: [String: JSONValue] = [
            "model": .string(model), "stream": true,
            "stream_options": ["include_usage": true], "messages": .array(messages),
        ]
        let functions = tools.compactMap(Self.function)
        if !functions.isEmpty {
            fields["tools"] = .array(functions)
            fields["tool_choice"] = Self.choice(toolChoice)
        }
        fields["max_tokens"] = tokensMax.map { .number(Double($0)) }
        return json(JSONValue.object(fields))
    }

    private var messages: [JSONValue] {
        var messages: [JSONValue] = []
        if !instructions.isEmpty {
            messages.append(["role": "system", "content": .string(instructions)])
        }
        for item in Self.newest(items) { messages += Self.message(item, before: messages.last) }
        // Calls that stand in a row are one message.
        return messages.reduce(into: []) { merged, message in
            guard let calls = message.at("tool_calls")?.elements,
                case .object(var last)? = merged.last,
                let before = last["tool_calls"]?.elements
            else { return merged.append(message) }
            last["tool_calls"] = .array(before + calls)
            merged[merged.count - 1] = .object(last)
        }
    }

    /// What is told: the oldest falls off, a call together with its output.
    static func newest(_ items: [ConversationItem]) -> [ConversationItem] {
        var kept: [ConversationItem] = []
        var characters = 0
        for item in items.reversed() {
            guard kept.count < RealtimeSettings.historyItemsMax else { break }
            characters += item.characterCount
            guard characters <= RealtimeSettings.historyCharactersMax || kept.isEmpty else { break }
            kept.append(item)
        }
        let calls = Set(
            kept.compactMap { if case .call(let id, _, _) = $0.content { id } else { nil } })
        let outputs = Set(
            kept.compactMap { if case .callOutput(let id, _) = $0.content { id } else { nil } })
        return kept.reversed().filter { item in
            switch item.content {
            case .message: true
            // An endpoint refuses a call without an answer, and an answer to no call.
            case .call(let id, _, _): outputs.contains(id)
            case .callOutput(let id, _): calls.contains(id)
            }
        }
    }

    private static func message(_ item: ConversationItem, before: JSONValue?) -> [JSONValue] {
        switch item.content {
        case .message(let role, let parts):
            let hasImages = parts.contains { if case .image = $0 { true } else { false } }
            guard hasImages else {
                let text = item.text
                return text.isEmpty ? [] : [["role": .string(role), "content": .string(text)]]
            }
            let content: [JSONValue] = parts.compactMap { part in
                switch part {
                case .text(let text), .audio(let text?): ["type": "text", "text": .string(text)]
                case .image(let uri): ["type": "image_url", "image_url": ["url": .string(uri)]]
                case .audio(nil): nil
                }
            }
            return [["role": .string(role), "content": .array(content)]]
        case .call(let id, let name, let arguments):
            let call: JSONValue = [
                "id": .string(id), "type": "function",
                "function": ["name": .string(name), "arguments": .string(arguments)],
            ]
            return [["role": "assistant", "content": .null, "tool_calls": [call]]]
        case .callOutput(let id, let output):
            return [
                ["role": "tool", "tool_call_id": .string(id), "content": .string(output)]
            ]
        }
    }

    /// Realtime's tool, flat, in chat's shape; nil for other types.
    private static func function(_ tool: JSONValue) -> JSONValue? {
        guard tool.at("type")?.text == "function", let name = tool.at("name")?.text else {
            return nil
        }
        var function: [String: JSONValue] = ["name": .string(name)]
        function["description"] = tool.at("description")
        function["parameters"] = tool.at("parameters")
        return ["type": "function", "function": .object(function)]
    }

    private static func choice(_ choice: JSONValue) -> JSONValue {
        guard choice.at("type")?.text == "function", let name = choice.at("name") else {
            return choice
        }
        return ["type": "function", "function": ["name": name]]
    }
}
