import CZlib

/// Inflates a gzip or zlib stream piece by piece.
struct InflateHandle: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// The end of the stream was seen; nothing may follow it.
    private(set) var isDone = false
    private var block = [UInt8](repeating: 0, count: 64 * 1024)

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        precondition(zlib_inflate_start(stream) == Z_OK, "no memory for zlib")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates from `used` on, which it moves, and gives a block of at most 64 KiB, so that a bomb
    /// is noticed after the first; none when all bytes are used.
    /// - Throws: for bytes that are no such stream, or follow its end.
    mutating func inflate(
        _ bytes: [UInt8], from used: inout Int
    ) throws(InflationError) -> [UInt8] {
        while !isDone {
            let (code, taken, made) = step(bytes, from: used)
            used += taken
            switch code {
            case Z_STREAM_END: isDone = true
            case Z_OK where taken > 0 || made > 0: break
            // There was no more to use, and nothing was held back.
            case Z_BUF_ERROR where used == bytes.count: return []
            default: throw InflationError()
            }
            if made > 0 { return Array(block[0..<made]) }
        }
        guard used == bytes.count else { throw InflationError() }
        return []
    }

    /// One call of zlib, into `block`.
    private mutating func step(
        _ bytes: [UInt8], from used: Int
    ) -> (code: Int32, taken: Int, made: Int) {
        let stream = stream
        return bytes.withUnsafeBufferPointer { input in
            block.withUnsafeMutableBufferPointer { output in
                let left = input.count - used
                // zlib only reads what next_in points at.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress! + used)
                stream.pointee.avail_in = UInt32(left)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let code = CZlib.inflate(stream, Z_NO_FLUSH)
                return (
                    code, left - Int(stream.pointee.avail_in),
                    output.count - Int(stream.pointee.avail_out)
                )
            }
        }
    }
}

/// The bytes are no stream of gzip or zlib.
struct InflationError: Error {}

/// The bytes as a gzip file (RFC 1952).
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    precondition(zlib_deflate_start(&stream) == Z_OK, "no memory for zlib")
    defer { deflateEnd(&stream) }
    var out = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let made = bytes.withUnsafeBufferPointer { input in
        out.withUnsafeMutableBufferPointer { output in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            let code = deflate(&stream, Z_FINISH)
            precondition(code == Z_STREAM_END, "deflateBound was too small")
            return output.count - Int(stream.avail_out)
        }
    }
    out.removeLast(out.count - made)
    return out
}
