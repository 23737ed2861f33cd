import EngineAPI
import Execution

/// Moves transfers side by side on the thread that runs it.
final class TransferLoop: Sendable {
    /// Far more than there are conversations; one more is refused.
    private static let transfersMax = 256

    /// A post that is to begin, and who waits for its end.
    struct Arrival: Sendable {
        let request: StreamedPost
        let cancellation: Cancellation
        let onPiece: @Sendable (_ status: Int, _ bytes: [UInt8]) -> Void
        let started: ContinuousClock.Instant
        let continuation: CheckedContinuation<StreamedPostOutcome, Never>
    }

    private struct State {
        var arrivals: [Arrival] = []
        /// Those that arrived and have not ended.
        var count = 0
        /// None is taken any more.
        var isClosed = false
    }

    private let state = Mutex(State())
    private let multi = Mutex<CurlMultiHandle?>(nil)

    func add(_ arrival: Arrival) {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.count < Self.transfersMax else { return false }
            state.arrivals.append(arrival)
            state.count += 1
            return true
        }
        guard isTaken else { return arrival.continuation.resume(returning: .failed(code: -1)) }
        wake()
    }

    /// Has the thread look around. Before it has a handle it is about to do so anyway.
    func wake() { multi.withLock { $0 }?.wake() }

    /// Ends `run`; what is under way is cancelled.
    func stop() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    /// Runs until it is stopped.
    func run() {
        guard let multi = try? CurlMultiHandle() else { return refuseAll() }
        self.multi.withLock { $0 = multi }
        var running: [StreamedTransfer] = []
        while true {
            let (arrivals, isClosed) = takeArrivals()
            for arrival in arrivals { begin(arrival, on: multi, &running) }
            for (transfer, code) in multi.perform() {
                guard let index = running.firstIndex(where: { $0.transfer === transfer }) else {
                    continue
                }
                let ended = running.remove(at: index)
                end(ended, ended.outcome(code: code))
            }
            let now = ContinuousClock.now
            running.removeAll { transfer in
                guard let outcome = isClosed ? .cancelled : transfer.interruption(at: now) else {
                    return false
                }
                // Told first: to let go of a connection may take a moment.
                end(transfer, outcome)
                multi.remove(transfer.transfer)
                return true
            }
            if isClosed { break }
            let next = running.map(\.nextDeadline).min() ?? now + .seconds(60)
            multi.wait(milliseconds: Self.milliseconds(until: next, from: now))
        }
        refuseAll()
    }

    private func takeArrivals() -> ([Arrival], isClosed: Bool) {
        state.withLock { state in
            defer { state.arrivals = [] }
            return (state.arrivals, state.isClosed)
        }
    }

    private func begin(
        _ arrival: Arrival, on multi: CurlMultiHandle, _ running: inout [StreamedTransfer]
    ) {
        let transfer = StreamedTransfer(arrival)
        do throws(TransferError) {
            guard transfer.hasSoundFields else { throw .failed(code: StreamedTransfer.badArgument) }
            try multi.add(transfer.transfer)
            running.append(transfer)
        } catch .failed(let code) {
            end(transfer, .failed(code: code))
        } catch {
            end(transfer, .failed(code: -1))
        }
    }

    private func end(_ transfer: StreamedTransfer, _ outcome: StreamedPostOutcome) {
        state.withLock { $0.count -= 1 }
        transfer.arrival.continuation.resume(returning: outcome)
    }

    /// Without the library, or at the end.
    private func refuseAll() {
        let left = state.withLock { state in
            defer { (state.arrivals, state.isClosed) = ([], true) }
            return state.arrivals
        }
        for arrival in left { arrival.continuation.resume(returning: .failed(code: -1)) }
    }

    /// At least one, so that a deadline has passed after the wait.
    private static func milliseconds(
        until deadline: ContinuousClock.Instant, from now: ContinuousClock.Instant
    ) -> Int32 {
        let left = (deadline - now).components
        guard left.seconds >= 0 else { return 0 }
        let whole = min(left.seconds, 60) * 1_000 + left.attoseconds / 1_000_000_000_000_000
        return Int32(truncatingIfNeeded: max(whole, 0) + 1)
    }
}

/// One post under way.
final class StreamedTransfer {
    /// CURLE_BAD_FUNCTION_ARGUMENT, CURLE_WRITE_ERROR, CURLE_OPERATION_TIMEDOUT.
    static let badArgument: Int32 = 43
    private static let writeFailed: Int32 = 23
    private static let timedOut: Int32 = 28

    let arrival: TransferLoop.Arrival
    let transfer: CurlTransfer
    /// Of the response's body, so far.
    private var bytes = 0

    init(_ arrival: TransferLoop.Arrival) {
        self.arrival = arrival
        let request = arrival.request
        transfer = CurlTransfer(
            url: request.url, fields: request.fields, body: .whole(request.body),
            responseBytesMax: 0)
        transfer.protocols = "http,https"
        transfer.leavesLookups = true
        transfer.receive = { [unowned self] in receive($0) }
    }

    /// No field breaks out of its line.
    var hasSoundFields: Bool {
        arrival.request.fields.allSatisfy { name, value in
            (name + value).utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
        }
    }

    /// When it times out, as far as it has come.
    var nextDeadline: ContinuousClock.Instant {
        let request = arrival.request
        let seconds =
            bytes > 0
            ? request.secondsMax : min(request.firstByteSecondsMax, request.secondsMax)
        return arrival.started + .seconds(seconds)
    }

    /// Why it must end before its response does.
    func interruption(at now: ContinuousClock.Instant) -> StreamedPostOutcome? {
        if arrival.cancellation.isRaised { return .cancelled }
        return now >= nextDeadline ? .timedOut : nil
    }

    /// What became of it, by libcurl's code.
    func outcome(code: Int32) -> StreamedPostOutcome {
        switch code {
        case 0: .whole(status: transfer.status)
        case Self.timedOut: .timedOut
        case Self.writeFailed: arrival.cancellation.isRaised ? .cancelled : .tooLong
        default: .failed(code: code)
        }
    }

    private func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard !arrival.cancellation.isRaised, piece.count <= arrival.request.bytesMax - bytes else {
            return false
        }
        bytes += piece.count
        arrival.onPiece(transfer.status, Array(piece))
        return true
    }
}
