import EngineAPI
import Execution
import Synchronization
import Testing

@Suite struct ExecutionTests {
    @Test("a gate lets in as many as it has places, and a permit gives its place back")
    func gate() throws {
        let gate = AdmissionGate(depthMax: 2)
        let first = try gate.admit()
        do {
            let second = try gate.admit()
            #expect(throws: Overload(depthMax: 2)) { _ = try gate.admit() }
            _ = consume second
        }
        #expect(gate.count == 1)
        let third = try gate.admit()
        #expect(gate.count == 2)
        _ = consume first
        _ = consume third
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
        let waiting = (0..<50).map { _ in
            Task {
                let permit = await gate.admitInTurn()
                let now = inside.value.add(1, ordering: .sequentiallyConsistent).newValue
                await Task.yield()
                inside.value.subtract(1, ordering: .sequentiallyConsistent)
                _ = consume permit
                return now
            }
        }
        for _ in 0..<20 { await Task.yield() }
        #expect(inside.value.load(ordering: .sequentiallyConsistent) == 0)
        _ = consume held
        for task in waiting { #expect(await task.value == 1) }
        #expect(gate.count == 0)
    }

    @Test("ten first callers cause one load")
    func slot() async throws {
        let loads = Atomic<Int>(0)
        let slot = EngineSlot<Int> { () async throws(EngineError) in
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
        let slot = EngineSlot<Int> { () async throws(EngineError) in
            let count = loads.add(1, ordering: .relaxed).newValue
            if count == 1 { throw .modelMissing(path: "x") }
            return count
        }
        await #expect(throws: EngineError.modelMissing(path: "x")) { try await slot.engine() }
        #expect(try await slot.engine() == 2)
    }

    private actor Pinned {
        let thread: EngineThread
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            thread.asUnownedSerialExecutor()
        }
        private(set) var count = 0
        init(thread: EngineThread) { self.thread = thread }
        func add() {
            thread.checkIsolated()
            count += 1
        }
    }

    @Test("an actor on an engine thread runs there, and the thread ends when it is joined")
    func thread() async {
        let thread = EngineThread(name: "test-engine")
        let pinned = Pinned(thread: thread)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await pinned.add() } }
        }
        #expect(await pinned.count == 100)
        thread.join()
    }

    @Test("cores are never given out twice, and a lone caller gets all")
    func cores() async {
        let pool = CorePool(coreCount: 2)
        #expect(await pool.acquire(upTo: 4) == 2)
        let waiting = Task { await pool.acquire(upTo: 2) }
        await pool.release(2)
        let granted = await waiting.value
        #expect(granted == 1 || granted == 2)
        await pool.release(granted)
        #expect(await pool.acquire(upTo: 1) == 1)
        #expect(await pool.acquire(upTo: 2) == 1)
    }

    @Test("work stops by its flag and by its deadline")
    func work() {
        let work = Work(within: .seconds(60))
        #expect(throws: Never.self) { try work.check() }
        work.cancellation.raise()
        #expect(throws: EngineError.cancelled) { try work.check() }
        #expect(throws: EngineError.deadlinePassed) { try Work(within: .zero).check() }
    }
}
