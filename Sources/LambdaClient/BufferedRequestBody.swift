import EngineAPI
import HTTPWire

/// The body of an invocation, which is here as a whole: one pull gives all of it.
final class BufferedRequestBody: RequestBody {
    private let exchange: any Exchange
    private let bytes: Mutex<[UInt8]>

    /// Charges the bytes to the exchange.
    /// - Throws: `.bodyTooLarge`, `.overloaded`.
    init(_ bytes: [UInt8], exchange: any Exchange) throws(HTTPError) {
        guard bytes.count <= exchange.bodyBytesMax else {
            throw .bodyTooLarge(bytesMax: exchange.bodyBytesMax)
        }
        try exchange.charge(bytes.count)
        self.exchange = exchange
        self.bytes = Mutex(bytes)
    }

    deinit {
        let count = take().count
        if count > 0 { exchange.release(count) }
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        let bytes = take()
        return bytes.isEmpty ? nil : bytes
    }

    private func take() -> [UInt8] {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}
