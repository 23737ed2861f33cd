import EngineAPI
import Glibc
import Hashing

/// Reads a model's file once, from its start to its end, and tells then whether it is the file that
/// the manifest lists: a library that takes its bytes from here needs no second reading of them.
// SAFETY: whoever reads with it keeps it to one thread at a time.
package final class ModelFileReader: @unchecked Sendable {
    private static let pieceBytes = 256 << 10

    package let path: String
    private let descriptor: Int32
    /// What the whole must sum up to; nil where nothing says.
    private let checksum: String?
    private var sum = BlockChecksum()
    /// What was read for small questions, and which of it is still to be given.
    private var ahead = [UInt8](repeating: 0, count: pieceBytes)
    private var waiting = 0..<0
    /// A disk that can't be read is as good as a file that is damaged.
    private var hasFailed = false
    /// Whether more was asked for than the file has.
    package private(set) var hasEnded = false

    /// - checksum: of the whole file; nil takes it as it is.
    /// - Throws: `.modelMissing`.
    package init(path: String, checksum: String? = nil) throws(EngineError) {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        // A local first: `deinit` would close what was never opened.
        guard opened >= 0 else { throw .modelMissing(path: path) }
        descriptor = opened
        self.path = path
        self.checksum = checksum
    }

    deinit { close(descriptor) }

    /// Gives the next bytes: fewer than were asked for only at the end. Blocks.
    package func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < target.count {
            // SAFETY: a part of the caller's buffer.
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
            if waiting.isEmpty, rest.count >= Self.pieceBytes {
                // Large parts go where they belong at once, and are summed while they are near.
                let count = take(UnsafeMutableRawBufferPointer(rebasing: rest[..<Self.pieceBytes]))
                guard count > 0 else { break }
                done += count
                continue
            }
            if waiting.isEmpty {
                let count = ahead.withUnsafeMutableBytes { take($0) }
                guard count > 0 else { break }
                waiting = 0..<count
            }
            let count = min(rest.count, waiting.count)
            // SAFETY: as many bytes as both have.
            ahead.withUnsafeBytes {
                rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[waiting].prefix(count)))
            }
            waiting = waiting.lowerBound + count..<waiting.upperBound
            done += count
        }
        if done < target.count { hasEnded = true }
        return done
    }

    /// Reads what is left, and compares.
    /// - Throws: `.modelDamaged`.
    package func verify() throws(EngineError) {
        guard let checksum else {
            // What was read is all that can be judged.
            guard !hasFailed else { throw .modelDamaged(path: path) }
            return
        }
        while ahead.withUnsafeMutableBytes({ take($0) }) > 0 {}
        guard !hasFailed, sum.hexDigest() == checksum else { throw .modelDamaged(path: path) }
    }

    /// One reading from the file; 0 at its end.
    private func take(_ target: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = Glibc.read(descriptor, target.baseAddress, target.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                hasFailed = hasFailed || count < 0
                return 0
            }
            if checksum != nil {
                // SAFETY: the bytes that were just written, for the length of this call.
                let bytes = UnsafeBufferPointer(
                    start: target.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
                sum.update(bytes.span)
            }
            return count
        }
    }
}
