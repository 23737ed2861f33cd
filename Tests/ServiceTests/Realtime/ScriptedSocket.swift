import EngineAPI
import FoundationEssentials
import HTTPWire
import Logging
import Testing

@testable import Service

/// A WebSocket whose client is a test.
final class ScriptedSocket: WebSocketConnection {
    private struct State {
        var incoming: [WebSocketMessage] = []
        var reader: CheckedContinuation<Void, Never>?
        var closed: WebSocketClose?
    }

    private let state = Mutex(State())
    /// What the server sent, in order.
    let sent = BoundedChannel<[UInt8]>(costMax: 1 << 30)

    func say(_ text: String) { put(.text(Array(text.utf8))) }

    /// The client goes.
    func leave(_ code: UInt16 = WebSocketClose.normal) {
        state.withLock { $0.closed = $0.closed ?? WebSocketClose(code: code) }
        wake()
    }

    private func put(_ message: WebSocketMessage) {
        state.withLock { $0.incoming.append(message) }
        wake()
    }

    private func wake() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    func next() async -> WebSocketMessage {
        while true {
            let message: WebSocketMessage? = state.withLock { state in
                if !state.incoming.isEmpty { return state.incoming.removeFirst() }
                return state.closed.map { .closed($0) }
            }
            if let message { return message }
            await withCheckedContinuation { continuation in
                let hasNews = state.withLock { state in
                    let hasNews = !state.incoming.isEmpty || state.closed != nil
                    if !hasNews { state.reader = continuation }
                    return hasNews
                }
                if hasNews { continuation.resume() }
            }
        }
    }

    func send(text: [UInt8]) async -> Bool {
        guard state.withLock({ $0.closed == nil }) else { return false }
        return sent.offer(text)
    }

    func send(binary: [UInt8]) async -> Bool { false }
    var bytesWaiting: Int { 0 }
    var isClosed: Bool { state.withLock { $0.closed != nil } }

    func close(_ code: UInt16, _ reason: String) {
        leave(code)
        sent.finish()
    }
}

/// A chat endpoint that says what it is told to.
final class ScriptedChat: StreamedPosting {
    private let text: String
    let requests = Mutex<[JSONValue]>([])

    init(_ text: String) { self.text = text }

    func post(
        _ request: StreamedPost, cancellation: Cancellation,
        onPiece: @escaping @Sendable (Int, [UInt8]) -> Void
    ) async -> StreamedPostOutcome {
        if let value = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body)) {
            requests.withLock { $0.append(value) }
        }
        for word in text.split(separator: " ") {
            if cancellation.isRaised { return .cancelled }
            let piece: JSONValue = [
                "choices": [["delta": ["content": .string(word + " ")]]]
            ]
            onPiece(200, Array("data: ".utf8) + json(piece) + Array("\n\n".utf8))
        }
        onPiece(200, Array("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n".utf8))
        return .whole(status: 200)
    }
}

/// A conversation with scripted engines, as its client sees it.
final class ScriptedConversation {
    let socket = ScriptedSocket()
    let service: AvatarService
    private let running: Task<Void, Never>
    private(set) var events: [JSONValue] = []

    init(
        query: String = "model=m", chat: ScriptedChat? = nil,
        endOfTurn: (any EndOfTurnDetecting)? = nil, collector: ScriptedCollector? = nil,
        head: String = "",
        _ change: (inout RealtimeSettings) -> Void = { _ in }
    ) throws {
        var settings = ServiceSettings()
        if chat != nil { settings.realtime.chatURL = "http://chat.test/v1" }
        change(&settings.realtime)
        service = scriptedService(
            settings, chat: chat, endOfTurn: endOfTurn,
            telemetry: collector.map { (TelemetrySettings(endpoint: "http://c:4318"), $0) })
        let line = "GET /v1/realtime?\(query) HTTP/1.1\r\nHost: a\r\n\(head)\r\n"
        let handling = try service.converse(
            parseHead(Array(line.utf8)), RequestFacts(id: "r", fields: []))
        let socket = socket
        running = Task { await handling.run(socket) }
    }

    /// Sends so many milliseconds of sound at 24 000 Hz; loud or silent.
    func hear(_ milliseconds: Int, isLoud: Bool) {
        let samples = [Float](repeating: isLoud ? 0.5 : 0, count: milliseconds * 24)
        let sound = base64Text(AudioWire.pcm(rateHz: 24_000).bytes(samples))
        socket.say(#"{"type":"input_audio_buffer.append","audio":"\#(sound)"}"#)
    }

    /// The next event.
    func next() async throws -> JSONValue {
        let bytes = try #require(try await socket.sent.next())
        let event = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        events.append(event)
        return event
    }

    /// Reads until an event of a type comes.
    @discardableResult
    func until(_ type: String) async throws -> JSONValue {
        while true {
            let event = try await next()
            if event.at("type")?.text == type { return event }
        }
    }

    func types(from index: Int = 0) -> [String] {
        events[index...].compactMap { $0.at("type")?.text }
    }

    /// The client goes; returns when the server has noticed.
    func leave() async {
        socket.leave()
        await running.value
    }
}
