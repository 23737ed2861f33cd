import EngineAPI
import Glibc
import Hashing

/// A models folder with its manifest: lists it, checks it, and fetches more into it. Blocks.
package struct ModelStore: Sendable {
    /// What a check found of one file.
    package enum Finding: String, Sendable, Equatable {
        case whole, missing
        case wrongSize = "wrong size"
        case wrongHash = "wrong hash"
    }

    /// Told of bytes that were done of a file's.
    package typealias Progress = (_ file: ModelFile, _ bytesDone: Int) -> Void

    package let folder: String

    package init(folder: String) { self.folder = folder }

    private var manifestPath: String { folder + "/manifest.json" }

    /// - Throws: `.manifestMissing`, `.manifestBroken`, `.unreadable`.
    package func manifest() throws(ModelStoreError) -> ModelManifest {
        guard access(manifestPath, F_OK) == 0 else { throw .manifestMissing(path: manifestPath) }
        var bytes: [UInt8] = []
        try readPieces(of: manifestPath) { piece in
            guard bytes.count <= ModelManifest.manifestBytesMax else { return }
            for index in piece.indices { bytes.append(piece[index]) }
        }
        return try ModelManifest(json: bytes, source: manifestPath)
    }

    /// Hashes every file of the manifest again.
    /// - Throws: what `manifest()` throws, `.unreadable`, `.stopped`.
    package func verify(
        _ cancellation: Cancellation, progress: Progress = { _, _ in }
    ) throws(ModelStoreError) -> [(file: ModelFile, finding: Finding)] {
        var findings: [(ModelFile, Finding)] = []
        for file in try manifest().models {
            findings.append((file, try check(file, cancellation, progress)))
        }
        return findings
    }

    func path(of file: ModelFile) -> String { folder + "/" + file.file }

    func check(
        _ file: ModelFile, _ cancellation: Cancellation, _ progress: Progress
    ) throws(ModelStoreError) -> Finding {
        let path = path(of: file)
        guard let size = fileSize(path) else { return .missing }
        guard size == file.bytes else { return .wrongSize }
        var hash = SHA256()
        var done = 0
        try readPieces(of: path) { piece throws(ModelStoreError) in
            if cancellation.isRaised { throw .stopped }
            hash.update(piece)
            done += piece.count
            progress(file, done)
        }
        return hash.hexDigest() == file.sha256 ? .whole : .wrongHash
    }

    /// Writes entries into the manifest, beside those that are there.
    func record(_ files: [ModelFile]) throws(ModelStoreError) {
        let known: ModelManifest
        do throws(ModelStoreError) {
            known = try manifest()
        } catch .manifestMissing {
            known = ModelManifest()
        }
        let part = manifestPath + ".part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(path: part, code: errno) }
        let json = known.adding(files).json()
        let isWritten = json.withUnsafeBytes { writeAll($0, to: descriptor) }
        let code = errno
        close(descriptor)
        guard isWritten else { throw .unwritable(path: part, code: code) }
        guard rename(part, manifestPath) == 0 else {
            throw .unwritable(path: manifestPath, code: errno)
        }
    }
}

/// Bytes of a regular file; nil where there is none.
func fileSize(_ path: String) -> Int? {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(facts.st_size)
}

/// Reads a file to its end, 1 MiB at a time.
func readPieces(
    of path: String, _ take: (Span<UInt8>) throws(ModelStoreError) -> Void
) throws(ModelStoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
    defer { close(descriptor) }
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = read(descriptor, &block, block.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw .unreadable(path: path, code: errno) }
        if count == 0 { return }
        try take(block.span.extracting(0..<count))
    }
}

/// Writes all of some bytes; false with `errno` where that failed.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}
