import HTTPWire

// The body of an admitted request: read while its exchange wants it, and handed to the task that
// responds.
extension EventLoop {
    /// Lets a request's work begin. Its task starts once what has come of the body is with it, so
    /// that a small body needs no second wake-up.
    func begin(_ exchange: any Exchange, _ head: RequestHead, _ connection: Connection) {
        var (body, reception): (any RequestBody, BodyReception?) = (EmptyRequestBody(), nil)
        var incoming: ConnectionRequestBody?
        if head.framing != .none {
            let raw = ConnectionRequestBody(
                connection.connectionID, mailbox: mailbox, exchange: exchange,
                framing: head.framing)
            reception = BodyReception(raw, BodyReader(head.framing), now: now)
            body = isInflatable(head) == true ? InflatingBody(raw, exchange: exchange) : raw
            incoming = raw
            if head.expectsContinue, connection.input.isEmpty {
                interim("HTTP/1.1 100 Continue\r\n\r\n", to: connection)
            }
        }
        let writer = ConnectionResponseWriter(
            connection.connectionID, mailbox: mailbox, head: head,
            keepsAlive: head.keepsAlive && !isStopping, body: incoming)
        connection.deadline = nil
        connection.phase = .responding(exchange, writer, reception)
        let start = { [handler, body] in
            respond(exchange, to: writer, body: body, path: head.path, handler: handler)
        }
        if let reception {
            reception.start = start
        } else {
            if connection.sawReadEnd { probePeer(connection) }
            start()
        }
    }

    /// Takes what has come of the body.
    func receiveBody(_ connection: Connection, _ exchange: any Exchange, _ reception: BodyReception)
    {
        do throws(HTTPError) {
            var reader = reception.reader
            defer { reception.reader = reader }
            let used = try reader.consume(connection.input, bytesMax: exchange.bodyBytesMax) {
                piece throws(HTTPError) in
                try reception.body.receive(piece)
            }
            takeInput(connection, used)
            guard reader.isDone else { return }
            reception.finish()
            if connection.sawReadEnd { probePeer(connection) }
        } catch {
            failBody(connection, reception, error)
        }
    }

    /// The rest of the body can't be used, and where the next request begins is not known: nothing
    /// more is read. The exchange is told when it asks for more, and its task responds.
    func failBody(_ connection: Connection, _ reception: BodyReception, _ error: HTTPError) {
        guard reception.fail(error) else { return }
        connection.input = []
    }

    /// After all that could be read now: the task starts, or goes on.
    func wakeResponder(_ connection: Connection) {
        if case .webSocket(let reception) = connection.phase { reception.socket.wake() }
        guard case .responding(_, _, let reception?) = connection.phase else { return }
        if let start = reception.start {
            reception.start = nil
            start()
        } else {
            reception.body.wake()
        }
    }

    /// The response is whole, or has broken off; what is left of the body is passed over where that
    /// is cheap.
    func finishResponse(_ connection: Connection, keepsAlive: Bool) {
        guard case .responding(_, _, let reception) = connection.phase else { return }
        let keepsAlive = keepsAlive && !connection.sawReadEnd
        reception?.body.drop()
        guard let reception, !reception.isWhole else {
            return finishRequest(connection, keepsAlive: keepsAlive)
        }
        let left = reception.reader.bytesLeft ?? 0
        guard keepsAlive, reception.isComing, left <= ServerSettings.discardBytesMax else {
            return finishRequest(connection, keepsAlive: false)
        }
        retainUntilSent(connection)
        connection.hasServed = true
        discard(reception.reader, connection)
    }

    /// Passes over what is left of a body whose request is answered.
    func discard(_ reader: BodyReader, _ connection: Connection) {
        connection.deadline = now + UInt64(settings.readSeconds) * 1000
        connection.phase = .discarding(
            reader, bytesMax: reader.received + ServerSettings.discardBytesMax)
    }

    /// Whether work or its body has taken too long; looked at with every tick.
    func checkDeadlines(of connection: Connection, clock: ContinuousClock.Instant) {
        guard find(connection.connectionID) != nil else { return }
        if case .webSocket(let reception) = connection.phase {
            return checkSilence(of: connection, reception)
        }
        guard case .responding(let exchange, let writer, let reception) = connection.phase else {
            return
        }
        let isOver = clock >= exchange.deadline
        if isOver { writer.giveUp() }
        guard let reception, isOver || reception.isLate(now: now, settings) else { return }
        failBody(connection, reception, .tooSlow(seconds: settings.readSeconds))
    }
}

/// Responds in a task of its own.
private func respond(
    _ exchange: any Exchange, to writer: ConnectionResponseWriter, body: any RequestBody,
    path: String, handler: any RequestHandling
) {
    Task {
        do throws(HTTPError) {
            try await exchange.respond(to: writer, body: body)
        } catch .clientGone {
            // There is nobody to tell.
        } catch {
            exchange.cancel(.refused)
            // Once a response has begun this does nothing, and the response breaks off.
            await writer.send(handler.refuse(error, path: path))
        }
        // An exchange that returns without a response is our fault; the client must not wait.
        await writer.abort()
    }
}
