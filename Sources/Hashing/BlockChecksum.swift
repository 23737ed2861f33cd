/// A checksum for accidents, not for attackers: fast enough to run over a model each time that it
/// is loaded, an order of magnitude faster than SHA-256 without instructions of its own.
///
/// 256 lanes of 32 bits; each takes every 256th little-endian word as `h = 33 h ^ word`, the last
/// row filled up with zeros. Multiplying by 33 and the exclusive or can both be undone, so that no
/// single word can change without changing the sum. The lanes and the length, as bytes in order,
/// become one number by 64-bit FNV-1a. `scripts/models/manifest.py` does the same.
package struct BlockChecksum: Sendable {
    private static let lanes = 256
    private static let rowBytes = 4 * lanes

    private var state = [SIMD16<UInt32>](repeating: SIMD16(repeating: 5_381), count: lanes / 16)
    /// Bytes of a row that is not whole yet.
    private var rest: [UInt8] = []
    private var byteCount: UInt64 = 0

    package init() {}

    /// Takes the next bytes, in pieces of any size.
    package mutating func update(_ bytes: Span<UInt8>) {
        byteCount += UInt64(bytes.count)
        var at = 0
        if !rest.isEmpty {
            while rest.count < Self.rowBytes, at < bytes.count {
                rest.append(bytes[at])
                at += 1
            }
            guard rest.count == Self.rowBytes else { return }
            let row = rest
            addRows(row.span, from: 0, to: row.count)
            rest.removeAll(keepingCapacity: true)
        }
        let end = at + (bytes.count - at) / Self.rowBytes * Self.rowBytes
        addRows(bytes, from: at, to: end)
        for index in end..<bytes.count { rest.append(bytes[index]) }
    }

    /// The sum as sixteen lower-case hexadecimal digits.
    package consuming func hexDigest() -> String {
        if !rest.isEmpty {
            let row = rest + [UInt8](repeating: 0, count: Self.rowBytes - rest.count)
            addRows(row.span, from: 0, to: row.count)
        }
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt64) { sum = (sum ^ byte) &* 0x100_0000_01B3 }
        for lanes in state {
            for lane in lanes.indices {
                for shift in stride(from: 0, to: 32, by: 8) {
                    add(UInt64(lanes[lane] >> UInt32(shift) & 255))
                }
            }
        }
        for shift in stride(from: UInt64(0), to: 64, by: 8) { add(byteCount >> shift & 255) }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Whole rows only.
    private mutating func addRows(_ bytes: Span<UInt8>, from: Int, to: Int) {
        guard from < to else { return }
        unsafe bytes.extracting(from..<to).withUnsafeBytes { raw in
            var row = 0
            while row < raw.count {
                for index in 0..<Self.lanes / 16 {
                    let word = unsafe raw.loadUnaligned(
                        fromByteOffset: row + 64 * index, as: SIMD16<UInt32>.self)
                    let old = state[index]
                    // Little-endian on every machine that this runs on.
                    state[index] = ((old &<< 5) &+ old) ^ word
                }
                row += Self.rowBytes
            }
        }
    }
}
