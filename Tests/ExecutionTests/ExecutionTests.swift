import EngineAPI
import Testing

import struct Synchronization.Atomic

@testable import Execution

@Suite struct ExecutionTests {
    @Test("a gate lets in as many as it has places, and a permit gives its place back")
    func gate() throws {
        let gate = AdmissionGate(depthMax: 2)
        let first = try gate.admit()
        do {
            let second = try gate.admit()
            #expect(throws: Overload(depthMax: 2)) { _ = try gate.admit() }
            #expect(throws: Overload(depthMax: 2)) { try gate.check() }
            withExtendedLifetime(second) {}
        }
        #expect(gate.count == 1)
        do {
            let third = try gate.admit()
            #expect(gate.count == 2)
            first.lend()
            third.lend()
            third.lend()
            #expect(gate.count == 0)
        }
        #expect(gate.count == 0)
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test("who waits for a place gets it when one is left, each in turn")
    func turns() async throws {
        let gate = AdmissionGate(depthMax: 1)
        let inside = Counter()
        let held = try gate.admit()
        let work = WorkContext(within: .seconds(600))
        let waiting = (0..<50).map { _ in
            Task {
                let permit = try await gate.admitInTurn(work: work)
                let now = inside.value.add(1, ordering: .sequentiallyConsistent).newValue
                await Task.yield()
                inside.value.subtract(1, ordering: .sequentiallyConsistent)
                permit?.lend()
                return now
            }
        }
        for _ in 0..<20 { await Task.yield() }
        #expect(inside.value.load(ordering: .sequentiallyConsistent) == 0)
        held.lend()
        for task in waiting { #expect(try await task.value == 1) }
        #expect(gate.count == 0)
    }

    @Test("ten first callers cause one load")
    func slot() async throws {
        let loads = Atomic<Int>(0)
        let slot = SingleFlight<Int> { () async throws(EngineError) in
            loads.add(1, ordering: .relaxed)
            for _ in 0..<20 { await Task.yield() }
            return 7
        }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10 { group.addTask { try await slot.engine() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 7, count: 10))
        #expect(loads.load(ordering: .relaxed) == 1)
    }

    @Test("a failed load is forgotten")
    func failedLoad() async throws {
        let loads = Atomic<Int>(0)
        let slot = SingleFlight<Int> { () async throws(EngineError) in
            let count = loads.add(1, ordering: .relaxed).newValue
            if count == 1 { throw .modelMissing(path: "x") }
            return count
        }
        await #expect(throws: EngineError.modelMissing(path: "x")) { try await slot.engine() }
        #expect(try await slot.engine() == 2)
    }

    private actor Pinned {
        let thread: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            thread.asUnownedSerialExecutor()
        }
        private(set) var count = 0
        init(thread: ThreadExecutor) { self.thread = thread }
        func add() {
            thread.checkIsolated()
            count += 1
        }
    }

    @Test("an actor on an engine thread runs there, and the thread ends when it is joined")
    func thread() async {
        let thread = ThreadExecutor(name: "test-engine")
        let pinned = Pinned(thread: thread)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await pinned.add() } }
        }
        #expect(await pinned.count == 100)
        thread.join()
    }

    @Test("processors are never given out twice, and a lone caller gets all")
    func processors() async throws {
        let permits = ComputePermits(count: 2)
        let work = WorkContext(within: .seconds(600))
        #expect(try await permits.acquire(upTo: 4, work: work) == 2)
        let waiting = Task { try await permits.acquire(upTo: 2, work: work) }
        permits.release(2)
        let granted = try await waiting.value
        #expect(granted == 1 || granted == 2)
        permits.release(granted)
        #expect(try await permits.acquire(upTo: 1, work: work) == 1)
        #expect(try await permits.acquire(upTo: 2, work: work) == 1)
    }

    @Test("a wait ends with its cancellation and its deadline, and takes nothing with it")
    func endedWaits() async throws {
        let permits = ComputePermits(count: 1)
        let long = WorkContext(within: .seconds(600))
        #expect(try await permits.acquire(upTo: 1, work: long) == 1)
        await #expect(throws: EngineError.deadlinePassed) {
            try await permits.acquire(upTo: 1, work: WorkContext(within: .milliseconds(20)))
        }
        let cancelled = WorkContext(within: .seconds(600))
        let waiting = Task { () -> EngineError? in
            do throws(EngineError) {
                _ = try await permits.acquire(upTo: 1, work: cancelled)
                return nil
            } catch {
                return error
            }
        }
        for _ in 0..<20 { await Task.yield() }
        cancelled.cancellation.raise()
        #expect(await waiting.value == .cancelled)
        permits.release(1)
        #expect(try await permits.acquire(upTo: 1, work: long) == 1)
    }

    private final class Order: Sendable {
        let list = Mutex<[Int]>([])
    }

    @Test("who has least time left gets a permit first, among equal ones who came first")
    func earliestDeadlineFirst() async throws {
        let pool = PermitPool(count: 1)
        let now = ContinuousClock.now
        #expect(pool.takeNow(upTo: 1) == 1)
        let order = Order()
        var waiting: [Task<Void, any Error>] = []
        for (index, seconds) in [6_000, 3_000, 6_000, 9_000, 3_000, 2_000].enumerated() {
            waiting.append(
                Task {
                    _ = try await pool.take(
                        upTo: 1, work: WorkContext(deadline: now + .seconds(seconds)))
                    order.list.withLock { $0.append(index) }
                    pool.giveBack(1)
                })
            while pool.waiting <= index { await Task.yield() }
        }
        pool.giveBack(1)
        for task in waiting { try await task.value }
        #expect(order.list.withLock { $0 } == [5, 1, 4, 0, 2, 3])
        #expect(pool.taken == 0)
    }

    @Test("permits are all there again after any mix of takers, leavers and deadlines")
    func permitsReturn() async {
        let pool = PermitPool(count: 3)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<400 {
                group.addTask {
                    let work = WorkContext(within: .microseconds(index % 7 == 0 ? 50 : 600_000_000))
                    if index % 5 == 0 { Task { work.cancellation.raise() } }
                    guard let taken = try? await pool.take(upTo: index % 4, work: work) else {
                        return
                    }
                    await Task.yield()
                    pool.giveBack(taken)
                }
            }
        }
        #expect(pool.taken == 0 && pool.waiting == 0)
    }

    @Test("a cancellation tells whoever asked, once, and nobody who forgot")
    func cancellationHandlers() {
        let cancellation = Cancellation()
        let reported = Atomic<Int>(0)
        _ = cancellation.onRaise { reported.add(1, ordering: .relaxed) }
        let forgotten = cancellation.onRaise { reported.add(100, ordering: .relaxed) }
        cancellation.forget(forgotten)
        cancellation.raise()
        cancellation.raise()
        #expect(reported.load(ordering: .relaxed) == 1)
        _ = cancellation.onRaise { reported.add(10, ordering: .relaxed) }
        #expect(reported.load(ordering: .relaxed) == 11)
    }

    @Test("work stops by its flag and by its deadline")
    func work() {
        let work = WorkContext(within: .seconds(60))
        #expect(throws: Never.self) { try work.check() }
        work.cancellation.raise()
        #expect(throws: EngineError.cancelled) { try work.check() }
        #expect(throws: EngineError.deadlinePassed) { try WorkContext(within: .zero).check() }
    }
}
