import EngineAPI
import Foundation
import Hashing
import Testing

@testable import ModelStore

@Suite struct ModelStoreTests {
    private static let hash = String(repeating: "0a", count: 32)

    static func entry(
        file: String = "a/b.bin", bytes: Int = 3, sha256: String = hash, name: String = "a"
    ) -> ModelFile {
        ModelFile(
            name: name, file: file, bytes: bytes, sha256: sha256, licence: "MIT", source: "test")
    }

    @Test(
        "an entry's path stays below the folder",
        arguments: [
            ("whisper/base.bin", true), ("a", true), ("a/b/c.d-e_f", true), ("", false),
            ("/etc/passwd", false), ("../x", false), ("a/../b", false), ("a//b", false),
            ("a/", false), (".hidden", false), ("a/.b", false), ("a\\b", false), ("a b", false),
            ("a\nb", false), ("manifest.json", false), (String(repeating: "a", count: 256), false),
            ("1/2/3/4/5/6/7/8/9", false),
        ])
    func paths(file: String, isAudio: Bool) {
        #expect(Self.entry(file: file).isAudio == isAudio)
    }

    @Test("an entry's length and hash must be possible")
    func facts() {
        #expect(Self.entry().isAudio)
        #expect(!Self.entry(bytes: -1).isAudio)
        #expect(!Self.entry(bytes: (64 << 30) + 1).isAudio)
        #expect(!Self.entry(sha256: "abc").isAudio)
        #expect(!Self.entry(sha256: Self.hash.uppercased()).isAudio)
        #expect(!Self.entry(name: "").isAudio)
    }

    @Test("a manifest comes back as it was written; a broken one is refused")
    func manifest() throws {
        let manifest = ModelManifest(models: [Self.entry(), Self.entry(file: "c", name: "c")])
        #expect(try ModelManifest(json: manifest.json(), source: "x") == manifest)
        #expect(manifest.names == ["a", "c"])
        let added = manifest.adding([Self.entry(bytes: 9), Self.entry(file: "b", name: "b")])
        #expect(added.models.map(\.file) == ["a/b.bin", "b", "c"] && added.models[0].bytes == 9)
        let twice = ModelManifest(models: [Self.entry(), Self.entry()])
        for json in [Array("[]".utf8), Array("{}".utf8), [], twice.json()] {
            #expect(throws: ModelStoreError.manifestBroken(source: "x")) {
                try ModelManifest(json: json, source: "x")
            }
        }
    }

    @Test(
        "where models come from is http or https and a folder",
        arguments: [
            ("https://a.example/models", "https://a.example/models"),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80"),
            ("HTTPS://A.example//", "https://A.example"), ("file:///etc", nil), ("ftp://a", nil),
            ("https://", nil), ("https:///x", nil), ("https://a/b?c", nil), ("https://a/#b", nil),
            ("https://a b", nil), ("a.example", nil), ("", nil),
        ])
    func origins(url: String, expected: String?) {
        #expect((try? ModelStore.Origin(url: url))?.url == expected)
    }

    @Test("a path is percent-encoded")
    func encoding() {
        #expect(percentEncoded("a/B-1_2.bin") == "a/B-1_2.bin")
        #expect(percentEncoded("é%?#\u{1}") == "%C3%A9%25%3F%23%01")
    }
}
