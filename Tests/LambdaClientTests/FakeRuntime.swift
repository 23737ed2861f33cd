import EngineAPI
import Execution
import Foundation
import Glibc

/// The platform's side: hands out events over a loopback socket and keeps what is posted back.
final class FakeRuntime: Sendable {
    struct Event {
        var body: String
        var id = "11111111-2222-3333-4444-555555555555"
        /// From when it is handed out; nil sends no deadline.
        var deadlineInMilliseconds: Int? = 60_000
        /// Of its response's body; then the platform cuts the connection, as for a client that
        /// left.
        var cutAfterBytes: Int?
        /// Answered at once to its stream, which is not read.
        var refusalStatus: Int?
    }

    struct Posted: Sendable {
        let target: String
        let fields: [String: String]
        let body: [UInt8]
        let trailers: [String: String]
        var isCut = false

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    private struct State {
        var events: [Event]
        var posted: [Posted] = []
        var connections = 0
        var connection: Int32 = -1
        var cuts: [String: Int] = [:]
        var refusals: [String: Int] = [:]
        var isStopping = false
        /// What was asked for, each with the number of its connection.
        var calls: [String] = []
    }

    private let listener: Int32
    let port: UInt16
    /// Answered to every poll in place of an event.
    private let brokenStatus: Int?
    /// Answered to who waits for a copy of its snapshot.
    private let restoreStatus: Int
    private let state: Mutex<State>

    init(_ events: [Event], brokenStatus: Int? = nil, restoreStatus: Int = 200) {
        self.restoreStatus = restoreStatus
        state = Mutex(State(events: events))
        self.brokenStatus = brokenStatus
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size)
                listen(listener, 8)
                getsockname(listener, $0, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        Thread.detachNewThread { [self] in acceptAll() }
    }

    var address: String { "127.0.0.1:\(port)" }
    var calls: [String] { state.withLock { $0.calls } }
    var connections: Int { state.withLock { $0.connections } }

    /// Waits up to ten seconds, or more, for so many posts.
    func posts(_ count: Int, seconds: Int = 10) async throws -> [Posted] {
        for _ in 0..<seconds * 100 {
            let posted = state.withLock { $0.posted }
            if posted.count >= count { return posted }
            try await Task.sleep(for: .milliseconds(10))
        }
        return state.withLock { $0.posted }
    }

    func stop() {
        let connection = state.withLock { state in
            state.isStopping = true
            return state.connection
        }
        shutdown(connection, Int32(SHUT_RDWR))
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            state.withLock { ($0.connections, $0.connection) = ($0.connections + 1, connection) }
            var reader = WireReader(descriptor: connection)
            while serve(&reader) {}
            state.withLock { $0.connection = -1 }
            close(connection)
        }
        close(listener)
    }

    private func serve(_ reader: inout WireReader) -> Bool {
        guard let head = reader.head() else { return false }
        let call = head.target.split(separator: "/").suffix(2).joined(separator: "/")
        state.withLock { $0.calls.append("\($0.connections) \(call)") }
        if head.target.hasSuffix("/restore/next") {
            reader.send("HTTP/1.1 \(restoreStatus) OK\r\nContent-Length: 0\r\n\r\n")
            return true
        }
        guard head.target.hasSuffix("/invocation/next") else {
            let id = head.target.split(separator: "/").dropLast().last.map(String.init) ?? ""
            let (cut, refusal) = state.withLock {
                ($0.cuts[id], head.target.hasSuffix("/response") ? $0.refusals[id] : nil)
            }
            if let refusal {
                reader.send("HTTP/1.1 \(refusal) No\r\nContent-Length: 0\r\n\r\n")
                shutdown(reader.descriptor, Int32(SHUT_WR))
                // Until the other side has seen it: a reset would take the response away.
                while reader.skip() {}
                return false
            }
            guard let (body, trailers) = reader.body(head.fields, cutAfterBytes: cut) else {
                return false
            }
            let isCut = cut.map { body.count > $0 } ?? false
            let posted = Posted(
                target: head.target, fields: head.fields, body: body, trailers: trailers,
                isCut: isCut)
            if isCut {
                state.withLock { $0.posted.append(posted) }
                return false
            }
            reader.send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            state.withLock { $0.posted.append(posted) }
            return true
        }
        if let brokenStatus {
            reader.send("HTTP/1.1 \(brokenStatus) No\r\nContent-Length: 0\r\n\r\n")
            return true
        }
        while true {
            let (event, isStopping) = state.withLock { state in
                let event = state.events.isEmpty ? nil : state.events.removeFirst()
                if let event {
                    state.cuts[event.id] = event.cutAfterBytes
                    state.refusals[event.id] = event.refusalStatus
                }
                return (event, state.isStopping)
            }
            if isStopping { return false }
            if let event {
                var lines = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \(event.id)\r\n"
                if let left = event.deadlineInMilliseconds {
                    var now = timespec()
                    clock_gettime(CLOCK_REALTIME, &now)
                    let at = now.tv_sec * 1_000 + now.tv_nsec / 1_000_000 + left
                    lines += "Lambda-Runtime-Deadline-Ms: \(at)\r\n"
                }
                reader.send(
                    lines + "Content-Length: \(event.body.utf8.count)\r\n\r\n" + event.body)
                return true
            }
            usleep(5_000)
        }
    }
}

/// Reads requests off a blocking socket.
private struct WireReader {
    let descriptor: Int32
    private var bytes: [UInt8] = []

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func head() -> (target: String, fields: [String: String])? {
        guard let first = line() else { return nil }
        let words = first.split(separator: " ")
        guard words.count == 3 else { return nil }
        return fields().map { (String(words[1]), $0) }
    }

    mutating func body(
        _ fields: [String: String], cutAfterBytes: Int?
    ) -> ([UInt8], [String: String])? {
        guard fields["transfer-encoding"] == "chunked" else {
            let length = Int(fields["content-length"] ?? "") ?? 0
            return take(min(length, cutAfterBytes.map { $0 + 1 } ?? length)).map { ($0, [:]) }
        }
        var body: [UInt8] = []
        while true {
            guard let size = line().flatMap({ Int($0, radix: 16) }) else { return nil }
            if size == 0 { return self.fields().map { (body, $0) } }
            guard let piece = take(size), take(2) != nil else { return nil }
            body += piece
            if let cutAfterBytes, body.count > cutAfterBytes { return (body, [:]) }
        }
    }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    private mutating func fields() -> [String: String]? {
        var fields: [String: String] = [:]
        while let line = line() {
            if line.isEmpty { return fields }
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] =
                parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        return nil
    }

    private mutating func line() -> String? {
        while true {
            if let end = bytes.firstIndex(of: 0x0A) {
                let line = String(decoding: bytes[..<end].dropLast(), as: UTF8.self)
                bytes.removeFirst(end + 1)
                return line
            }
            guard more() else { return nil }
        }
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        while bytes.count < count { guard more() else { return nil } }
        defer { bytes.removeFirst(count) }
        return Array(bytes[..<count])
    }

    /// Throws away what comes; false at the end.
    mutating func skip() -> Bool {
        bytes = []
        return more()
    }

    private mutating func more() -> Bool {
        var block = [UInt8](repeating: 0, count: 65_536)
        let got = recv(descriptor, &block, block.count, 0)
        guard got > 0 else { return false }
        bytes += block[0..<got]
        return true
    }
}
