import CFFmpeg
import EngineAPI

/// Turns FFmpeg's negative codes into the error that fits where they came from.
@discardableResult
func check(_ code: Int32, or error: EngineError) throws(EngineError) -> Int32 {
    guard code >= 0 else { throw error }
    return code
}

/// Bytes that are fetched as they are needed.
protocol ByteSource: AnyObject {
    var count: Int { get }
    /// Copies bytes from a place on; returns how many, none where they can't be had.
    func copy(from offset: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int
}

/// A growing block of memory that FFmpeg reads, writes and seeks in place of a file.
/// The AVIOContext's own buffer may be reallocated by FFmpeg: it is freed through the context.
final class MemoryIO {
    private(set) var bytes: [UInt8]
    private var position = 0
    /// Whether bytes can be had in any order.
    let isSeekable: Bool
    private let isWritable: Bool
    /// How far behind its end an output is written: MP4's index is shorter, of any video here.
    private static let gapBytesMax = 64 << 20
    private(set) var context: UnsafeMutablePointer<AVIOContext>?
    /// Asked before each read: true ends the input, so that a hostile file can't hold a thread.
    var isStopped: () -> Bool = { false }

    init(bytes: [UInt8] = [], writable: Bool, seekable: Bool = true) {
        self.bytes = bytes
        isSeekable = seekable
        isWritable = writable
        let size: Int32 = 1 << 15
        let buffer = av_malloc(Int(size))!.assumingMemoryBound(to: UInt8.self)
        context = avio_alloc_context(
            buffer, size, writable ? 1 : 0, Unmanaged.passUnretained(self).toOpaque(),
            { opaque, into, count in MemoryIO.of(opaque).read(into!, Int(count)) },
            { opaque, from, count in MemoryIO.of(opaque).write(from!, Int(count)) },
            seekable ? { opaque, offset, whence in MemoryIO.of(opaque).seek(offset, whence) } : nil)
    }

    deinit {
        if let context { av_freep(&context.pointee.buffer) }
        avio_context_free(&context)
    }

    /// Hands out what was written so far. Only for outputs that do not seek.
    func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        position = 0
        return taken
    }

    /// Lets a muxer open its own output once more for reading (MP4's faststart shifts the media
    /// data that way); every other name is refused, so nothing is ever opened by name.
    static func guardOpening(_ format: UnsafeMutablePointer<AVFormatContext>, own: MemoryIO?) {
        format.pointee.opaque = own.map { Unmanaged.passUnretained($0).toOpaque() }
        format.pointee.io_open = { format, out, _, flags, _ in
            guard let opaque = format?.pointee.opaque, flags == AVIO_FLAG_READ else { return -13 }
            let view = MemoryIO(viewOf: MemoryIO.of(opaque))
            out!.pointee = view.context
            _ = Unmanaged.passRetained(view)
            return 0
        }
        format.pointee.io_close2 = { _, context in
            Unmanaged<MemoryIO>.fromOpaque(context!.pointee.opaque).release()
            return 0
        }
    }

    /// A second cursor over the bytes of another; what that one writes is seen here.
    private var source: MemoryIO?
    private convenience init(viewOf source: MemoryIO) {
        self.init(writable: false)
        self.source = source
    }

    /// Bytes that are elsewhere: how many, and how to get some of them.
    private var remote: (any ByteSource)?
    /// - seekable: false where bytes can be had in order only.
    convenience init(remote: any ByteSource, seekable: Bool = true) {
        self.init(writable: false, seekable: seekable)
        self.remote = remote
    }

    private static func of(_ opaque: UnsafeMutableRawPointer?) -> MemoryIO {
        Unmanaged<MemoryIO>.fromOpaque(opaque!).takeUnretainedValue()
    }

    private var count: Int { remote?.count ?? source?.bytes.count ?? bytes.count }

    private func read(_ into: UnsafeMutablePointer<UInt8>, _ wanted: Int) -> Int32 {
        let size = min(wanted, count - position)
        guard size > 0, !isStopped() else { return ff_error_end }
        if let remote {
            let got = remote.copy(
                from: position, into: UnsafeMutableBufferPointer(start: into, count: size))
            position += got
            return got > 0 ? Int32(got) : ff_error_end
        }
        func copy(_ all: UnsafeBufferPointer<UInt8>) {
            into.update(from: all.baseAddress! + position, count: size)
        }
        if let source {
            source.bytes.withUnsafeBufferPointer(copy)
        } else {
            bytes.withUnsafeBufferPointer(copy)
        }
        position += size
        return Int32(size)
    }

    private func write(_ from: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
        // What is written behind the end leaves a gap, as in a file.
        if position > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: position - bytes.count))
        }
        let overlap = min(size, bytes.count - position)
        if overlap > 0 {
            bytes.withUnsafeMutableBufferPointer {
                ($0.baseAddress! + position).update(from: from, count: overlap)
            }
        }
        if size > overlap {
            bytes.append(
                contentsOf: UnsafeBufferPointer(start: from + overlap, count: size - overlap))
        }
        position += size
        return Int32(size)
    }

    private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        let target: Int64
        switch whence & ~AVSEEK_FORCE {
        case AVSEEK_SIZE: return Int64(count)
        case 0: target = offset
        case 1: target = Int64(position) + offset
        case 2: target = Int64(count) + offset
        default: return -22
        }
        // A damaged index can point anywhere; past the end reads as the end. A muxer that moves
        // what it wrote by more than that begins to write behind the end.
        let limit = Int64(count + (isWritable ? Self.gapBytesMax : 0))
        guard target >= 0, target <= limit else { return -22 }
        position = Int(target)
        return target
    }
}
