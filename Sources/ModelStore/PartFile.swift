import EngineAPI
import Glibc
import Hashing

/// A file that is being fetched, beside the place it will have. Knows its length and its hash so
/// far. Used by one thread.
final class PartFile {
    let path: String
    private(set) var bytes = 0
    private var hash = SHA256()
    private var descriptor: Int32 = -1

    init(path: String) { self.path = path }

    var hexDigest: String { hash.hexDigest() }

    /// Opens the file, and hashes what an earlier try left; begins anew where that is too much.
    func open(bytesMax: Int, _ cancellation: Cancellation) throws(ModelStoreError) {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(path: path, code: errno) }
        guard (fileSize(path) ?? 0) <= bytesMax else { return try restart() }
        try readPieces(of: path) { piece throws(ModelStoreError) in
            if cancellation.isRaised { throw .stopped }
            hash.update(piece)
            bytes += piece.count
        }
    }

    /// Makes ready for the body of a response with this status.
    /// - offset: the first byte that was asked for; 0 asked for all.
    /// - Throws: `.refused` where it is no part of the file.
    func prepare(
        for status: Int, _ contentRange: String?, offset: Int, url: String
    ) throws(ModelStoreError) {
        switch status {
        case 200: if bytes > 0 { try restart() }
        // RFC 9110 §15.3.7: another range than the one asked for would spoil the file.
        case 206 where offset > 0 && contentRange?.hasPrefix("bytes \(offset)-") == true: break
        default: throw .refused(url: url, status: status)
        }
    }

    func append(_ piece: UnsafeRawBufferPointer) throws(ModelStoreError) {
        guard writeAll(piece, to: descriptor) else { throw .unwritable(path: path, code: errno) }
        hash.update(Span(_unsafeElements: piece.assumingMemoryBound(to: UInt8.self)))
        bytes += piece.count
    }

    /// Puts the file in its place.
    func settle(as target: String) throws(ModelStoreError) {
        guard fsync(descriptor) == 0, rename(path, target) == 0 else {
            throw .unwritable(path: target, code: errno)
        }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func restart() throws(ModelStoreError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .unwritable(path: path, code: errno) }
        bytes = 0
        hash = SHA256()
    }
}
