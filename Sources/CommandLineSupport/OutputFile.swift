import Glibc

/// Where a response goes: standard output, or a file that appears under its name only when it is
/// whole. Until then its bytes lie beside it in a part, which is removed when the work breaks off.
struct OutputFile: ~Copyable {
    private let name: String
    /// What `name` stands for once links are followed, or standard output's "-".
    private let target: String
    /// nil writes straight into the target: a pipe or a device has no "whole".
    private let part: String?
    private var descriptor: Int32 = -1
    private(set) var bytes = 0

    init(path: String) {
        name = path
        var facts = stat()
        let exists = stat(path, &facts) == 0
        if path == "-" || (exists && facts.st_mode & S_IFMT != S_IFREG) {
            (target, part) = (path, nil)
            return
        }
        // Through a link the file behind it is replaced, not the link.
        let resolved = realpath(path, nil)
        target = resolved.map { String(cString: $0) } ?? path
        free(resolved)
        var parts = target.split(separator: "/", omittingEmptySubsequences: false)
        let file = parts.removeLast()
        part = (parts + [".\(file).\(getpid()).part"]).joined(separator: "/")
    }

    var isOpen: Bool { descriptor >= 0 }

    mutating func open() throws(CommandFailure) {
        guard target != "-" else {
            descriptor = 1
            return
        }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (part == nil ? 0 : O_TRUNC)
        descriptor = Glibc.open(part ?? target, flags, 0o666)
        guard descriptor >= 0 else { throw failure(.cannotCreate) }
    }

    mutating func write(_ piece: [UInt8]) throws(CommandFailure) {
        var written = 0
        while written < piece.count {
            let count = piece.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, piece.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(.brokenOutput) }
            written += count
        }
        bytes += piece.count
    }

    /// Puts bytes in the place of others that were written before. A pipe, a device and a file
    /// that is only added to keep what they have.
    mutating func replace(_ piece: [UInt8], at offset: Int) throws(CommandFailure) {
        var facts = stat()
        let flags = fcntl(descriptor, F_GETFL)
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, flags >= 0,
            flags & O_APPEND == 0
        else { return }
        // Standard output may stand behind what others wrote.
        let end = lseek(descriptor, 0, SEEK_CUR)
        guard end >= bytes, offset >= 0, offset + piece.count <= bytes else { return }
        let count = piece.withUnsafeBytes {
            pwrite(descriptor, $0.baseAddress, piece.count, end - off_t(bytes) + off_t(offset))
        }
        guard count == piece.count else { throw failure(.brokenOutput) }
    }

    /// Puts the file in its place.
    mutating func commit() throws(CommandFailure) {
        guard descriptor > 2 else { return }
        let isClosed = close(descriptor) == 0
        descriptor = -1
        guard isClosed else { throw failure(.brokenOutput) }
        if let part, rename(part, target) != 0 { throw failure(.cannotCreate) }
    }

    /// Removes what was written. Any thread may do it at any time: it only unlinks.
    var discard: @Sendable () -> Void {
        let part = part
        return { if let part { unlink(part) } }
    }

    private func failure(_ status: SystemExitCode) -> CommandFailure {
        let shown = name == "-" ? "standard output" : name
        return CommandFailure(status, "\(shown): \(String(cString: strerror(errno)))")
    }
}
