import EngineAPI
import Execution
import Foundation
import Glibc
import HTTPServer
import HTTPWire
import Testing

import struct Synchronization.Atomic

/// Echoes bodies, streams on `/stream`, waits on `/wait` until it is cancelled.
final class ScriptedHandler: RequestHandling {
    let cancelled = Atomic<Int>(0)
    /// `/later` asks for its body once this is set.
    let isReleased = Atomic<Bool>(false)
    /// What all bodies and messages together may hold.
    let memory = MemoryBudget(bytesMax: 64 << 20)
    /// What others hold of it.
    let others: MemoryAccount
    /// How WebSockets ended.
    let closed = Mutex<[WebSocketClose]>([])

    init() { others = MemoryAccount(memory) }

    func admit(_ head: RequestHead) -> Admission {
        switch head.path {
        case "/page":
            .response(
                Response(
                    status: 200, type: "text/html", body: Array(repeating: 0x61, count: 5_000)))
        case "/ok":
            .response(Response(status: 200, type: "text/plain", body: Array("ok".utf8)))
        case "/echo", "/stream", "/sized", "/wait", "/hurry", "/live", "/early", "/later":
            .exchange(ScriptedExchange(head.path, handler: self))
        case "/socket": upgrade(head)
        default: .response(Response(status: 404, type: "text/plain", body: []))
        }
    }

    private func upgrade(_ head: RequestHead) -> Admission {
        do throws(WebSocketUpgradeError) {
            return .upgrade(try WebSocketUpgrade(head), ScriptedSocket(self))
        } catch {
            let fields = [("Content-Type", "text/plain")] + error.fields
            return .response(
                Response(head: ResponseHead(status: error.status, fields: fields), body: []))
        }
    }

    func refuse(_ error: HTTPError, path: String?) -> Response {
        Response(status: error.status, type: "text/plain", body: [])
    }
}

final class ScriptedExchange: Exchange {
    let bodyBytesMax: Int
    let deadline: ContinuousClock.Instant
    private let path: String
    private let handler: ScriptedHandler
    private let account: MemoryAccount
    private let isCancelled = Atomic<Bool>(false)

    init(_ path: String, handler: ScriptedHandler) {
        self.path = path
        self.handler = handler
        account = MemoryAccount(handler.memory)
        bodyBytesMax = ["/live", "/early", "/later"].contains(path) ? 64 << 20 : 1_000
        deadline = .now + (path == "/hurry" ? .seconds(1) : .seconds(600))
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }

    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {
        switch path {
        case "/live": return try await echoAsItComes(sink, body)
        case "/early":
            return await sink.send(Response(status: 202, type: "text/plain", body: []))
        case "/later":
            while !handler.isReleased.load(ordering: .acquiring) {
                try? await Task.sleep(for: .milliseconds(5))
            }
        default: break
        }
        var all: [UInt8] = []
        var count = 0
        while let piece = try await body.next() {
            count += piece.count
            if path == "/later" { release(piece.count) } else { all += piece }
        }
        if path == "/later" { all = Array("\(count)".utf8) }
        await respond(to: sink, all)
    }

    private func echoAsItComes(
        _ sink: any ResponseSink, _ body: any RequestBody
    ) async throws(HTTPError) {
        await sink.begin(ResponseHead(status: 200))
        while let piece = try await body.next() {
            defer { release(piece.count) }
            guard await sink.write(piece) else { return await sink.abort() }
        }
        await sink.end(trailers: [])
    }

    private func respond(to sink: any ResponseSink, _ body: [UInt8]) async {
        switch path {
        case "/echo", "/later":
            await sink.send(Response(status: 200, type: "text/plain", body: body))
        case "/stream":
            await sink.begin(ResponseHead(status: 200, fields: [("Trailer", "X-End")]))
            for piece in ["one", "two", "three"] { _ = await sink.write(Array(piece.utf8)) }
            await sink.end(trailers: [("X-End", "yes")])
        case "/sized":
            var head = ResponseHead(status: 206)
            head.bodyBytes = 11
            await sink.begin(head)
            for piece in ["one", "two", "three"] { _ = await sink.write(Array(piece.utf8)) }
            await sink.end(trailers: [])
        case "/hurry":
            // More than any socket's buffer holds, to a client that reads nothing.
            await sink.begin(ResponseHead(status: 200))
            var isOpen = true
            while isOpen { isOpen = await sink.write(Array(repeating: 0x61, count: 100_000)) }
            handler.cancelled.add(1, ordering: .relaxed)
            await sink.abort()
        default:
            while !isCancelled.load(ordering: .acquiring) { await Task.yield() }
            handler.cancelled.add(1, ordering: .relaxed)
            await sink.send(Response(status: 503, type: "text/plain", body: []))
        }
    }

    func cancel(_ reason: CancellationReason) {
        isCancelled.store(true, ordering: .releasing)
        if path == "/live", reason == .clientGone { handler.cancelled.add(1, ordering: .relaxed) }
    }
}

/// A server on a free loopback port.
func startServer(
    _ settings: ServerSettings = ServerSettings()
) throws -> (server: SocketServer, handler: ScriptedHandler) {
    var settings = settings
    settings.address = "127.0.0.1"
    settings.port = 0
    settings.graceSeconds = 1
    let handler = ScriptedHandler()
    let server = try SocketServer(settings, handler: handler)
    try server.start()
    return (server, handler)
}

/// A server on a free loopback port for the length of one test.
func withServer(
    _ settings: ServerSettings = ServerSettings(),
    _ body: (UInt16, ScriptedHandler) throws -> Void
) throws {
    let (server, handler) = try startServer(settings)
    defer { server.stop() }
    try body(server.port, handler)
}

/// Sends the pieces and reads until the server closes or `wanted` has come.
func exchange(
    _ port: UInt16, _ pieces: [String], until wanted: String? = nil, endsSending: Bool = false
) -> String {
    let descriptor = connect(port)
    defer { close(descriptor) }
    for piece in pieces { _ = piece.withCString { send(descriptor, $0, strlen($0), 0x4000) } }
    if endsSending { shutdown(descriptor, Int32(SHUT_WR)) }
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = recv(descriptor, &block, block.count, 0)
        if count <= 0 { break }
        all += block[0..<count]
        if let wanted, String(decoding: all, as: UTF8.self).contains(wanted) { break }
    }
    return String(decoding: all, as: UTF8.self)
}

/// Sends bytes and reads until the server closes.
func send(_ port: UInt16, _ bytes: [UInt8]) -> String {
    let descriptor = connect(port)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0x4000) }
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(descriptor, &block, block.count, 0), count > 0 {
        all += block[0..<count]
    }
    return String(decoding: all, as: UTF8.self)
}

func connect(_ port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    connect(descriptor, port)
    return descriptor
}

func connect(_ descriptor: Int32, _ port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // A server that is stuck fails the test instead of holding it. Other tests keep the shared
    // threads busy, so that a response may take its time.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    let failed = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    precondition(failed == 0, "no connection")
}
