import EngineAPI

/// What a response is to be: the session's configuration, and what `response` says otherwise.
struct ResponseOrder: Sendable {
    /// Where its text comes from.
    enum Source: Sendable {
        case chat
        /// What is said word by word.
        case text(String)
        /// The client's own model writes it (`input_text_buffer.append`).
        case pieces
    }

    var source = Source.chat
    var instructions: String
    var isSpoken: Bool
    var voice: String?
    var voiceName: String
    var speed: Double
    var wire: AudioWire
    var tools: [JSONValue]
    var toolChoice: JSONValue
    var tokensMax: Int?
    var metadata: JSONValue = .null
    /// It is no part of the conversation.
    var isOutOfBand = false
    /// The whole context, where it is told.
    var input: [ConversationItem]?
    /// When the speech ended that it answers.
    var since: ContinuousClock.Instant?

    init(_ configuration: RealtimeConfiguration) {
        instructions = configuration.instructions
        isSpoken = configuration.isSpoken
        voice = configuration.voice
        voiceName = configuration.voiceName
        speed = configuration.speed
        wire = configuration.output
        tools = configuration.tools
        toolChoice = configuration.toolChoice
        tokensMax = configuration.maxOutputTokens
    }

    /// Reads `response`.
    /// - items: of the conversation, which `input` may name.
    mutating func take(
        _ fields: EventFields, items: Conversation, _ choices: RealtimeChoices,
        newID: (String) -> String
    ) throws(RealtimeError) {
        if let text = try fields.string("instructions", bytesMax: choices.instructionsMax * 4) {
            instructions = text
        }
        if let told = try RealtimeConfiguration.isSpoken(fields) { isSpoken = told }
        if let output = try fields.object("audio")?.object("output") {
            if let format = try output.object("format") {
                wire = try AudioWire(format, now: wire)
            }
            if let told = try output.number("speed", in: 0.25...4) { speed = told }
            if let (id, name) = try RealtimeConfiguration.voice(output, choices) {
                (voice, voiceName) = (id, name)
            }
        }
        if let told = try fields.objects("tools", countMax: 128) {
            tools = told.map { .object($0.values) }
        }
        if let choice = fields["tool_choice"] { toolChoice = choice }
        if fields.values["max_output_tokens"] != nil {
            tokensMax = try RealtimeConfiguration.tokens(fields)
        }
        if let told = try fields.object("metadata") {
            guard told.values.count <= 16 else {
                throw RealtimeError(
                    .invalidValue, "At most 16 keys.", param: fields.param("metadata"))
            }
            metadata = .object(told.values)
        }
        isOutOfBand = try fields.choice("conversation", of: ["auto", "none"]) == "none"
        guard let input = try fields.objects("input", countMax: 128) else { return }
        var read: [ConversationItem] = []
        for item in input {
            if case .string("item_reference")? = item["type"] {
                let id = try item.requiredString("id", bytesMax: 512)
                guard let known = items[id] else {
                    throw RealtimeError(
                        .invalidValue, "No item has that id.", param: item.param("id"))
                }
                read.append(known)
            } else {
                read.append(try IncomingItem(item, newID: newID("item")).item)
            }
        }
        self.input = read
    }
}

/// A response that has begun and not ended. Only its session touches it.
final class ActiveResponse {
    /// An item of its output.
    struct Output {
        var item: ConversationItem
        var isDone = false
    }

    let id: String
    let order: ResponseOrder
    let cancellation = Cancellation()
    /// nil where none is exported.
    let span: RequestSpan?
    /// Text to be said, or shown.
    let texts = BoundedChannel<String>(costMax: RealtimeSettings.responseCharactersMax * 8)
    var outputs: [Output] = []
    /// Place of the message in `outputs`.
    var message: Int?
    /// What of its text is told.
    var text = ""
    var spoken = SpokenTimeline()
    var charactersTaken = 0
    var filter = SpokenTextFilter()
    /// Places of the calls by their index in the chat's answer.
    var calls: [Int: Int] = [:]
    var finishReason = "stop"
    var usage: (input: Int, output: Int, total: Int) = (0, 0, 0)
    /// Chat, or whoever writes, has ended.
    var isWritten = false
    var converter: (any AudioRateConverting)?
    /// Where on the stream's clock its voice began.
    var streamStart: Int?
    var hasSound = false

    init(id: String, order: ResponseOrder, span: RequestSpan?) {
        self.id = id
        self.span = span
        self.order = order
    }
}

/// How a response ends.
enum ResponseEnding: Equatable, Sendable {
    case completed
    /// "max_output_tokens" or "content_filter".
    case incomplete(String)
    /// "turn_detected" or "client_cancelled".
    case cancelled(String)
    case failed(code: String, message: String)

    var status: String {
        switch self {
        case .completed: "completed"
        case .incomplete: "incomplete"
        case .cancelled: "cancelled"
        case .failed: "failed"
        }
    }

    var details: JSONValue {
        switch self {
        case .completed: .null
        case .incomplete(let reason): ["type": "incomplete", "reason": .string(reason)]
        case .cancelled(let reason): ["type": "cancelled", "reason": .string(reason)]
        case .failed(let code, let message):
            [
                "type": "failed",
                "error": [
                    "type": "server_error", "code": .string(code), "message": .string(message),
                ],
            ]
        }
    }
}
