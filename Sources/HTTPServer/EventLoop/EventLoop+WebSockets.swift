import HTTPWire

/// What a loop keeps of a WebSocket. Touched only on its loop's thread.
final class WebSocketReception {
    enum Stage: Equatable {
        case open
        /// Our close frame is out; the client's is waited for until then.
        case closing(until: UInt64)
        /// Both are through, or the client broke the protocol: nothing more is read.
        case ended
    }

    let socket: ConnectionWebSocket
    let handling: any WebSocketHandling
    fileprivate(set) var stage = Stage.open
    fileprivate var parser: WebSocketParser
    /// Bytes that the parser keeps, which are charged.
    fileprivate var charged = 0
    /// Control frames of one second.
    private var controls = (since: UInt64(0), count: 0)
    /// When the last byte came, and when a ping was sent since.
    fileprivate var heardAt: UInt64
    fileprivate var pingedAt: UInt64?

    init(_ socket: ConnectionWebSocket, _ handling: any WebSocketHandling, now: UInt64) {
        self.socket = socket
        self.handling = handling
        parser = WebSocketParser(limits: handling.limits)
        heardAt = now
    }

    deinit { discard() }

    /// Lets go of the message that is not whole.
    fileprivate func discard() {
        if charged > 0 { handling.release(charged) }
        (parser, charged) = (WebSocketParser(limits: WebSocketLimits()), 0)
    }

    /// Whether the parser may go on: messages of a connection that closes are thrown away.
    var wantsInput: Bool {
        switch stage {
        case .open: socket.hasRoom()
        case .closing: true
        case .ended: false
        }
    }

    /// - Returns: false where the client floods.
    fileprivate func countControl(now: UInt64) -> Bool {
        if now >= controls.since + 1_000 { controls = (now, 0) }
        controls.count += 1
        return controls.count <= ServerSettings.webSocketControlsPerSecondMax
    }
}

// A connection that was upgraded: frames in, frames out, pings and the closing handshake.
extension EventLoop {
    func upgrade(
        _ upgrade: WebSocketUpgrade, _ handling: any WebSocketHandling, _ connection: Connection
    ) {
        let socket = ConnectionWebSocket(
            connection.connectionID, mailbox: mailbox, handling: handling)
        socket.willSend(connection.output.count)
        connection.deadline = nil
        connection.hasServed = true
        connection.phase = .webSocket(WebSocketReception(socket, handling, now: now))
        put(
            upgrade.response(
                subprotocol: handling.subprotocol, fields: handling.responseFields),
            of: socket, on: connection)
        if isStopping { handling.willStop() }
        Task {
            await handling.run(socket)
            socket.close(WebSocketClose.normal, "")
        }
    }

    private func put(_ frame: [UInt8], of socket: ConnectionWebSocket, on connection: Connection) {
        socket.willSend(frame.count)
        connection.output.append(frame)
    }

    /// Uses what came, as far as there is room for it.
    func receiveFrames(_ connection: Connection, _ reception: WebSocketReception) {
        guard reception.stage != .ended else {
            connection.input = []
            return
        }
        (reception.heardAt, reception.pingedAt) = (now, nil)
        let input = connection.input
        do throws(HTTPError) {
            // More than will be kept: what is not is given back at once.
            try reception.handling.charge(input.count)
        } catch {
            return fail(reception, WebSocketClose.tryAgainLater, connection)
        }
        var (at, kept) = (0, 0)
        do throws(WebSocketError) {
            while at < input.count, reception.wantsInput {
                var parser = reception.parser
                defer { reception.parser = parser }
                guard let event = try parser.next(input.span, from: &at) else { break }
                kept += handle(event, reception, connection)
            }
        } catch {
            fail(reception, error.closeCode, connection)
        }
        if reception.stage == .ended {
            reception.parser = WebSocketParser(limits: WebSocketLimits())
        }
        let held = reception.parser.bytesHeld
        reception.handling.release(input.count + reception.charged - held - kept)
        reception.charged = held
        if reception.stage == .ended { at = connection.input.count }
        takeInput(connection, at)
    }

