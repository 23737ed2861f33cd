/// SHA-1 of FIPS 180-4 over one short message. It is broken for signatures; RFC 6455 §4.2.2 only
/// shows by it that the request was read.
func sha1(_ message: [UInt8]) -> [UInt8] {
    // §5.1.1: a one, zeros, and the length in bits, to a multiple of 64 bytes.
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) * 8
    padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
    // §5.3.1.
    var state: InlineArray<5, UInt32> = [
        0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
    ]
    for start in stride(from: 0, to: padded.count, by: 64) {
        addBlock(padded.span, at: start, to: &state)
    }
    return (0..<20).map { UInt8(truncatingIfNeeded: state[$0 / 4] >> UInt32(24 - 8 * ($0 % 4))) }
}

/// §6.1.2: one block of 64 bytes.
private func addBlock(
    _ bytes: Span<UInt8>, at start: Int, to state: inout InlineArray<5, UInt32>
) {
    var words = InlineArray<80, UInt32>(repeating: 0)
    for t in 0..<16 {
        let at = start + 4 * t
        words[t] =
            UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16
            | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
    }
    for t in 16..<80 {
        words[t] = rotated(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1)
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for t in 0..<80 {
        let (mixed, constant): (UInt32, UInt32) =
            switch t {
            case ..<20: (b & c ^ ~b & d, 0x5a82_7999)
            case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
            case ..<60: (b & c ^ b & d ^ c & d, 0x8f1b_bcdc)
            default: (b ^ c ^ d, 0xca62_c1d6)
            }
        let next = rotated(a, 5) &+ mixed &+ e &+ constant &+ words[t]
        (e, d, c, b, a) = (d, c, rotated(b, 30), a, next)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 &- count)
}
