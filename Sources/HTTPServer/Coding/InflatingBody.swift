import EngineAPI
import HTTPWire

/// A body in a content coding (RFC 9110 §8.4), inflated as it is pulled: by the task that responds,
/// since it would hold an event loop.
final class InflatingBody: RequestBody {
    private struct State: ~Copyable {
        var inflater = InflateHandle()
        /// The coded piece in hand, and how much of it is used.
        var coded: [UInt8] = []
        var used = 0
        var bytesMade = 0
    }

    private let coded: any RequestBody
    private let exchange: any Exchange
    private let state = Mutex(State())

    init(_ coded: any RequestBody, exchange: any Exchange) {
        self.coded = coded
        self.exchange = exchange
    }

    deinit {
        // Let go in the middle of a piece.
        let count = state.withLock { $0.coded.count }
        if count > 0 { exchange.release(count) }
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        while true {
            if let made = try state.withLock({ state throws(HTTPError) in try step(&state) }) {
                return made
            }
            guard let piece = try await coded.next() else {
                guard state.withLock({ $0.inflater.isDone }) else { throw .badContentCoding }
                return nil
            }
            state.withLock { ($0.coded, $0.used) = (piece, 0) }
        }
    }

    /// At most one block of what the piece in hand comes to; nil when it is used up.
    private func step(_ state: inout State) throws(HTTPError) -> [UInt8]? {
        while !state.coded.isEmpty {
            var made: [UInt8] = []
            do throws(InflationError) {
                made = try state.inflater.inflate(state.coded, from: &state.used)
            } catch {
                throw .badContentCoding
            }
            if made.isEmpty, state.used == state.coded.count {
                exchange.release(state.coded.count)
                state.coded = []
            }
            guard !made.isEmpty else { continue }
            state.bytesMade += made.count
            guard state.bytesMade <= exchange.bodyBytesMax else {
                throw .bodyTooLarge(bytesMax: exchange.bodyBytesMax)
            }
            try exchange.charge(made.count)
            return made
        }
        return nil
    }
}

/// Whether the head names a coding that we inflate; nil when it names none, false for another.
func isInflatable(_ head: RequestHead) -> Bool? {
    guard let coding = head.value("content-encoding")?.lowercased(), coding != "identity" else {
        return nil
    }
    return ["gzip", "x-gzip", "deflate"].contains(coding)
}
