import EngineAPI
import Foundation
import Hashing
import Testing

@testable import ModelStore

/// Models on a disk.
@Suite struct ModelStoreSystemTests {
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
        try store.record(files.map { ModelStoreTests.entry(file: $0, sha256: hash) })
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
