import EngineAPI
import Foundation
import Inference

@testable import TalkingHead

/// A models folder with the real face models and the small networks of SadTalker's interface.
struct SadTalkerFolder {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sadtalker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("sadtalker"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/face", withDestinationPath: modelFolder.path + "/face")
        for name in try FileManager.default.contentsOfDirectory(
            atPath: SadTalkerReference.folder.path)
        where name.hasSuffix(".onnx") {
            try copy(name, as: name)
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// As an error names it.
    func path(_ name: String) -> String { folder.path + "/sadtalker/" + name }

    /// Lays one of the small networks in under any name.
    func copy(_ name: String, as other: String) throws {
        delete(other)
        try FileManager.default.copyItem(
            atPath: SadTalkerReference.folder.appendingPathComponent(name).path,
            toPath: path(other))
    }

    func delete(_ name: String) { try? FileManager.default.removeItem(atPath: path(name)) }

    /// Leaves so much of a file.
    func truncate(_ name: String, part: Double) throws {
        let url = URL(fileURLWithPath: path(name))
        let bytes = try Data(contentsOf: url)
        try bytes.prefix(Int(bounded: Double(bytes.count) * part)).write(to: url)
    }

    func engine() -> SadTalkerEngine? {
        SadTalkerEngine(
            models: ModelDirectory(path: folder.path),
            runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, threads: 2)
    }
}
