import EngineAPI
import Execution
import HTTPWire

import struct Synchronization.Atomic

/// Answers by the path, as the service would.
final class ScriptedHandler: RequestHandling {
    let cancelled = Atomic<Int>(0)

    func admit(_ head: RequestHead) -> Admission {
        if head.isPath("/ok") {
            return .response(Response(status: 200, type: "text/plain", body: Array("ok".utf8)))
        }
        if head.isPath("/socket") {
            var status = 101
            do throws(WebSocketUpgradeError) {
                _ = try WebSocketUpgrade(head)
            } catch {
                status = error.status
            }
            return .response(Response(status: status, type: "text/plain", body: []))
        }
        return .exchange(ScriptedExchange(head, handler: self))
    }

    func refuse(_ error: HTTPError, path: String?) -> Response {
        Response(status: error.status, type: "text/plain", body: Array("refused".utf8))
    }
}

private final class ScriptedExchange: Exchange {
    let bodyBytesMax = 1_000_000
    let deadline = ContinuousClock.now + .seconds(600)
    private let head: RequestHead
    private let handler: ScriptedHandler
    private let isCancelled = Atomic<Bool>(false)

    init(_ head: RequestHead, handler: ScriptedHandler) {
        self.head = head
        self.handler = handler
    }

    func charge(_ bytes: Int) throws(HTTPError) {}
    func release(_ bytes: Int) {}

    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {
        var all: [UInt8] = []
        while let piece = try await body.next() { all += piece }
        await respond(to: sink, all)
    }

    private func respond(to sink: any ResponseSink, _ body: [UInt8]) async {
        switch head.path {
        case "/echo":
            await sink.send(
                Response(
                    status: 201, type: "application/octet-stream", body: body,
                    fields: [("X-Id", head.value("x-request-id") ?? "none")]))
        case "/warmup":
            let key = head.value("authorization") ?? "none"
            let text = String(decoding: body, as: UTF8.self)
            await sink.send(
                Response(
                    status: 200, type: "application/json",
                    body: Array(#"{"key":"\#(key)","asked":"\#(text.utf8.count)"}"#.utf8)))
        case "/big": await stream(sink, pieces: 80, of: 65_536)
        case "/mended":
            await sink.begin(ResponseHead(status: 200))
            _ = await sink.write(Array("??".utf8))
            _ = await sink.write(Array("cd".utf8))
            await sink.amend(Array("ab".utf8), at: 0)
            await sink.amend(Array("no".utf8), at: 3)
            await sink.end(trailers: [])
        case "/stream": await stream(sink, pieces: 3, of: 5)
        case "/broken":
            await sink.begin(ResponseHead(status: 200))
            _ = await sink.write([1, 2, 3])
            await sink.abort()
        case "/silent": break
        case "/deaf": try? await Task.sleep(for: .seconds(9))
        default:
            while !isCancelled.load(ordering: .acquiring) {
                try? await Task.sleep(for: .milliseconds(5))
            }
            await sink.send(Response(status: 503, type: "text/plain", body: []))
        }
    }

    private func stream(_ sink: any ResponseSink, pieces: Int, of count: Int) async {
        await sink.begin(
            ResponseHead(
                status: 200,
                fields: [
                    ("Content-Type", "audio/wav"), ("Server-Timing", "early"),
                    ("Trailer", "Server-Timing"),
                ]))
        for number in 0..<pieces {
            let piece = [UInt8](repeating: UInt8(number), count: count)
            guard await sink.write(piece) else { return }
        }
        await sink.end(trailers: [("Server-Timing", "late")])
    }

    func cancel(_ reason: CancellationReason) {
        isCancelled.store(true, ordering: .releasing)
        handler.cancelled.add(1, ordering: .relaxed)
    }
}
