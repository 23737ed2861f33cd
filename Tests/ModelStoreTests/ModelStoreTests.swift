import EngineAPI
import Foundation
import Hashing
import Testing

@testable import ModelStore

@Suite struct ModelStoreTests {
    private static let hash = String(repeating: "0a", count: 32)

    private static func entry(
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

    @Test("every file is hashed again: whole, missing, of another size, of another content")
    func verify() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/model-store-\(UUID())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = ModelStore(folder: folder)
        #expect(throws: ModelStoreError.manifestMissing(path: folder + "/manifest.json")) {
            try store.verify(Cancellation())
        }
        let content: [UInt8] = [1, 2, 3]
        let hash = sha256(content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let files = ["whole", "changed", "longer", "missing"]
        for (name, bytes) in [
            ("whole", content), ("changed", [1, 2, 4]), ("longer", [1, 2, 3, 4]),
        ] {
            _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(bytes))
        }
        try store.record(files.map { Self.entry(file: $0, sha256: hash) })
        let findings = try store.verify(Cancellation())
        #expect(
            Dictionary(uniqueKeysWithValues: findings.map { ($0.file.file, $0.finding) })
                == [
                    "whole": .whole, "changed": .wrongHash, "longer": .wrongSize,
                    "missing": .missing,
                ])
        let cancelled = Cancellation()
        cancelled.raise()
        #expect(throws: ModelStoreError.stopped) { try store.verify(cancelled) }
    }

    @Test("a part takes only the response that was asked for")
    func parts() throws {
        let path = FileManager.default.temporaryDirectory.path + "/part-\(UUID())"
        defer { unlink(path) }
        _ = FileManager.default.createFile(atPath: path, contents: Data([1, 2]))
        let part = PartFile(path: path)
        try part.open(bytesMax: 4, Cancellation())
        #expect(part.bytes == 2)
        for (status, range) in [(206, "bytes 3-4/5"), (206, nil), (404, nil), (416, nil)] {
            #expect(throws: ModelStoreError.refused(url: "u", status: status)) {
                try part.prepare(for: status, range, offset: 2, url: "u")
            }
        }
        try part.prepare(for: 206, "bytes 2-3/4", offset: 2, url: "u")
        try [UInt8]([3]).withUnsafeBytes { try part.append($0) }
        #expect(part.bytes == 3)
        #expect(
            part.hexDigest == "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
        try part.prepare(for: 200, nil, offset: 2, url: "u")
        #expect(part.bytes == 0 && fileSize(path) == 0)
        part.close()
    }
}
