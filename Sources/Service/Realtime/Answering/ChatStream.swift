import EngineAPI
import FoundationEssentials

/// What a chat endpoint says, piece by piece.
enum ChatDelta: Equatable, Sendable {
    case text(String)
    /// A call of a tool; the id and the name come with its first piece.
    case call(index: Int, id: String?, name: String?, arguments: String)
    /// "stop", "length", "tool_calls", "content_filter".
    case finish(String)
    case usage(input: Int, output: Int, total: Int)
    /// The stream is over, as it says itself.
    case end
}

/// Reads the server-sent events of `/chat/completions` (WHATWG HTML §9.2.6), from pieces of any
/// size.
struct ChatStreamParser: Sendable {
    /// A line is an event's data: longer ones are no chat.
    static let lineBytesMax = 1 << 20
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var endedInReturn = false
    private(set) var isBroken = false

    /// Whatever does not look like an event is passed over.
    mutating func add(_ bytes: [UInt8]) -> [ChatDelta] {
        var deltas: [ChatDelta] = []
        for byte in bytes {
            defer { endedInReturn = byte == 0x0D }
            switch byte {
            case 0x0A where endedInReturn: break
            case 0x0A, 0x0D: takeLine(&deltas)
            default:
                guard line.count < Self.lineBytesMax else {
                    isBroken = true
                    return deltas
                }
                line.append(byte)
            }
        }
        return deltas
    }

    private mutating func takeLine(_ deltas: inout [ChatDelta]) {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { data = [] }
            if !data.isEmpty { deltas += Self.deltas(data) }
            return
        }
        let prefix = Array("data:".utf8)
        guard line.starts(with: prefix) else { return }
        var value = line.dropFirst(prefix.count)
        if value.first == 0x20 { value = value.dropFirst() }
        if !data.isEmpty { data.append(0x0A) }
        guard data.count + value.count <= Self.lineBytesMax else {
            isBroken = true
            return
        }
        data += value
    }

    private static func deltas(_ data: [UInt8]) -> [ChatDelta] {
        if data == Array("[DONE]".utf8) { return [.end] }
        guard JSONNesting.isShallow(data),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(data))
        else { return [] }
        var deltas: [ChatDelta] = []
        if let choice = value.at("choices")?.elements?.first {
            if let text = choice.at("delta")?.at("content")?.text, !text.isEmpty {
                deltas.append(.text(text))
            }
            for call in choice.at("delta")?.at("tool_calls")?.elements ?? [] {
                deltas.append(
                    .call(
                        index: Int(bounded: call.at("index")?.number ?? 0),
                        id: call.at("id")?.text, name: call.at("function")?.at("name")?.text,
                        arguments: call.at("function")?.at("arguments")?.text ?? ""))
            }
            if let reason = choice.at("finish_reason")?.text { deltas.append(.finish(reason)) }
        }
        if let usage = value.at("usage"), case .object = usage {
            deltas.append(
                .usage(
                    input: Int(bounded: usage.at("prompt_tokens")?.number ?? 0),
                    output: Int(bounded: usage.at("completion_tokens")?.number ?? 0),
                    total: Int(bounded: usage.at("total_tokens")?.number ?? 0)))
        }
        return deltas
    }
}

extension JSONValue {
    /// A member of an object; nil where there is none.
    func at(_ name: String) -> JSONValue? {
        guard case .object(let values) = self else { return nil }
        return values[name]
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var elements: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}