    /// Returns the bytes that are kept for the handler.
    private func handle(
        _ event: WebSocketEvent, _ reception: WebSocketReception, _ connection: Connection
    ) -> Int {
        let isOpen = reception.stage == .open
        switch event {
        case .text(let bytes) where isOpen:
            reception.socket.receive(.text(bytes))
            return bytes.count
        case .binary(let bytes) where isOpen:
            reception.socket.receive(.binary(bytes))
            return bytes.count
        case .text, .binary: break
        case .ping(let payload):
            guard reception.countControl(now: now) else {
                fail(reception, WebSocketClose.policyViolation, connection)
                break
            }
            if isOpen {
                put(webSocketControlFrame(.pong, payload), of: reception.socket, on: connection)
            }
        case .pong:
            if !reception.countControl(now: now) {
                fail(reception, WebSocketClose.policyViolation, connection)
            }
        case .close(let close):
            // RFC 6455 §5.5.1: echoed with its code.
            if isOpen {
                let echo = WebSocketClose(code: close.code)
                put(webSocketCloseFrame(echo), of: reception.socket, on: connection)
            }
            end(reception, close, connection)
        }
        return 0
    }

    /// The client broke a rule (RFC 6455 §7.1.7): it is told, and no answer is waited for.
    private func fail(
        _ reception: WebSocketReception, _ code: UInt16, _ connection: Connection
    ) {
        let close = WebSocketClose(code: code)
        if reception.stage == .open {
            put(webSocketCloseFrame(close), of: reception.socket, on: connection)
        }
        end(reception, close, connection)
    }

    /// Nothing more is said on either side: the connection ends once what waits is out, by us first
    /// (§7.1.1).
    private func end(
        _ reception: WebSocketReception, _ close: WebSocketClose, _ connection: Connection
    ) {
        reception.stage = .ended
        reception.socket.end(close)
        connection.closesAfterOutput = true
    }

    /// Sends a frame of the handler's; none follows a close frame (§5.5.1).
    func sendFrame(_ head: [UInt8], _ payload: [UInt8], on connection: Connection) {
        guard case .webSocket(let reception) = connection.phase else { return }
        guard reception.stage == .open else {
            return reception.socket.didSend(head.count + payload.count)
        }
        connection.output.append(head)
        connection.output.append(payload)
        flush(connection)
        connection.output.shrink()
    }

    /// Begins the closing handshake.
    func closeWebSocket(_ connection: Connection, _ close: WebSocketClose) {
        guard case .webSocket(let reception) = connection.phase, reception.stage == .open else {
            return
        }
        put(webSocketCloseFrame(close), of: reception.socket, on: connection)
        reception.stage = .closing(until: now + ServerSettings.webSocketCloseMilliseconds)
        reception.socket.end(close)
        // What waits in the input may hold the answer, and nobody wants its messages any more.
        advance(connection)
    }

    /// The connection is gone without a closing handshake, or in the middle of one.
    func abandon(_ reception: WebSocketReception) {
        guard reception.stage != .ended else { return }
        reception.stage = .ended
        reception.discard()
        reception.socket.end(WebSocketClose(code: WebSocketClose.abnormal))
        reception.handling.cancel(.clientGone)
    }

    /// Looked at with every tick: a client that is silent is asked whether it is there.
    func checkSilence(of connection: Connection, _ reception: WebSocketReception) {
        switch reception.stage {
        case .ended: break
        case .closing(let until):
            guard now >= until else { return }
            guard connection.output.isEmpty else { return drop(connection) }
            reception.stage = .ended
            connection.closesAfterOutput = true
            flush(connection)
        case .open:
            guard reception.socket.hasRoom() else {
                // It is we who do not listen.
                reception.heardAt = now
                return
            }
            if let pingedAt = reception.pingedAt {
                if now >= pingedAt + UInt64(settings.webSocketPongSeconds) * 1000 {
                    drop(connection)
                }
            } else if now >= reception.heardAt + UInt64(settings.webSocketPingSeconds) * 1000 {
                reception.pingedAt = now
                put(webSocketControlFrame(.ping, []), of: reception.socket, on: connection)
                flush(connection)
            }
        }
    }
}
