/// The limits of live conversations, and who answers in them.
package struct RealtimeSettings: Sendable {
    /// Sockets at once; one more is 429.
    package var sessionsMax = 32
    /// Faces at once; one more is `face_busy`.
    package var facesMax = 8
    /// Of one message, over all its fragments.
    package var messageBytesMax = 8 << 20
    /// Without a message from the client.
    package var idleSeconds = 300
    package var secondsMax = 3_600
    /// The chat endpoint up to and with `/v1`; nil has nobody answer.
    package var chatURL: String?
    /// Empty is the name that the session asked for.
    package var chatModel = ""
    package var chatKey = ""
    /// For one answer, from the request to the last token.
    package var chatSeconds = 60
    /// Cores: as many readings of a turn as are computed at once.
    package var coreCount = 2

    package init() {}

    /// Bytes of the client's sound at once, at 16 000 Hz: two minutes.
    static let inputSamplesMax = 120 * 16_000
    /// Of events that wait to be sent. More, and the client is too slow.
    static let outputBytesMax = 4 << 20
    /// Beyond this the voice is made no further, and video is skipped.
    static let outputBytesAhead = 256 << 10
    /// What is sent must move within so long.
    static let stuckSeconds = 20
    static let eventsPerSecondMax = 500.0
    static let eventsBurstMax = 2_000.0
    /// A part of a conversation that is told to the chat endpoint.
    static let historyItemsMax = 128
    static let historyCharactersMax = 65_536
    static let imageBytesMax = 8 << 20
    /// Items that are kept at all.
    static let itemsMax = 1_024
    /// What is said in one response.
    static let responseCharactersMax = 20_000
    /// Of a turn; a longer one is cut at its best pause.
    static let turnSecondsMax = 60
    /// A session that has begun: its buffers and tasks, as `scripts/bench/realtime` shows.
    static let sessionBytes = 64 << 10
}
