import Glibc

/// Reads a whole file; "-" is standard input.
/// - bytesMax: one more byte is a failure.
/// - Throws: `.noInput`, or `.badInput` where it is too large.
package func readFile(
    _ path: String, bytesMax: Int = 4 << 30
) throws(CommandFailure) -> [UInt8] {
    func failure(_ code: Int32) -> CommandFailure {
        CommandFailure(.noInput, "\(path): \(String(cString: strerror(code)))")
    }
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { if descriptor > 2 { close(descriptor) } }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = read(descriptor, &block, block.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw failure(errno) }
        if count == 0 { return bytes }
        guard bytes.count + count <= bytesMax else {
            throw CommandFailure(.badInput, "\(path): more than \(bytesMax) bytes")
        }
        bytes.append(contentsOf: block[0..<count])
    }
}
