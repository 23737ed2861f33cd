import CLinux
import Glibc
import HTTPWire

// What happens on one connection: bytes in, requests dispatched, bytes out.
extension EventLoop {
    /// Does all that can be done now: uses what was read, sends, reads more.
    func advance(_ connection: Connection) {
        advanceOnly(connection)
        if find(connection.connectionID) != nil { wakeResponder(connection) }
    }

    private func advanceOnly(_ connection: Connection) {
        while true {
            connection.output.swapBuffer(&spareOutput)
            let isHeldBack = process(connection) == .outputFull
            flush(connection)
            takeOutputBack(connection)
            guard find(connection.connectionID) != nil else { return }
            // Whole requests wait in the input, and what held them back has left meanwhile.
            if isHeldBack, hasOutputRoom(connection) { continue }
            guard wantsInput(connection), connection.mayRead, read(connection) else { return }
        }
    }

    private func wantsInput(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .responding(_, _, let reception): reception?.wantsInput(now: now) ?? false
        case .lingering: true
        case .webSocket(let reception):
            reception.wantsInput && !connection.closesAfterOutput && hasOutputRoom(connection)
        case .head, .discarding:
            !connection.closesAfterOutput && hasOutputRoom(connection)
        }
    }

    /// Reads once; false when there is nothing more now or the connection is gone.
    private func read(_ connection: Connection) -> Bool {
        let got = scratch.withUnsafeMutableBytes {
            sockets.receive(connection.connectionID.descriptor, into: $0)
        }
        if got > 0 {
            if got < scratch.count { connection.mayRead = connection.sawReadEnd }
            connection.input.append(contentsOf: scratch[0..<got])
            return true
        }
        connection.mayRead = false
        if got == 0 {
            inputEnded(connection)
        } else if got != -Int(EAGAIN) {
            drop(connection)
        }
        return false
    }

    /// The peer sends no more; what it has sent is still answered.
    private func inputEnded(_ connection: Connection) {
        switch connection.phase {
        case .lingering: drop(connection)
        case .head where connection.input.isEmpty:
            if connection.output.isEmpty { return drop(connection) }
            connection.closesAfterOutput = true
        case .head: refuse(connection, .endedEarly)
        // Answered already: a second answer would belong to no request.
        case .discarding: connection.closesAfterOutput = true
        case .responding(_, _, let reception):
            if let reception { failBody(connection, reception, .endedEarly) }
        // It ends with a closing handshake or not at all.
        case .webSocket(let reception) where reception.stage == .ended:
            connection.closesAfterOutput = true
        case .webSocket: return drop(connection)
        }
        flush(connection)
    }

    /// The peer ended its side while its response is being made. It may have gone, or may only have
    /// finished sending: an interim answer (RFC 9110 §15.2) makes a peer that has gone reset the
    /// connection, and costs one that listens nothing.
    func peerEnded(_ connection: Connection) {
        guard !connection.sawReadEnd else { return }
        connection.sawReadEnd = true
        probePeer(connection)
    }

    func probePeer(_ connection: Connection) {
        guard case .responding(_, let sink, let reception) = connection.phase, !sink.isBegun,
            reception?.isComing != true
        else { return }
        // Nothing may be sent to 1.0 before its response, which many such peers wait for with their
        // side ended: it is made, and whether they have gone shows when it is sent.
        guard connection.isHTTP11 else { return }
        interim("HTTP/1.1 102 Processing\r\n\r\n", to: connection)
        flush(connection)
    }

    // MARK: input

    /// Why the input is not used further.
    private enum Pause { case inputUsed, outputFull }

    /// Uses the input as far as it goes.
    private func process(_ connection: Connection) -> Pause {
        while !connection.input.isEmpty {
            switch connection.phase {
            case .responding(let exchange, _, let reception):
                guard let reception, reception.isComing else { return .inputUsed }
                receiveBody(connection, exchange, reception)
            case .webSocket(let reception):
                receiveFrames(connection, reception)
                return .inputUsed
            case .lingering(let bytes):
                let total = bytes + connection.input.count
                connection.input = []
                connection.phase = .lingering(bytes: total)
                if total > ServerSettings.lingerBytesMax { drop(connection) }
                return .inputUsed
            case .head:
                guard !connection.closesAfterOutput else { return .inputUsed }
                guard hasOutputRoom(connection) else { return .outputFull }
                guard processHead(connection) else { return .inputUsed }
            case .discarding: guard processDiscard(connection) else { return .inputUsed }
            }
        }
        return .inputUsed
    }

    /// One head; false when it is not whole.
    private func processHead(_ connection: Connection) -> Bool {
        if !connection.hasBegunHead {
            connection.hasBegunHead = true
            let limit = now + UInt64(settings.readSeconds) * 1000
            connection.deadline = min(connection.deadline ?? limit, limit)
        }
        // The path is only looked for where the head is refused.
        var head: [UInt8] = []
        do throws(HTTPError) {
            var scanner = connection.scanner
            let found = try connection.input.withUnsafeBufferPointer {
                bytes throws(HTTPError) in try scanner.scan(bytes.span)
            }
            connection.scanner = scanner
            guard let end = found else { return false }
            head = takeHead(connection, end: end)
            var request = try parseHead(head)
            if settings.includesPeerAddress { request.peerAddress = connection.peerAddress }
            connection.scanner = HeadScanner()
            connection.hasBegunHead = false
            connection.isHTTP11 = request.isHTTP11
            dispatch(request, connection)
            return true
        } catch {
            refuse(connection, error, path: requestedPath(head[...]))
            return false
        }
    }

    /// The head's bytes out of the input; what follows stays. A head that came alone is not copied.
    private func takeHead(_ connection: Connection, end: Int) -> [UInt8] {
        let start = connection.scanner.start
        if start == 0, end == connection.input.count {
            let bytes = connection.input
            connection.input = []
            return bytes
        }
        let bytes = Array(connection.input[start..<end])
        connection.input.removeFirst(end)
        return bytes
    }

    private func dispatch(_ head: RequestHead, _ connection: Connection) {
        let keepsAlive = head.keepsAlive && !isStopping
        switch handler.admit(head) {
        case .response(let response): respondEarly(head, response, keepsAlive, connection)
        case .exchange(let exchange):
            guard !connection.isSpare else {
                exchange.cancel(.refused)
                return refuse(connection, .overloaded, path: head.path)
            }
            if case .length(let count) = head.framing, count > exchange.bodyBytesMax {
                exchange.cancel(.refused)
                return refuse(
                    connection, .bodyTooLarge(bytesMax: exchange.bodyBytesMax), path: head.path)
            }
            begin(exchange, head, connection)
        case .upgrade(let request, let handling):
            guard !connection.isSpare else {
                handling.cancel(.refused)
                return refuse(connection, .overloaded, path: head.path)
            }
            upgrade(request, handling, connection)
        }
    }

    /// Answers without having read the body, and passes over the body when that is cheap.
    private func respondEarly(
        _ head: RequestHead, _ response: Response, _ keepsAlive: Bool, _ connection: Connection
    ) {
        let response = coded(response, for: head)
        var keeps = keepsAlive && !response.closes
        var isDiscarding = false
        switch head.framing {
        case .none: break
        case .length(let count) where count <= ServerSettings.discardBytesMax:
            isDiscarding = !head.expectsContinue
            keeps = keeps && isDiscarding
        case .chunked:
            isDiscarding = !head.expectsContinue
            keeps = keeps && isDiscarding
        case .length: keeps = false
        }
        put(
            response, persistence: Persistence(keepsAlive: keeps, isHTTP11: head.isHTTP11),
            isHead: head.isMethod("HEAD"), on: connection)
        if keeps && isDiscarding {
            discard(BodyReader(head.framing), connection)
        } else {
            finishRequest(connection, keepsAlive: keeps)
        }
    }

    private func processDiscard(_ connection: Connection) -> Bool {
        guard case .discarding(var reader, let bytesMax) = connection.phase else { return false }
        do throws(HTTPError) {
            let used = try reader.consume(connection.input, bytesMax: bytesMax) { _ in }
            takeInput(connection, used)
            guard reader.isDone else {
                connection.phase = .discarding(reader, bytesMax: bytesMax)
                return false
            }
            finishRequest(connection, keepsAlive: true)
            return true
        } catch {
            // It is answered already; only the connection is lost.
            connection.closesAfterOutput = true
            return false
        }
    }

    func takeInput(_ connection: Connection, _ used: Int) {
        if used == connection.input.count {
            connection.input = []
        } else {
            connection.input.removeFirst(used)
        }
    }

    // MARK: answers

    func finishRequest(_ connection: Connection, keepsAlive: Bool) {
        retainUntilSent(connection)
        connection.hasServed = true
        connection.phase = .head
        connection.deadline = now + UInt64(settings.idleSeconds) * 1000
        if !keepsAlive || isStopping || connection.isSpare { connection.closesAfterOutput = true }
    }

    /// What an exchange holds of the memory budget is held until its response is out.
    func retainUntilSent(_ connection: Connection) {
        if case .responding(let exchange, _, _) = connection.phase, !connection.output.isEmpty {
            connection.answered = exchange
        }
    }

    /// Answers an error on the wire and ends the connection: where the next request begins is
    /// not known.
    /// - path: what was asked for, where it is known better than by what waits here.
    private func refuse(_ connection: Connection, _ error: HTTPError, path: String? = nil) {
        let path =
            path
            ?? requestedPath(connection.input.dropFirst(connection.scanner.start))
        let response = handler.refuse(error, path: path)
        put(response, persistence: .closes, isHead: false, on: connection)
        connection.input = []
        finishRequest(connection, keepsAlive: false)
    }

    /// A deadline has passed.
    func expire(_ connection: Connection) {
        switch connection.phase {
        case .head where connection.hasBegunHead:
            refuse(connection, .tooSlow(seconds: settings.readSeconds))
            // Give the response a moment to leave, then end even if it can't.
            flush(connection)
        default: drop(connection)
        }
    }
}
