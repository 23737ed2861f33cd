import Execution
import Glibc
import HTTPWire
import Service

/// The command line's end of an answer: a body goes to a file or standard output, a problem to
/// standard error.
final class FileSink: ResponseSink {
    private struct State {
        var descriptor: Int32 = -1
        var hasFailed = false
    }

    private let path: String
    private let state = Mutex(State())

    /// - path: "-" is standard output. The file is made when the first byte is there.
    init(path: String) { self.path = path }

    /// Whether the answer was a problem or could not be written.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    func send(_ response: Response) async {
        guard (200..<300).contains(response.head.status) else {
            state.withLock { $0.hasFailed = true }
            return complain(response.body)
        }
        guard open() else { return }
        _ = await write(response.body)
        finish()
    }

    func begin(_ head: ResponseHead) async { _ = open() }

    func write(_ piece: [UInt8]) async -> Bool {
        let descriptor = state.withLock { $0.descriptor }
        var written = 0
        while written < piece.count {
            let count = piece.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, piece.count - written)
            }
            guard count > 0 else {
                state.withLock { $0.hasFailed = true }
                return false
            }
            written += count
        }
        return true
    }

    func end(trailers: [(String, String)]) async { finish() }

    func abort() async { state.withLock { $0.hasFailed = true } }

    private func open() -> Bool {
        let descriptor =
            path == "-" ? 1 : Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        state.withLock { $0.descriptor = descriptor }
        if descriptor < 0 {
            state.withLock { $0.hasFailed = true }
            complain(Array("\(path): \(String(cString: strerror(errno)))".utf8))
        }
        return descriptor >= 0
    }

    private func finish() {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor > 2 { close(descriptor) }
    }

    private func complain(_ text: [UInt8]) {
        (text + [0x0A]).withUnsafeBytes { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// Reads a whole file; "-" is standard input.
func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
    defer { if descriptor > 2 { close(descriptor) } }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = read(descriptor, &block, block.count)
        guard count >= 0 else { throw FileError(path: path, code: errno) }
        if count == 0 { return bytes }
        bytes.append(contentsOf: block[0..<count])
    }
}

/// Why a file could not be read.
struct FileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32
    var description: String { "\(path): \(String(cString: strerror(code)))" }
}
