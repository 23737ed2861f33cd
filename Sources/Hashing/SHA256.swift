/// SHA-256 of FIPS 180-4, over bytes that come in pieces.
package struct SHA256: Sendable {
    /// §5.3.3.
    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    /// Bytes that fill no block yet: fewer than 64.
    private var rest: [UInt8] = []
    private var bytesTaken: UInt64 = 0

    package init() {}

    /// Takes the next bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        bytesTaken &+= UInt64(bytes.count)
        var at = 0
        while at < bytes.count {
            if rest.isEmpty, bytes.count - at >= 64 {
                add(blockOf: bytes, at: at)
                at += 64
                continue
            }
            rest.append(bytes[at])
            at += 1
            if rest.count == 64 { addRest() }
        }
    }

    /// The digest of what was taken: 32 bytes.
    package func digest() -> [UInt8] {
        var copy = self
        // §5.1.1: a one, zeros, and the length in bits, to a multiple of 64 bytes.
        copy.rest.append(0x80)
        if copy.rest.count > 56 {
            while copy.rest.count < 64 { copy.rest.append(0) }
            copy.addRest()
        }
        while copy.rest.count < 56 { copy.rest.append(0) }
        copy.rest += bigEndian(bytesTaken &* 8)
        copy.addRest()
        return (0..<8).flatMap { bigEndian(UInt64(copy.state[$0])).suffix(4) }
    }

    /// The digest in lower-case hexadecimal.
    package func hexDigest() -> String {
        digest().map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    private mutating func addRest() {
        let block = rest
        rest.removeAll(keepingCapacity: true)
        add(blockOf: block.span, at: 0)
    }

    /// §6.2.2: one block of 64 bytes.
    private mutating func add(blockOf bytes: Span<UInt8>, at start: Int) {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for t in 0..<16 {
            let at = start + 4 * t
            words[t] =
                UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16
                | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
        }
        for t in 16..<64 {
            let (early, late) = (words[t - 15], words[t - 2])
            let low = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
            let high = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
            words[t] = words[t - 16] &+ low &+ words[t - 7] &+ high
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for t in 0..<64 {
            let upper = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let first = h &+ upper &+ (e & f ^ ~e & g) &+ roundConstants[t] &+ words[t]
            let lower = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let second = lower &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }
}

/// The digest of a whole message.
package func sha256(_ message: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(message.span)
    return hash.digest()
}

@inline(__always)
private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
}

private func bigEndian(_ value: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
}

/// §4.2.2: of the cube roots of the first 64 primes.
private let roundConstants: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
]
