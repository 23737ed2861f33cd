import EngineAPI
import Foundation
import Hashing
import Testing

@testable import Inference

@Suite struct ModelFileReaderSystemTests {
    private let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("model-\(UUID().uuidString).bin").path
    /// More than two pieces, and no whole number of them.
    private let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }

    init() throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    private var sum: String {
        var sum = BlockChecksum()
        sum.update(bytes.span)
        return sum.hexDigest()
    }

    /// Takes parts of the given lengths, over and over, until the file ends.
    private func read(_ file: ModelFileReader, inPartsOf lengths: [Int]) -> [UInt8] {
        var (all, turn): ([UInt8], Int) = ([], 0)
        while !file.hasEnded {
            var part = [UInt8](repeating: 0xEE, count: lengths[turn % lengths.count])
            let given = part.withUnsafeMutableBytes { file.read(into: $0) }
            all += part.prefix(given)
            turn += 1
        }
        return all
    }

    @Test(
        "whatever parts it is asked for, it gives the file, and its sum is that of the whole",
        arguments: [
            [4], [1, 262_144], [12, 300_000, 7], [700_001], [700_002], [65_536, 524_288],
        ])
    func parts(lengths: [Int]) throws {
        defer { unlink(path) }
        let file = try ModelFileReader(path: path, checksum: sum)
        #expect(read(file, inPartsOf: lengths) == bytes)
        try file.verify()
    }

    @Test("it tells a file that is another's, read to its end, half or not at all")
    func another() throws {
        defer { unlink(path) }
        for count in [0, 10, 400_000, bytes.count + 1] {
            let file = try ModelFileReader(path: path, checksum: String(repeating: "0", count: 16))
            var part = [UInt8](repeating: 0, count: count)
            _ = part.withUnsafeMutableBytes { file.read(into: $0) }
            #expect(throws: EngineError.modelDamaged(path: path)) { try file.verify() }
            let same = try ModelFileReader(path: path, checksum: sum)
            _ = part.withUnsafeMutableBytes { same.read(into: $0) }
            try same.verify()
        }
    }

    @Test("a file that isn't there, and one that can't be read")
    func unreadable() throws {
        defer { unlink(path) }
        #expect(throws: EngineError.modelMissing(path: path + ".none")) {
            try ModelFileReader(path: path + ".none")
        }
        // A folder opens, and gives nothing.
        let folder = FileManager.default.temporaryDirectory.path
        let file = try ModelFileReader(path: folder, checksum: sum)
        #expect(throws: EngineError.modelDamaged(path: folder)) { try file.verify() }
    }
}
