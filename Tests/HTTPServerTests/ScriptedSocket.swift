import EngineAPI
import HTTPWire

import struct Synchronization.Atomic

/// Echoes what comes; a few texts are orders.
final class ScriptedSocket: WebSocketHandling {
    let subprotocol: String? = "realtime"
    let responseFields = [("X-Request-Id", "test")]
    let limits: WebSocketLimits
    private let handler: ScriptedHandler
    private let account: MemoryAccount

    init(_ handler: ScriptedHandler) {
        self.handler = handler
        account = MemoryAccount(handler.memory)
        var limits = WebSocketLimits()
        limits.messageBytesMax = 2 << 20
        self.limits = limits
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }

    func run(_ socket: any WebSocketConnection) async {
        while true {
            switch await socket.next() {
            case .text(let bytes):
                switch String(decoding: bytes, as: UTF8.self) {
                case "close": socket.close(4_000, "as told")
                case "return": return
                case "wait":
                    while !handler.isReleased.load(ordering: .acquiring) {
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                case "flood":
                    // Until the client takes no more and then has gone.
                    let block = [UInt8](repeating: 0x61, count: 100_000)
                    while await socket.send(text: block) {}
                default: _ = await socket.send(text: bytes)
                }
            case .binary(let bytes): _ = await socket.send(binary: bytes)
            case .closed(let close):
                handler.closed.withLock { $0.append(close) }
                return
            }
        }
    }

    func cancel(_ reason: CancellationReason) {
        if reason == .clientGone { handler.cancelled.add(1, ordering: .relaxed) }
    }
}
