import EngineAPI
import Execution
import HTTPWire

/// An exchange whose body came in a content coding (RFC 9110 §8.4): keeps the coded bytes while
/// they arrive, since inflating on the event loop would hold it, and inflates them in the
/// answering task, within the bound of the exchange behind it.
final class InflatingExchange: Exchange {
    private let inner: any Exchange
    private let handler: any RequestHandling
    private let path: String
    private let coded = Mutex<[UInt8]>([])

    init(_ inner: any Exchange, path: String, handler: any RequestHandling) {
        self.path = path
        self.inner = inner
        self.handler = handler
    }

    var bodyBytesMax: Int { inner.bodyBytesMax }

    var deadline: ContinuousClock.Instant { inner.deadline }

    func receive(_ piece: ArraySlice<UInt8>) throws(HTTPError) {
        try inner.charge(piece.count)
        coded.withLock { $0.append(contentsOf: piece) }
    }

    func endBody() throws(HTTPError) {}

    func respond(to sink: any ResponseSink) async {
        do throws(HTTPError) {
            try inflate()
        } catch {
            inner.cancel(.refused)
            return await sink.send(handler.refuse(error, path: path))
        }
        await inner.respond(to: sink)
    }

    func charge(_ bytes: Int) throws(HTTPError) { try inner.charge(bytes) }
    func release(_ bytes: Int) { inner.release(bytes) }

    func cancel(_ reason: CancellationReason) {
        coded.withLock { $0 = [] }
        inner.cancel(reason)
    }

    private func inflate() throws(HTTPError) {
        let bytes = coded.withLock { coded in
            let all = coded
            coded = []
            return all
        }
        var inflater = InflateHandle()
        defer { inner.release(bytes.count) }
        var total = 0
        do throws(InflationError<HTTPError>) {
            try inflater.inflate(bytes) { (piece) throws(HTTPError) in
                total += piece.count
                guard total <= inner.bodyBytesMax else {
                    throw .bodyTooLarge(bytesMax: inner.bodyBytesMax)
                }
                try inner.receive(piece)
            }
        } catch .stopped(let error) {
            throw error
        } catch {
            throw .badContentCoding
        }
        guard inflater.isDone else { throw .badContentCoding }
        try inner.endBody()
    }
}

/// Whether the head names a coding that we inflate; nil when it names none, false for another.
func isInflatable(_ head: RequestHead) -> Bool? {
    guard let coding = head.value("content-encoding")?.lowercased(), coding != "identity" else {
        return nil
    }
    return ["gzip", "x-gzip", "deflate"].contains(coding)
}
