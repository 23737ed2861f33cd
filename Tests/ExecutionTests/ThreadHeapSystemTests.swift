import CLinux
import EngineAPI
import Glibc
import Testing

@testable import Execution

// A sanitizer brings its own memory.
#if !SANITIZED
    @Suite struct ThreadHeapSystemTests {
        /// In a process of its own, whose settings of memory are those of the program.
        @Test("a thread's heap is made long once, not by each page, and takes no memory for that")
        func reserved() async {
            await #expect(processExitsWith: .success) {
                linux_return_memory()
                let heap = try heapOfAThread()
                #expect(heap.bytes >= 12_000_000 && heap.residentKilobytes <= 512, "\(heap)")
            }
        }
    }
#endif

private struct Mapping: Sendable {
    var bytes: UInt
    var residentKilobytes: Int
    /// Whether it is the process's first heap, which grows at the end of its data.
    var isFirst = false
}

/// The mapping that a thread's block lies in, while the thread lives. Heaps are few, and threads
/// take them in turn: while one holds the process's first heap, the next gets another.
private func heapOfAThread(attempts: Int = 5) throws -> Mapping {
    let found = Mutex(Mapping(bytes: 0, residentKilobytes: .max))
    let thread = try SystemThread(name: "heap") { _ in
        let block = malloc(2_000)
        var read = mapping(of: UInt(bitPattern: block))
        free(block)
        if read?.isFirst == true, attempts > 1 {
            read = try? heapOfAThread(attempts: attempts - 1)
        }
        if let read { found.withLock { $0 = read } }
    }
    thread.join()
    return found.withLock { $0 }
}

/// The mapping of this process that an address lies in.
private func mapping(of address: UInt) -> Mapping? {
    guard let file = fopen("/proc/self/smaps", "r") else { return nil }
    defer { fclose(file) }
    var (line, capacity): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
    defer { free(line) }
    var (bytes, isFirst): (UInt?, Bool) = (nil, false)
    while getline(&line, &capacity, file) > 0, let read = line {
        let text = String(cString: read)
        let edges = text.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
        if edges.count == 2, let begin = edges[0], let end = edges[1] {
            bytes = begin <= address && address < end ? end - begin : nil
            isFirst = text.contains("[heap]")
        } else if let bytes, text.hasPrefix("Rss:"), let resident = Int(text.filter(\.isNumber)) {
            return Mapping(bytes: bytes, residentKilobytes: resident, isFirst: isFirst)
        }
    }
    return nil
}
