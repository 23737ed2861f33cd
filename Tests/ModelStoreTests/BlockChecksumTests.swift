import Hashing
import Testing

private func sum(_ bytes: [UInt8], cut: Int) -> String {
    var checksum = BlockChecksum()
    var at = 0
    while at < bytes.count {
        let end = min(at + cut, bytes.count)
        checksum.update(bytes.span.extracting(at..<end))
        at = end
    }
    return checksum.hexDigest()
}

@Suite struct BlockChecksumTests {
    /// `checksum` of scripts/models/manifest.py gave the sums.
    @Test(
        "the sum is that of the set-up, however the bytes are cut",
        arguments: [
            ([UInt8](), "67aadb62426d53c5"), (Array("abc".utf8), "8495a0c71da7dc86"),
            ((0..<2_304).map { UInt8(truncatingIfNeeded: $0) }, "07ec54def92074ae"),
        ])
    func reference(_ bytes: [UInt8], _ wanted: String) {
        for cut in [1, 7, 1_000, 1_024, 1_025, 4_096] { #expect(sum(bytes, cut: cut) == wanted) }
    }

    @Test("no bit can change, and no zero can be added, without changing the sum")
    func bits() {
        let bytes = (0..<1_100).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let wanted = sum(bytes, cut: bytes.count)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1 << UInt8(index % 8)
            #expect(sum(other, cut: other.count) != wanted)
        }
        #expect(sum(bytes + [0], cut: bytes.count) != wanted)
    }
}
