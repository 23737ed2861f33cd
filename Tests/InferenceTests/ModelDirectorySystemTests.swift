import EngineAPI
import Foundation
import Hashing
import Testing

@testable import Inference

@Suite struct ModelDirectorySystemTests {
    private let folder: URL
    private let bytes = (0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("models-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var models: ModelDirectory { ModelDirectory(path: folder.path) }
    private var damaged: EngineError { .modelDamaged(path: folder.path + "/a.bin") }

    private func write(_ bytes: [UInt8], as name: String = "a.bin") throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    private func writeManifest(checksum: Bool = true, bytes count: Int = 3_000) throws {
        var sum = BlockChecksum()
        sum.update(bytes.span)
        let field = checksum ? #","checksum":"\#(sum.hexDigest())""# : ""
        try write(
            Array(#"{"models":[{"file":"a.bin","bytes":\#(count)\#(field),"more":1}]}"#.utf8),
            as: "manifest.json")
    }

    @Test("a file that is as its manifest says is loaded, and so is one that none lists")
    func whole() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(bytes)
        #expect(try models.verified("a.bin") == folder.path + "/a.bin")
        try writeManifest()
        #expect(try models.verified("a.bin") == folder.path + "/a.bin")
        try writeManifest(checksum: false)
        #expect(try models.verified("a.bin") == folder.path + "/a.bin")
        try write([1], as: "b.bin")
        #expect(try models.verified("b.bin") == folder.path + "/b.bin")
    }

    @Test("a changed byte anywhere, a cut and a longer file are told by the file's name")
    func changed() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try writeManifest()
        for index in stride(from: 0, to: bytes.count, by: 97) {
            var other = bytes
            other[index] ^= 0x10
            try write(other)
            #expect(throws: damaged) { try models.verified("a.bin") }
        }
        for other in [[], Array(bytes.dropLast()), bytes + [0]] {
            try write(other)
            #expect(throws: damaged) { try models.verified("a.bin") }
        }
        // Without a checksum the length still tells.
        try writeManifest(checksum: false)
        try write(bytes + [0])
        #expect(throws: damaged) { try models.verified("a.bin") }
    }

    @Test("a manifest that can't be read is what is damaged, not the files that it lists")
    func brokenManifest() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(bytes)
        for text in ["", "{", "[]", #"{"models":[{"file":1}]}"#] {
            try write(Array(text.utf8), as: "manifest.json")
            #expect(throws: EngineError.modelDamaged(path: folder.path + "/manifest.json")) {
                try models.verified("a.bin")
            }
        }
    }

    @Test("a file that is not there is missing")
    func missing() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try writeManifest()
        #expect(throws: EngineError.modelMissing(path: folder.path + "/a.bin")) {
            try models.verified("a.bin")
        }
    }
}
