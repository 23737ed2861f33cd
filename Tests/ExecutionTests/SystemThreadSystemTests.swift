import EngineAPI
import Glibc
import Synchronization
import Testing

@testable import Execution

/// More stack than any address space has.
private let stackBytesTooMany = 1 << 60

/// Threads of this process that bear a name.
private func threadCount(named name: String) -> Int {
    guard let folder = opendir("/proc/self/task") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
        let number = withUnsafeBytes(of: &entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let file = fopen("/proc/self/task/\(number)/comm", "r") else { continue }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { continue }
        let found = line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:))
        if String(decoding: found, as: UTF8.self) == name { count += 1 }
    }
    return count
}

private actor Pinned {
    private let thread: ThreadExecutor
    private var count = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: ThreadExecutor) { self.thread = thread }

    func add() -> Int {
        thread.checkIsolated()
        count += 1
        return count
    }

    func addWhereReady() throws(EngineError) -> Int {
        try thread.ready()
        return add()
    }
}

@Suite struct SystemThreadSystemTests {
    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test("a thread runs until it is asked to end, and is waited for")
    func finished() throws {
        let counter = Counter()
        let thread = try SystemThread(name: "test-finish") { isCancelled in
            while !isCancelled() { usleep(1_000) }
            counter.value.add(1, ordering: .relaxed)
        }
        #expect(counter.value.load(ordering: .relaxed) == 0)
        thread.finish()
        #expect(counter.value.load(ordering: .relaxed) == 1)
        thread.finish()
        thread.join()
    }

    @Test("a thread ends when its owner lets go of it")
    func letGo() throws {
        let counter = Counter()
        for _ in 0..<50 {
            _ = try SystemThread(name: "test-let-go") { isCancelled in
                while !isCancelled() { usleep(100) }
                counter.value.add(1, ordering: .relaxed)
            }
        }
        #expect(counter.value.load(ordering: .relaxed) == 50)
        #expect(threadCount(named: "test-let-go") == 0)
    }

    @Test("a thread that can't be made is an error")
    func failure() {
        #expect(throws: ThreadFailure(code: EAGAIN)) {
            _ = try SystemThread(name: "never", stackBytes: stackBytesTooMany) { _ in }
        }
    }

    @Test("an engine's thread ends with the last actor on it")
    func engineThreadEnds() async {
        for _ in 0..<20 {
            let pinned = Pinned(ThreadExecutor(name: "test-gone"))
            #expect(await pinned.add() == 1)
        }
        for _ in 0..<200 where threadCount(named: "test-gone") > 0 {
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(threadCount(named: "test-gone") == 0)
    }

    @Test("an actor that is gone as soon as its job is done takes nothing with it")
    func shortLives() async {
        for _ in 0..<50 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = await Pinned(ThreadExecutor(name: "test-short")).add() }
                }
            }
        }
        for _ in 0..<500 where threadCount(named: "test-short") > 0 {
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(threadCount(named: "test-short") == 0)
    }

    @Test("where no thread can be made an actor still runs, job by job, and says so")
    func withoutThread() async {
        let pinned = Pinned(ThreadExecutor(name: "never", stackBytes: stackBytesTooMany))
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { await pinned.add() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == Array(1...200))
        await #expect(throws: EngineError.threadMissing(code: EAGAIN)) {
            try await pinned.addWhereReady()
        }
    }

    @Test("a job that comes after the thread was joined is run all the same")
    func afterJoin() async {
        let thread = ThreadExecutor(name: "test-joined")
        let pinned = Pinned(thread)
        #expect(await pinned.add() == 1)
        thread.join()
        #expect(threadCount(named: "test-joined") == 0)
        #expect(await pinned.add() == 2)
        thread.join()
    }
}
