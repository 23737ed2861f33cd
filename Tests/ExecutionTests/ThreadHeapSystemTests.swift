import CLinux
import EngineAPI
import Foundation
import Testing

@testable import Execution

@Suite struct ThreadHeapSystemTests {
    /// In a process of its own, whose settings of memory are those of the program.
    @Test("a thread's heap is made long once, not by each page, and takes no memory for that")
    func reserved() async {
        await #expect(processExitsWith: .success) {
            linux_return_memory()
            let (begin, end, resident) = try heap { malloc(2_000) }
            #expect(end - begin >= 12 << 20)
            #expect(resident <= 256)
        }
    }
}

/// The mapping that a thread's block lies in, from where to where, and how many kB of it are in
/// memory.
private func heap(
    _ allocate: @escaping @Sendable () -> UnsafeMutableRawPointer?
) throws -> (begin: UInt, end: UInt, resident: Int) {
    let place = Mutex<UInt>(0)
    let isRead = DispatchSemaphore(value: 0)
    let isMade = DispatchSemaphore(value: 0)
    // It lives while its memory is looked at.
    let thread = try SystemThread(name: "heap") { _ in
        let block = allocate()
        place.withLock { $0 = UInt(bitPattern: block) }
        isMade.signal()
        isRead.wait()
        free(block)
    }
    isMade.wait()
    let address = place.withLock { $0 }
    let lines = try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8)
        .split(separator: "\n")
    isRead.signal()
    thread.join()
    for (index, line) in lines.enumerated() {
        let edges = line.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
        guard edges.count == 2, let begin = edges[0], let end = edges[1],
            (begin..<end).contains(address),
            let told = lines[index...].first(where: { $0.hasPrefix("Rss:") })
        else { continue }
        return (begin, end, Int(told.filter(\.isNumber)) ?? .max)
    }
    throw CocoaError(.fileReadUnknown)
}
