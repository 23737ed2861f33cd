import EngineAPI
import Glibc

/// A file mapped into memory, read-only: opening costs a few system calls, whatever its size, and
/// only the pages that are read become resident.
// SAFETY: the mapping never changes after init and lives as long as the object.
final class MappedFile: @unchecked Sendable {
    private let start: UnsafeRawPointer
    let count: Int

    /// - Throws: `.modelMissing`, `.modelDamaged` for an empty file.
    init(path: String) throws(EngineError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .modelMissing(path: path) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_size > 0 else {
            throw .modelDamaged(path: path)
        }
        count = Int(facts.st_size)
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            start != MAP_FAILED
        else { throw .modelDamaged(path: path) }
        self.start = UnsafeRawPointer(start)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: start), count) }

    /// A little-endian number at any byte; the caller keeps inside `count`.
    @inline(__always)
    func load<Number: FixedWidthInteger>(_ at: Int, as type: Number.Type) -> Number {
        precondition(at >= 0 && at + MemoryLayout<Number>.size <= count)
        return Number(littleEndian: start.loadUnaligned(fromByteOffset: at, as: type))
    }

    /// Whether the bytes at `at` are exactly `key`.
    @inline(__always)
    func holds(_ key: UnsafeBufferPointer<UInt8>, at: Int) -> Bool {
        precondition(at >= 0 && at + key.count <= count)
        guard let base = key.baseAddress else { return true }
        return memcmp(start + at, base, key.count) == 0
    }

    /// UTF-8 bytes as text.
    func text(_ range: Range<Int>) -> String {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return String(
            decoding: UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count),
            as: UTF8.self)
    }
}
