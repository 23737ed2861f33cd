import EngineAPI
import Execution

/// Posts to other hosts and reads the responses as they come: all on one thread, which is made with
/// the first post, so that a response that hangs costs no thread and delays no other. A connection
/// stays open for the next post to its host.
package final class HTTPStreamPoster: StreamedPosting {
    private let agent: String
    private let loop = TransferLoop()
    private let thread = Mutex<SystemThread?>(nil)

    /// - agent: what `User-Agent` says.
    package init(agent: String) { self.agent = agent }

    deinit {
        loop.stop()
        thread.withLock { $0 }?.join()
    }

    package func post(
        _ request: StreamedPost, cancellation: Cancellation,
        onPiece: @escaping @Sendable (_ status: Int, _ bytes: [UInt8]) -> Void
    ) async -> StreamedPostOutcome {
        guard !cancellation.isRaised else { return .cancelled }
        guard isReady() else { return .failed(code: -1) }
        var request = request
        request.fields.append(("User-Agent", agent))
        let handler = cancellation.onRaise { [loop] in loop.wake() }
        defer { cancellation.forget(handler) }
        return await withCheckedContinuation { continuation in
            loop.add(
                TransferLoop.Arrival(
                    request: request, cancellation: cancellation, onPiece: onPiece,
                    started: .now, continuation: continuation))
        }
    }

    /// Whether there is a thread; makes it where it is not there yet.
    private func isReady() -> Bool {
        thread.withLock { thread in
            if thread == nil {
                thread = try? SystemThread(name: "stream-posts") { [loop] _ in loop.run() }
            }
            return thread != nil
        }
    }
}
