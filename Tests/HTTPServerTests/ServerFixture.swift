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

    func admit(_ head: RequestHead) -> Admission {
        switch head.path {
        case "/page":
            .response(
                Response(
                    status: 200, type: "text/html", body: Array(repeating: 0x61, count: 5_000)))
        case "/ok":
            .response(Response(status: 200, type: "text/plain", body: Array("ok".utf8)))
        case "/echo", "/stream", "/sized", "/wait", "/hurry":
            .exchange(ScriptedExchange(head.path, handler: self))
        default: .response(Response(status: 404, type: "text/plain", body: []))
        }
    }

    func refuse(_ error: HTTPError, path: String?) -> Response {
        Response(status: error.status, type: "text/plain", body: [])
    }
}

final class ScriptedExchange: Exchange {
    let bodyBytesMax = 1_000
    let deadline: ContinuousClock.Instant
    private let path: String
    private let handler: ScriptedHandler
    private let body = Mutex<[UInt8]>([])
    private let isCancelled = Atomic<Bool>(false)

    init(_ path: String, handler: ScriptedHandler) {
        self.path = path
        self.handler = handler
        deadline = .now + (path == "/hurry" ? .seconds(1) : .seconds(600))
    }

    func receive(_ piece: ArraySlice<UInt8>) throws(HTTPError) { body.withLock { $0 += piece } }
    func endBody() throws(HTTPError) {}

    func respond(to sink: any ResponseSink) async {
        switch path {
        case "/echo":
            await sink.send(
                Response(status: 200, type: "text/plain", body: body.withLock { $0 }))
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

    func cancel(_ reason: CancellationReason) { isCancelled.store(true, ordering: .releasing) }
}

/// A server on a free loopback port for the length of one test.
func withServer(
    _ settings: ServerSettings = ServerSettings(),
    _ body: (UInt16, ScriptedHandler) throws -> Void
) throws {
    var settings = settings
    settings.address = "127.0.0.1"
    settings.port = 0
    settings.graceSeconds = 1
    let handler = ScriptedHandler()
    let server = try SocketServer(settings, handler: handler)
    try server.start()
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
