import CLinux
import Glibc
import HTTPWire

// What one connection has to send: put together, sent as far as the socket takes it, and ended.
extension EventLoop {
    /// Most answers leave at once: they are put together in one buffer of the loop's, which a
    /// connection keeps only where the socket does not take all of it.
    func takeOutputBack(_ connection: Connection) {
        if connection.output.isEmpty {
            connection.output.swapBuffer(&spareOutput)
            if spareOutput.capacity > EventLoop.spareOutputBytesMax { spareOutput = [] }
        } else if spareOutput.capacity == 0 {
            spareOutput.reserveCapacity(EventLoop.spareOutputBytesMin)
        }
    }

    func hasOutputRoom(_ connection: Connection) -> Bool {
        connection.output.count < ServerSettings.outputBytesMax
    }

    func interim(_ text: StaticString, to connection: Connection) {
        connection.output.gather { out in
            text.withUTF8Buffer { out.append(contentsOf: $0) }
        }
    }

    /// Puts a response behind what waits; a large body is not copied.
    func put(
        _ response: Response, persistence: Persistence, isHead: Bool, on connection: Connection
    ) {
        let isLarge = response.body.count >= OutputQueue.gatherBytesMax
        connection.output.gather {
            response.append(
                to: &$0, persistence: persistence, date: dateText(), isHead: isHead || isLarge)
        }
        if isLarge, !isHead { connection.output.append(response.body) }
    }

    /// Small answers are the most; they are not looked at twice.
    func coded(_ response: Response, for head: RequestHead) -> Response {
        guard response.body.count >= ContentCoder.bytesMin else { return response }
        return coder.coded(response, acceptEncoding: head.values("accept-encoding"))
    }

    /// Sends what the socket takes.
    func flush(_ connection: Connection) {
        guard find(connection.connectionID) != nil else { return }
        while !connection.output.isEmpty, connection.mayWrite {
            let sent = connection.output.send {
                sockets.send(connection.connectionID.descriptor, $0)
            }
            if sent < 0 {
                guard sent == -Int(EAGAIN) else { return drop(connection) }
                connection.mayWrite = false
                break
            }
            connection.waiting?.taken += sent
            switch connection.phase {
            case .responding(_, let sink, _): sink.didSend(sent)
            case .webSocket(let reception): reception.socket.didSend(sent)
            default: break
            }
        }
        if connection.output.isEmpty {
            connection.answered = nil
            connection.waiting = nil
            switch connection.phase {
            case .responding, .webSocket: connection.deadline = nil
            default: break
            }
            if connection.closesAfterOutput { beginLinger(connection) }
        } else {
            let waiting = connection.waiting ?? (since: now, taken: 0)
            connection.waiting = waiting
            // A reader that takes nothing, or next to nothing, has gone or means harm.
            connection.deadline =
                waiting.since
                + settings.milliseconds(settings.writeStallSeconds, bytes: waiting.taken)
        }
    }

    private func beginLinger(_ connection: Connection) {
        if case .lingering = connection.phase { return }
        if connection.sawReadEnd && !connection.mayRead { return drop(connection) }
        sockets.endSending(connection.connectionID.descriptor)
        connection.input = []
        connection.phase = .lingering(bytes: 0)
        connection.deadline = now + ServerSettings.lingerMilliseconds
    }
}
