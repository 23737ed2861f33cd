import Glibc

/// Where an answer goes: standard output, or a file that appears under its name only when it is
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

    /// Puts the file in its place.
    mutating func commit() throws(CommandFailure) {
        guard descriptor > 2 else { return }
        fillWaveLengths()
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

    /// A streamed WAV says 0xFFFFFFFF for its lengths; in a file they are known at the end.
    private func fillWaveLengths() {
        guard part != nil, bytes > 44, bytes <= Int(UInt32.max) else { return }
        let reader = Glibc.open(part!, O_RDONLY | O_CLOEXEC)
        defer { if reader >= 0 { close(reader) } }
        var head = [UInt8](repeating: 0, count: min(bytes, 512))
        guard reader >= 0, pread(reader, &head, head.count, 0) == head.count,
            let start = streamedWaveStart(head)
        else { return }
        for (place, value) in [(4, UInt32(bytes - 8)), (start - 4, UInt32(bytes - start))] {
            var little = value.littleEndian
            pwrite(descriptor, &little, 4, place)
        }
    }

    private func failure(_ status: CommandStatus) -> CommandFailure {
        let shown = name == "-" ? "standard output" : name
        return CommandFailure(status, "\(shown): \(String(cString: strerror(errno)))")
    }
}

/// Where the samples of a WAV begin whose header has both lengths open; nil for anything else.
/// - head: its first bytes, with all chunks that come before the samples.
func streamedWaveStart(_ head: [UInt8]) -> Int? {
    let open: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    guard head.count >= 44, head[0..<4].elementsEqual("RIFF".utf8),
        head[4..<8].elementsEqual(open), head[8..<12].elementsEqual("WAVE".utf8)
    else { return nil }
    var place = 12
    while place + 8 <= head.count {
        let length = head[place + 4..<place + 8]
        if head[place..<place + 4].elementsEqual("data".utf8) {
            return length.elementsEqual(open) ? place + 8 : nil
        }
        let bytes = length.reversed().reduce(0) { $0 << 8 | Int($1) }
        // RIFF 1.0: a chunk of odd length has a byte more.
        place += 8 + bytes + bytes % 2
    }
    return nil
}
