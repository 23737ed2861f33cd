import EngineAPI
import Testing

@testable import Media

@Suite("Content Credentials: which file, which key")
struct CredentialsTests {
    @Test(
        "a kind of file is told by its first bytes, not by its name",
        arguments: [
            ("RIFF\0\0\0\0WAVEfmt ", "audio/wav"), ("RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("RIFF\0\0\0\0AVI LIST", "video/avi"), ("RIFF\0\0\0\0XXXX", nil), ("RIFF", nil),
            ("\0\0\0\u{18}ftypisom", "video/mp4"), ("\0\0\0\u{18}ftypM4A ", "audio/mp4"),
            ("\0\0\0\u{18}ftypavif", "image/avif"), ("\0\0\0\u{18}ftypheic", "image/heic"),
            ("GIF89a", "image/gif"), ("fLaC", "audio/flac"), ("ID3\u{3}", "audio/mpeg"),
            ("OggS", nil), ("%PDF-1.7", nil), ("<svg xmlns=", nil), ("PK\u{3}\u{4}", nil),
            ("", nil), ("G", nil),
        ] as [(String, String?)])
    func kinds(start: String, type: String?) {
        #expect(CredentialsKind.mediaType(of: Array(start.utf8)) == type)
    }

    @Test("kinds whose first bytes are no text")
    func binaryKinds() {
        #expect(CredentialsKind.mediaType(of: [0x89, 0x50, 0x4E, 0x47, 0x0D]) == "image/png")
        #expect(CredentialsKind.mediaType(of: [0xFF, 0xD8, 0xFF, 0xE0]) == "image/jpeg")
        #expect(CredentialsKind.mediaType(of: [0xFF, 0xFB, 0x90]) == "audio/mpeg")
        // ADTS: MPEG's sync word, layer 0.
        #expect(CredentialsKind.mediaType(of: [0xFF, 0xF1, 0x50]) == nil)
        #expect(CredentialsKind.mediaType(of: [0xFF]) == nil)
    }

    @Test("the signature goes with the certificate's own key, whatever its issuer has")
    func algorithms() throws {
        let own = try SigningCredentials(certificates: TestChain.certificates, key: TestChain.key)
        #expect(own.algorithm == "es256")
        for (algorithm, certificate) in TestChain.others {
            let other = try SigningCredentials(certificates: certificate, key: TestChain.key)
            #expect(other.algorithm == algorithm)
        }
    }

    @Test(
        "what is no certificate or no key in PEM is refused", arguments: ["", "x", "-----BEGIN "])
    func refused(text: String) {
        #expect(throws: SigningCredentialsError.badCertificate) {
            try SigningCredentials(certificates: text, key: TestChain.key)
        }
        #expect(throws: SigningCredentialsError.badKey) {
            try SigningCredentials(certificates: TestChain.certificates, key: text)
        }
    }

    @Test("a key with a password, and the two in each other's place, are refused")
    func misplaced() {
        let locked = TestChain.key.split(separator: "PRIVATE").joined(
            separator: "ENCRYPTED PRIVATE")
        #expect(throws: SigningCredentialsError.badKey) {
            try SigningCredentials(certificates: TestChain.certificates, key: locked)
        }
        #expect(throws: SigningCredentialsError.badCertificate) {
            try SigningCredentials(certificates: TestChain.key, key: TestChain.certificates)
        }
    }

    @Test("a block is read with either end of lines, and only where it ends")
    func blocks() {
        let windows = TestChain.root.split(separator: "\n").joined(separator: "\r\n")
        #expect(PEMBlock.first("CERTIFICATE", in: windows)?.count ?? 0 > 300)
        let cut = TestChain.root.split(separator: "\n").dropLast().joined(separator: "\n")
        #expect(PEMBlock.first("CERTIFICATE", in: cut) == nil)
    }

    @Test("only formats that can bear a manifest are signed")
    func signable() throws {
        let signer = ContentSigner(
            try SigningCredentials(certificates: TestChain.certificates, key: TestChain.key),
            generator: ("Tests", "1"))
        let formats = AudioFormat.allCases.filter { signer.canSign($0.mediaType) }
        #expect(formats == [.wav, .mp3, .flac])
        #expect(VideoFormat.allCases.filter { signer.canSign($0.mediaType) } == [.mp4, .gif])
    }

    @Test("memory is read, written and sought as a file is; what leads before its start fails")
    func memory() throws {
        let stored = C2PAMemory(Array("abcdef".utf8), bytesMax: 8)
        var buffer = [UInt8](repeating: 0, count: 4)
        #expect(stored.seek(2, 0) == 2)
        #expect(stored.read(into: &buffer, 4) == 4)
        #expect(buffer == Array("cdef".utf8))
        #expect(stored.read(into: &buffer, 4) == 0)
        #expect(stored.seek(-1, 2) == 5)
        #expect(stored.write(Array("XY".utf8), 2) == 2)
        #expect(stored.bytes == Array("abcdeXY".utf8))
        #expect(stored.write(Array("ZZ".utf8), 2) == -1, "one more than it may hold")
        #expect(stored.seek(-1, 0) == -1)
        #expect(stored.seek(.max, 0) == .max)
        #expect(stored.seek(1, 1) == -1, "an overflow")
        #expect(stored.read(into: &buffer, 4) == 0)
        #expect(stored.write(Array("Z".utf8), 1) == -1)
    }
}
