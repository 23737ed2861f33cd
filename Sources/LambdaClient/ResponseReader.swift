import CLinux
import Glibc
import HTTPWire

/// When an invocation must be given up, on the monotonic clock, in nanoseconds.
struct InvocationClock: Equatable {
    /// The exchange is cancelled, so that it still has time to say so.
    let cancelAt: UInt64
    /// We answer for it, so that the platform does not.
    let giveUpAt: UInt64

    /// - remaining: milliseconds until the platform ends us.
    init(remaining: Int64, now: UInt64) {
        let left = UInt64(min(max(remaining, 0), 900_000 * 4))
        // A quarter of a short time, or what a response of six megabytes needs twice over.
        cancelAt = now + (left - min(left / 4, 2_500)) * 1_000_000
        giveUpAt = now + (left - min(left / 12, 800)) * 1_000_000
    }

    /// - deadlineMilliseconds: since 1970; nil is the longest that the platform allows.
    init(deadlineMilliseconds: Int64?) {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        let now = Int64(wall.tv_sec) * 1_000 + Int64(wall.tv_nsec) / 1_000_000
        let remaining = (deadlineMilliseconds ?? now).subtractingReportingOverflow(now)
        self.init(
            remaining: deadlineMilliseconds == nil || remaining.overflow
                ? 900_000 : remaining.partialValue,
            now: linux_now())
    }
}

/// Reads one response out of its pipe and keeps its time: cancels the exchange when there is little
/// left. Used by one thread.
final class ResponseReader {
    /// A response that is over, one way or the other.
    enum Outcome {
        case whole(Response)
        case problem(LambdaProblem)
    }

    private let pipe: ResponsePipe
    private let exchange: (any Exchange)?
    private let clock: InvocationClock
    private(set) var isCancelled = false
    private(set) var bytes = 0

    init(_ pipe: ResponsePipe, exchange: (any Exchange)?, clock: InvocationClock) {
        self.pipe = pipe
        self.exchange = exchange
        self.clock = clock
    }

    /// The next item; `.late` only when all time is over.
    func next() -> ResponsePipe.Item {
        if !isCancelled {
            let item = pipe.next(until: clock.cancelAt)
            guard case .late = item else { return counted(item) }
            isCancelled = true
            exchange?.cancel(.deadlinePassed)
        }
        return counted(pipe.next(until: clock.giveUpAt))
    }

    /// Nothing more is wanted of this response.
    func drop() {
        exchange?.cancel(.clientGone)
        pipe.close()
    }

    /// The response as one piece of at most `bytesMax`.
    func collect(bytesMax: Int) -> Outcome {
        var head: ResponseHead?
        var body: [UInt8] = []
        while true {
            switch next() {
            case .head(let begun):
                if let problem = problem(begun) { return .problem(problem) }
                head = begun
            case .piece(let piece):
                guard body.count + piece.count <= bytesMax else {
                    drop()
                    return .problem(.responseTooLarge(bytesMax: bytesMax))
                }
                body += piece
            case .amendment(let bytes, let offset):
                guard offset >= 0, offset + bytes.count <= body.count else { continue }
                body.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            case .end(let trailers):
                guard let head else { return .problem(.responseBroken) }
                return .whole(Response(head: merged(head, trailers: trailers), body: body))
            case .broken: return .problem(isCancelled ? .deadlinePassed : .responseBroken)
            case .late:
                drop()
                return .problem(.deadlinePassed)
            }
        }
    }

    /// What an exchange says when we cancelled it is about us; the client wants to know why.
    func problem(_ head: ResponseHead) -> LambdaProblem? {
        guard isCancelled, head.status >= 500 else { return nil }
        drop()
        return .deadlinePassed
    }

    private func counted(_ item: ResponsePipe.Item) -> ResponsePipe.Item {
        if case .piece(let piece) = item { bytes += piece.count }
        return item
    }
}
