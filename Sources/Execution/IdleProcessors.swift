import EngineAPI
import Glibc

/// How many of the machine's processors nobody uses at this moment.
///
/// A thread that shares its processor with another program holds up all that wait for it at ggml's
/// barriers, thousands of times a second: beside busy neighbours one thread is quicker than two.
package struct IdleProcessors: Sendable {
    /// Looks are so far apart, at most so many: a neighbour that pauses for a moment, or a short
    /// job of the system, does not decide alone.
    private static let looksMax = 4
    private static let pauseMicroseconds: UInt32 = 300

    private let path: String
    private let processorCount: Int

    /// - path: a file like /proc/loadavg, which counts the threads of the whole machine that run or
    ///   could run.
    /// - processorCount: of the whole machine, which may have more than this program is given.
    package init(
        path: String = "/proc/loadavg", processorCount: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    ) {
        self.path = path
        self.processorCount = processorCount
    }

    /// As many as `wanted`, fewer where others are busy, at least one; `wanted` where the system
    /// does not tell. Holds the thread for a millisecond where others are busy.
    package func count(upTo wanted: Int) -> Int {
        guard wanted > 1 else { return wanted }
        var most = 1
        for look in 0..<Self.looksMax {
            // Slept, not awaited: a timer of the runtime's wakes a thread of its own, which counts.
            if look > 0 { usleep(Self.pauseMicroseconds) }
            guard let running = runningCount() else { return wanted }
            // One of those that run is the thread that asks.
            most = max(most, processorCount - max(0, running - 1))
            if most >= wanted { return wanted }
        }
        return most
    }

    /// The fourth field, `running/all`.
    private func runningCount() -> Int? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let count = read(file, buffer.baseAddress!, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
        }
        let fields = text.split(separator: " ")
        guard fields.count > 3, let running = fields[3].split(separator: "/").first else {
            return nil
        }
        // A sandbox that counts nothing says 0, though the thread that asks runs.
        return Int(running).flatMap { $0 > 0 ? $0 : nil }
    }
}
