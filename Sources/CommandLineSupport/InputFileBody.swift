import EngineAPI
import Execution
import Glibc
import HTTPWire

/// A file, or standard input, as a request's body: read as it is asked for, on a thread of its own,
/// since a pipe may keep its reader waiting.
package actor InputFileBody: RequestBody {
    /// As much as a socket's window.
    private static let pieceBytes = 256 * 1024
    /// Between two looks whether the task was cancelled.
    private static let waitMilliseconds: Int32 = 100

    private let executor = ThreadExecutor(name: "input")
    private let descriptor: Int32
    private var hasEnded = false

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - path: "-" is standard input.
    /// - Throws: `.noInput`.
    package init(path: String) throws(CommandFailure) {
        descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.noInput, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    /// The next bytes; what a file fails with is `.endedEarly`.
    package func next() async throws(HTTPError) -> [UInt8]? {
        if hasEnded { return nil }
        try waitForInput()
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        var count = read(descriptor, &piece, piece.count)
        while count < 0, errno == EINTR { count = read(descriptor, &piece, piece.count) }
        guard count >= 0 else { throw .endedEarly }
        hasEnded = count == 0
        piece.removeLast(piece.count - count)
        return hasEnded ? nil : piece
    }

    /// Until there are bytes or the end; blocks this actor's own thread only.
    private func waitForInput() throws(HTTPError) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&wanted, 1, Self.waitMilliseconds) <= 0 {
            guard !Task.isCancelled else { throw .cancelled }
        }
    }
}
