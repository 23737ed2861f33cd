import Hashing
import Testing

@Suite struct SHA256Tests {
    @Test(
        "FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func examples(text: String, expected: String) {
        var hash = SHA256()
        hash.update(Array(text.utf8).span)
        #expect(hash.hexDigest() == expected)
    }

    @Test("any cut of a message gives the same digest")
    func cuts() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = sha256(message)
        for cut in 0...300 {
            var hash = SHA256()
            hash.update(Array(message[..<cut]).span)
            #expect(hash.digest().count == 32)
            hash.update(Array(message[cut...]).span)
            #expect(hash.digest() == whole)
        }
    }
}
