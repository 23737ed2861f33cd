import EngineAPI
import Glibc

import class Foundation.Thread

/// A host on a loopback port. Each request gets the next script, the last one for ever: pieces of
/// bytes, sent as they are, with pauses between.
final class StubHost: Sendable {
    enum Step: Sendable {
        case send(String)
        case pause(milliseconds: UInt32)
        /// Waits until the other side ends the connection, and keeps the time.
        case waitForEnd
        /// Ends the connection.
        case close
        /// Ends it with a reset.
        case reset
    }

    private struct State {
        var scripts: [[Step]]
        var requests: [String] = []
        var connections = 0
        var ended: ContinuousClock.Instant?
    }

    private let listener: Int32
    let port: UInt16
    private let state: Mutex<State>

    init(_ scripts: [Step]...) {
        state = Mutex(State(scripts: scripts))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size)
                listen(listener, 64)
                getsockname(listener, $0, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                state.withLock { $0.connections += 1 }
                Thread.detachNewThread { [self] in
                    while serve(connection) {}
                    close(connection)
                }
            }
            close(listener)
        }
    }

    var url: String { "http://127.0.0.1:\(port)/v1/chat/completions" }
    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }

    /// When the other side ended a connection, once it did.
    func end() async throws -> ContinuousClock.Instant {
        while true {
            if let ended = state.withLock({ $0.ended }) { return ended }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32) -> Bool {
        guard let request = read(connection) else { return false }
        let script = state.withLock { state in
            state.requests.append(request)
            return state.scripts.count > 1 ? state.scripts.removeFirst() : state.scripts[0]
        }
        for step in script {
            switch step {
            case .send(let text):
                let bytes = Array(text.utf8)
                guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 else {
                    return false
                }
            case .pause(let milliseconds): usleep(milliseconds * 1_000)
            case .waitForEnd:
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
                state.withLock { $0.ended = .now }
                return false
            case .close: return false
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    connection, SOL_SOCKET, SO_LINGER, &linger,
                    socklen_t(MemoryLayout.size(ofValue: linger)))
                return false
            }
        }
        return true
    }

    /// A whole request with its body; nil at the connection's end.
    private func read(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length =
                    head.firstRange(of: "content-length: ").map { found in
                        Int(head[found.upperBound...].prefix { $0.isNumber }) ?? 0
                    } ?? 0
                if text[end.upperBound...].utf8.count >= length { return text }
            }
            let count = recv(connection, &block, block.count, 0)
            guard count > 0 else { return nil }
            bytes += block[..<count]
        }
    }
}
