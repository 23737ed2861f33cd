/// Why an event has no effect. It becomes one `error` event; the session goes on.
struct RealtimeError: Error, Equatable {
    /// As OpenAI's clients know them, and some of our own.
    enum Code: String, Sendable {
        case invalidJSON = "invalid_json"
        case invalidEvent = "invalid_event"
        case unknownEventType = "unknown_event_type"
        case missingParameter = "missing_required_parameter"
        case invalidType = "invalid_type"
        case invalidValue = "invalid_value"
        case tooLong = "string_above_max_length"
        case betaShape = "beta_api_shape_disabled"
        case invalidBase64 = "invalid_base64"
        case bufferFull = "input_audio_buffer_full"
        case commitEmpty = "input_audio_buffer_commit_empty"
        case duplicateItem = "item_create_duplicate_item_id"
        case invalidPreviousItem = "item_create_invalid_previous_item_id"
        case retrieveUnknown = "item_retrieve_invalid_item_id"
        case deleteUnknown = "item_delete_invalid_item_id"
        case truncateUnknown = "item_truncate_invalid_item_id"
        case responseActive = "conversation_already_has_active_response"
        case cancelInactive = "response_cancel_not_active"
        case rateLimit = "rate_limit_exceeded"
        case idle = "session_idle"
        case expired = "session_expired"
        case chatMissing = "chat_not_configured"
        case noFace = "no_face"
        case imageUnreadable = "image_unreadable"
        case faceBusy = "face_busy"
        case memory = "memory_full"
        case `internal` = "internal"
    }

    let code: Code
    /// What is allowed; never what was said.
    let message: String
    /// The field, from the event on: "session.audio.input.format.rate".
    var param: String?

    init(_ code: Code, _ message: String, param: String? = nil) {
        self.code = code
        self.message = message
        self.param = param
    }

    /// OpenAI's class of error.
    var kind: String {
        switch code {
        case .rateLimit: "rate_limit_error"
        case .internal, .memory, .faceBusy: "server_error"
        default: "invalid_request_error"
        }
    }
}
