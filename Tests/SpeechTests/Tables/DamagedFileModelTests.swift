import EngineAPI
import Foundation
import Testing

@testable import Inference
@testable import Speech

/// Files of voices that are damaged: wrong words or an error, never the end of the process.
@Suite struct DamagedFileModelTests {
    private static let text = "Dr. Zyxqua paid $2-$3 for 3 kg on May 5th, said NASA's B2B."

    /// A file that is changed in place.
    private final class Scratch {
        let path: String
        private let descriptor: Int32
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            path = FileManager.default.temporaryDirectory.path + "/damaged-\(UUID().uuidString)"
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            restore()
        }

        deinit {
            close(descriptor)
            unlink(path)
        }

        func put(_ byte: UInt8, at: Int) {
            _ = [byte].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, 1, at) }
        }
        func cut(to count: Int) { ftruncate(descriptor, count) }
        func restore() {
            ftruncate(descriptor, bytes.count)
            _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
    }

    /// Reads a text by the tables at a path, where they are taken at all.
    private func read(_ path: String) throws {
        let tables: VoiceTables
        do throws(EngineError) {
            tables = try VoiceTables(path: path)
        } catch .modelDamaged {
            return
        }
        let unknown = OOVPronouncer(tables) { () throws(EngineError) in
            throw .modelMissing(path: "")
        }
        let front = FrontEnd(tables, unknown: unknown)
        var cutter = SentenceSplitter(
            try front.cleaner.cleaned(Self.text), rules: front.tables.rules)
        while let sentence = cutter.next() { _ = try? front.words(sentence.text) }
    }

    private func tables() throws -> Scratch {
        let path = try Voice.folder.file("hibari/hibari.tables")
        return Scratch(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test("tables with any byte of the first kilobyte changed are read or refused")
    func tableHeads() throws {
        let scratch = try tables()
        for at in 0..<1_024 {
            for mask: UInt8 in [0x80, 0x01, 0xFF] {
                scratch.put(scratch.bytes[at] ^ mask, at: at)
                try read(scratch.path)
            }
            scratch.put(scratch.bytes[at], at: at)
        }
    }

    @Test("tables with many bytes changed at random are read or refused")
    func tableBodies() throws {
        let scratch = try tables()
        var generator = SeededGenerator(seed: 5)
        for round in 0..<12 {
            for _ in 0..<100 << round.quotientAndRemainder(dividingBy: 2).quotient * 2 {
                let at = 1_024 + Int(generator.next() % UInt64(scratch.bytes.count - 1_024))
                scratch.put(UInt8(truncatingIfNeeded: generator.next()), at: at)
            }
            try read(scratch.path)
            if round % 4 == 3 { scratch.restore() }
        }
    }

    @Test("tables that are cut anywhere are read or refused")
    func tableCuts() throws {
        let scratch = try tables()
        let lengths = Array(0..<1_024) + stride(from: 1_024, to: scratch.bytes.count, by: 777_777)
        for length in lengths.reversed() {
            scratch.cut(to: length)
            try read(scratch.path)
        }
    }

    @Test("styles with any byte changed, or cut anywhere, are read or refused")
    func styles() {
        let archive = StyleBytes.archive([
            ("a.npy", StyleBytes.numpy([0.1])), ("b.npy", StyleBytes.numpy([0.2])),
        ])
        func read(_ bytes: [UInt8]) {
            guard let file = StyleFile(bytes) else { return }
            for name in file.names + [""] { _ = file.table(name)?.row(3) }
        }
        for at in archive.indices {
            for mask: UInt8 in [0x80, 0x01, 0xFF] {
                var bytes = archive
                bytes[at] ^= mask
                read(bytes)
            }
            read(Array(archive[..<at]))
        }
    }

    private static let networks = ["vits", "speakers", "kokoro", "kitten"]

    @Test(
        "a network with any byte changed, or cut anywhere, has an outline or none",
        arguments: networks)
    func outlines(_ name: String) throws {
        let whole = try BroughtVoices.network(name)
        func outline(_ bytes: [UInt8]) {
            guard let graph = try? OnnxGraph(bytes, path: "x") else { return }
            _ = graph.changed(outputs: ["avatar.other"], isSeeded: true)
        }
        for at in whole.indices {
            for mask in (0..<8).map({ UInt8(1 << $0) }) + [0xFF] {
                var bytes = whole
                bytes[at] ^= mask
                outline(bytes)
            }
            outline(Array(whole[..<at]))
        }
    }

    /// In a process of its own, for ONNX Runtime is not ours.
    @Test("a network with a byte changed is opened or refused", arguments: networks)
    func opened(_ name: String) async {
        await #expect(processExitsWith: .success) { [name] in
            let whole = try BroughtVoices.network(name)
            let runtime = try OnnxRuntime()
            for at in whole.indices {
                var bytes = whole
                bytes[at] ^= UInt8(1 << (at % 8))
                guard (try? OnnxGraph(bytes, path: "x")) != nil else { continue }
                _ = try? OnnxSession(runtime, .bytes(bytes))
            }
        }
    }
}
