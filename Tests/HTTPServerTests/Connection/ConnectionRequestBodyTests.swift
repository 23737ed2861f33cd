import EngineAPI
import HTTPWire
import Testing

@testable import HTTPServer

private final class CountingExchange: Exchange {
    let bodyBytesMax = 1 << 20
    let deadline = ContinuousClock.now + .seconds(600)
    private let account: MemoryAccount

    init(_ budget: MemoryBudget) { account = MemoryAccount(budget) }

    var bytesHeld: Int { account.bytesHeld }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }
    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {}
    func cancel(_ reason: CancellationReason) {}
}

/// What came out of a body: its bytes in order, and how it ended.
private struct Pulled: Equatable {
    var bytes: [UInt8] = []
    var error: HTTPError?
}

@Suite struct ConnectionRequestBodyTests {
    private static let id = ConnectionID(descriptor: 1, generation: 1)

    /// Pulls with pauses; lets go of each piece, sooner or later.
    private static func pull(
        _ body: ConnectionRequestBody, _ exchange: CountingExchange, seed: UInt64
    ) async -> Pulled {
        var random = SeededGenerator(seed: seed)
        var pulled = Pulled()
        do throws(HTTPError) {
            while let piece = try await body.next() {
                pulled.bytes += piece
                for _ in 0..<Int.random(in: 0..<4, using: &random) { await Task.yield() }
                exchange.release(piece.count)
            }
        } catch {
            pulled.error = error
        }
        return pulled
    }

    @Test(
        "whatever comes, is pulled, breaks off or is cancelled, nothing stays charged",
        arguments: 1...300 as ClosedRange<UInt64>)
    func exact(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        // Room for some of it only, in every third run.
        let budget = MemoryBudget(bytesMax: seed % 3 == 0 ? 3_000 : 1 << 20)
        var sent: [UInt8] = []
        var kept: [UInt8]?
        do {
            let exchange = CountingExchange(budget)
            let mailbox = LoopMailbox {}
            let body = ConnectionRequestBody(
                Self.id, mailbox: mailbox, exchange: exchange, framing: .chunked)
            let task = Task { await Self.pull(body, exchange, seed: seed) }
            var isOver = false
            for _ in 0..<Int.random(in: 1...60, using: &random) where !isOver {
                switch Int.random(in: 0..<40, using: &random) {
                case 0: task.cancel()
                case 1:
                    body.fail(.badChunk)
                    isOver = true
                case 2:
                    body.drop()
                    isOver = true
                case 3...20:
                    let piece = (0..<Int.random(in: 1...900, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    do throws(HTTPError) {
                        try body.receive(piece[...])
                        sent += piece
                    } catch {
                        body.fail(error)
                        isOver = true
                    }
                case 21...28: body.wake()
                default: await Task.yield()
                }
            }
            if !isOver {
                body.finish()
                if Bool.random(using: &random) { kept = sent }
            }
            // The exchange has responded, and will pull no more.
            if kept == nil { body.drop() }
            let pulled = await task.value
            if kept != nil, pulled.error == nil { #expect(pulled.bytes == sent, "seed \(seed)") }
            #expect(sent.starts(with: pulled.bytes), "seed \(seed)")
            body.drop()
            #expect(exchange.bytesHeld == 0, "seed \(seed)")
        }
        #expect(budget.bytesHeld == 0, "seed \(seed)")
    }

    @Test("one window is read ahead, and a pull asks for more")
    func window() async throws {
        let exchange = CountingExchange(.unlimited())
        let mailbox = LoopMailbox {}
        let body = ConnectionRequestBody(
            Self.id, mailbox: mailbox, exchange: exchange, framing: .length(1 << 20))
        let piece = [UInt8](repeating: 1, count: 64 * 1_024)
        var count = 0
        while body.hasRoom() {
            try body.receive(piece[...])
            count += piece.count
        }
        #expect(count == ServerSettings.bodyWindowBytes && mailbox.take().isEmpty)
        #expect(try await body.next()?.count == count)
        #expect(mailbox.take().count == 1 && body.hasRoom())
        #expect(exchange.bytesHeld == count)
    }

    @Test("a pull that is cancelled ends, and the body goes on")
    func cancelled() async throws {
        let exchange = CountingExchange(.unlimited())
        let body = ConnectionRequestBody(
            Self.id, mailbox: LoopMailbox {}, exchange: exchange, framing: .chunked)
        let task = Task { await Self.pull(body, exchange, seed: 1) }
        await Task.yield()
        task.cancel()
        #expect(await task.value.error == .cancelled)
        try body.receive([1, 2])
        body.finish()
        #expect(try await body.next() == [1, 2])
        #expect(try await body.next() == nil)
        #expect(try await body.next() == nil)
    }

    @Test("a body that broke off tells how, and lets go of what waited")
    func failed() async throws {
        let exchange = CountingExchange(.unlimited())
        let body = ConnectionRequestBody(
            Self.id, mailbox: LoopMailbox {}, exchange: exchange, framing: .chunked)
        try body.receive([1, 2])
        body.fail(.endedEarly)
        #expect(exchange.bytesHeld == 0 && !body.isReusable)
        body.drop()
        await #expect(throws: HTTPError.endedEarly) { try await body.next() }
    }
}
