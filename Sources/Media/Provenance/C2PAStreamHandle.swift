import EngineAPI
import Glibc

/// Bytes in memory as the library reads and writes them. Used by one thread, inside one call.
final class C2PAMemory {
    var bytes: [UInt8]
    private let bytesMax: Int
    private var position = 0

    /// - bytesMax: one more that is written fails.
    init(_ bytes: [UInt8] = [], bytesMax: Int = 0) {
        self.bytes = bytes
        self.bytesMax = bytesMax
    }

    func read(into buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        let size = min(count, bytes.count - position)
        guard size > 0 else { return 0 }
        bytes.withUnsafeBufferPointer {
            buffer.update(from: $0.baseAddress! + position, count: size)
        }
        position += size
        return size
    }

    func write(_ buffer: UnsafePointer<UInt8>, _ count: Int) -> Int {
        guard count >= 0, count <= bytesMax - position else { return Self.fail(EFBIG) }
        if position > bytes.count {
            bytes += [UInt8](repeating: 0, count: position - bytes.count)
        }
        let new = UnsafeBufferPointer(start: buffer, count: count)
        let over = min(bytes.count - position, count)
        if over > 0 {
            bytes.withUnsafeMutableBufferPointer {
                ($0.baseAddress! + position).update(from: buffer, count: over)
            }
        }
        bytes += new[over...]
        position += count
        return count
    }

    func seek(_ offset: Int, _ whence: Int32) -> Int {
        let from =
            switch whence {
            case SEEK_SET: 0
            case SEEK_CUR: position
            default: bytes.count
            }
        let (place, isOver) = from.addingReportingOverflow(offset)
        // A file that lies may send the reader anywhere: behind the end nothing is read.
        guard !isOver, place >= 0 else { return Self.fail(EINVAL) }
        position = place
        return place
    }

    private static func fail(_ code: Int32) -> Int {
        errno = code
        return -1
    }
}

/// One stream of the library over bytes in memory; released with the value.
struct C2PAStreamHandle: ~Copyable {
    private let library: C2PALibrary
    private let memory: C2PAMemory
    private let stream: C2PALibrary.Pointer

    /// nil where the library has no memory.
    init?(_ memory: C2PAMemory, _ library: C2PALibrary) {
        // SAFETY: the library calls back only while a call of ours runs, and the handle keeps what
        // the pointer names alive.
        let context = Unmanaged.passUnretained(memory).toOpaque()
        let stream = library.makeStream(
            context,
            { context, buffer, count in
                guard let buffer else { return -1 }
                return C2PAStreamHandle.memory(context).read(into: buffer, count)
            },
            { C2PAStreamHandle.memory($0).seek($1, $2) },
            { context, buffer, count in
                guard let buffer else { return -1 }
                return C2PAStreamHandle.memory(context).write(buffer, count)
            },
            { _ in 0 })
        guard let stream else { return nil }
        self.library = library
        self.memory = memory
        self.stream = stream
    }

    deinit { library.releaseStream(stream) }

    func with<Value>(_ body: (C2PALibrary.Pointer) -> Value) -> Value {
        withExtendedLifetime(memory) { body(stream) }
    }

    private static func memory(_ context: UnsafeMutableRawPointer?) -> C2PAMemory {
        Unmanaged<C2PAMemory>.fromOpaque(context!).takeUnretainedValue()
    }
}
