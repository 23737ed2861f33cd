import EngineAPI
import Execution
import Synchronization
import Testing

@Suite struct WorkEndSystemTests {
    @Test("what waits ends at the deadline, and at once when the work is cancelled")
    func ends() async throws {
        for isCancelled in [false, true] {
            let work = WorkContext(within: isCancelled ? .seconds(600) : .milliseconds(50))
            let ends = AsyncStream<EngineError>.makeStream()
            let end = WorkEnd(work) { ends.continuation.yield($0) }
            if isCancelled { work.cancellation.raise() }
            var iterator = ends.stream.makeAsyncIterator()
            #expect(await iterator.next() == (isCancelled ? .cancelled : .deadlinePassed))
            end.forgetDeadline()
        }
    }

    @Test("what is done in time, or gone, is not ended by the deadline")
    func forgets() async throws {
        let ended = Atomic<Int>(0)
        let work = WorkContext(within: .milliseconds(50))
        let count: @Sendable (EngineError) -> Void = { _ in ended.add(1, ordering: .relaxed) }
        let end = WorkEnd(work, count)
        end.forgetDeadline()
        _ = WorkEnd(work, count)
        try await Task.sleep(for: .milliseconds(150))
        #expect(ended.load(ordering: .relaxed) == 0)
        withExtendedLifetime(end) {}
    }
}
