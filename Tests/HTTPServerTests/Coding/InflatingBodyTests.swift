import EngineAPI
import HTTPWire
import Testing

@testable import HTTPServer

private final class BoundedExchange: Exchange {
    let bodyBytesMax: Int
    let deadline = ContinuousClock.now + .seconds(600)
    let account: MemoryAccount

    init(_ budget: MemoryBudget, bodyBytesMax: Int) {
        account = MemoryAccount(budget)
        self.bodyBytesMax = bodyBytesMax
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try account.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { account.release(bytes) }
    func respond(to sink: any ResponseSink, body: any RequestBody) async throws(HTTPError) {}
    func cancel(_ reason: CancellationReason) {}
}

/// Coded bytes in pieces, each charged when it is pulled.
private final class CodedBody: RequestBody {
    private let pieces: Mutex<[ArraySlice<UInt8>]>
    private let exchange: any Exchange

    init(_ bytes: [UInt8], _ exchange: any Exchange, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int.random(in: 1...900, using: &random)))
            rest = rest.dropFirst(pieces.last!.count)
        }
        self.pieces = Mutex(pieces)
        self.exchange = exchange
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        let piece = pieces.withLock { $0.isEmpty ? nil : Array($0.removeFirst()) }
        if let piece { try exchange.charge(piece.count) }
        return piece
    }
}

@Suite struct InflatingBodyTests {
    /// Pulls to the end; returns what came, or the error.
    private func inflate(
        _ coded: [UInt8], bodyBytesMax: Int = 1 << 20, memory: Int = 1 << 30, seed: UInt64 = 1
    ) async -> (bytes: [UInt8], error: HTTPError?) {
        let budget = MemoryBudget(bytesMax: memory)
        var (all, failure) = ([UInt8](), HTTPError?.none)
        do {
            let exchange = BoundedExchange(budget, bodyBytesMax: bodyBytesMax)
            do {
                let body = InflatingBody(
                    CodedBody(coded, exchange, seed: seed), exchange: exchange)
                do throws(HTTPError) {
                    while let piece = try await body.next() {
                        all += piece
                        exchange.release(piece.count)
                    }
                } catch {
                    failure = error
                }
            }
            // Whatever happened, nothing stays charged once the body is gone.
            #expect(exchange.account.bytesHeld == 0)
        }
        #expect(budget.bytesHeld == 0)
        return (all, failure)
    }

    @Test("what was coded comes back, however it is cut", arguments: 1...20 as ClosedRange<UInt64>)
    func whole(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let plain = (0..<Int.random(in: 0...300_000, using: &random)).map { _ in
            UInt8.random(in: 0...(seed % 2 == 0 ? 3 : 255), using: &random)
        }
        let (bytes, error) = await inflate(gzipped(plain), seed: seed)
        #expect(bytes == plain && error == nil, "seed \(seed)")
    }

    @Test("a stream that is cut, damaged or followed by more is refused")
    func broken() async {
        let coded = gzipped((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* $0) })
        for bytes in [Array(coded.dropLast(3)), coded + [0], Array(coded.dropFirst())] {
            #expect(await inflate(bytes).error == .badContentCoding)
        }
        var damaged = coded
        damaged[coded.count / 2] ^= 0x55
        #expect(await inflate(damaged).error == .badContentCoding)
        #expect(await inflate([]).error == .badContentCoding)
    }

    @Test("a bomb is noticed a block after its bound, and memory that is full at once")
    func bomb() async {
        let coded = gzipped([UInt8](repeating: 0, count: 8 << 20))
        let (bytes, error) = await inflate(coded, bodyBytesMax: 100_000)
        #expect(error == .bodyTooLarge(bytesMax: 100_000) && bytes.count <= 100_000)
        #expect(await inflate(coded, memory: 20_000).error == .overloaded)
    }
}
