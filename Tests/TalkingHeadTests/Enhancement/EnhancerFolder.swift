import EngineAPI
import Foundation
import Inference

@testable import TalkingHead

extension SadTalkerFolder {
    /// Lays one of the tiny networks in as the one that restores faces.
    func layEnhancer(_ name: String) throws {
        let laid = folder.appendingPathComponent("enhancer")
        try FileManager.default.createDirectory(at: laid, withIntermediateDirectories: true)
        let networks = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Networks")
        try? FileManager.default.removeItem(atPath: enhancerPath)
        try FileManager.default.copyItem(
            atPath: networks.appendingPathComponent(name + ".onnx").path, toPath: enhancerPath)
    }

    /// Bytes in its place.
    func writeEnhancer(_ bytes: [UInt8]) throws {
        try layEnhancer("identity")
        try Data(bytes).write(to: URL(fileURLWithPath: enhancerPath))
    }

    /// As an error names it.
    var enhancerPath: String { folder.path + "/enhancer/face.onnx" }

    func meshEngine() -> MeshEngine {
        MeshEngine(
            models: ModelDirectory(path: folder.path),
            runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter, workers: 2)
    }

    /// Both engines, which read the same folder.
    var engines: [any TalkingHeadEngine] {
        [meshEngine() as any TalkingHeadEngine] + [engine()].compactMap { $0 }
    }
}
