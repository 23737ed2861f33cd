import EngineAPI
import Glibc

/// A file mapped into memory, read-only: opening costs a few system calls, whatever its size, and
/// only the pages that are read become resident. Its offsets come from the file itself: beyond the
/// end there are zeros and empty texts, so that a damaged file is wrong and never ends the process.
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

    // Three plain functions rather than one generic: debug builds do not specialise across files.

    /// The byte at an offset.
    func byte(_ at: Int) -> Int {
        guard at >= 0, at < count else { return 0 }
        return Int(start.load(fromByteOffset: at, as: UInt8.self))
    }

    /// A little-endian 16-bit number at any byte.
    func short(_ at: Int) -> Int { byte(at) | byte(at + 1) << 8 }

    /// A little-endian 32-bit number at any byte.
    func word(_ at: Int) -> Int {
        guard at >= 0, at <= count - 4 else { return 0 }
        return Int(UInt32(littleEndian: start.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
    }

    /// Looks a key up in a hashed section; the layout is that of `HashedTable`.
    /// - Returns: where its value lies.
    func find(_ key: UnsafeBufferPointer<UInt8>, slots: Int, mask: UInt32, entries: Int)
        -> Range<Int>?
    {
        var hash: UInt32 = 2_166_136_261
        for byte in key { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        var slot = (hash ^ hash >> 15) & mask
        // Some slots are free; where none is, each is looked at once.
        for _ in 0...mask {
            let entry = word(slots + 4 * Int(slot))
            if entry == 0 { return nil }
            let at = entries + entry - 1
            if short(at) == key.count, holds(key, at: at + 4) {
                let value = at + 4 + key.count
                return value..<min(value + short(at + 2), max(value, count))
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    /// Whether the bytes at `at` are exactly `key`.
    private func holds(_ key: UnsafeBufferPointer<UInt8>, at: Int) -> Bool {
        guard at >= 0, at <= count - key.count else { return false }
        guard let base = key.baseAddress else { return true }
        return memcmp(start + at, base, key.count) == 0
    }

    /// UTF-8 bytes as text.
    func text(_ range: Range<Int>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= count else { return "" }
        return String(
            decoding: UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count),
            as: UTF8.self)
    }
}
