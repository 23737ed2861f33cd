import EngineAPI
import Inference
import Testing

@testable import TalkingHead

/// What an operator may have laid into the models folder, whole or not.
@Suite(.serialized) struct SadTalkerFilesModelTests {
    private func withFolder(_ body: (SadTalkerFolder) async throws -> Void) async throws {
        let folder = try SadTalkerFolder()
        defer { folder.remove() }
        try await body(folder)
    }

    private func open(_ folder: SadTalkerFolder) async throws {
        var options = AnimationOptions()
        (options.framing, options.sidePixels) = (.crop, 128)
        let engine = try #require(folder.engine())
        let session = try await engine.open(
            try await Astronaut.image(), options, work: .ample)
        _ = await session.close()
    }

    private static let needed = [
        "audio2exp.onnx", "audio2pose.onnx", "face3d.onnx", "mapping_crop.onnx",
        "keypoints_64.onnx", "appearance_64.onnx",
    ]

    @Test("without any file there is no such engine; with one there is")
    func isKnown() async throws {
        try await withFolder { folder in
            let engine = try #require(folder.engine())
            #expect(engine.isPresent)
            let report = try await engine.prepare()
            #expect(report.models.count == 8 && report.backend == "cpu")
            for name in Self.needed + ["renderer_64.onnx"] { folder.delete(name) }
            let lone = try #require(folder.engine())
            #expect(!lone.isPresent, "mapping_full alone")
            folder.delete("mapping_full.onnx")
            #expect(folder.engine() == nil)
        }
    }

    @Test("a file that is missing is named", arguments: needed)
    func missing(_ name: String) async throws {
        try await withFolder { folder in
            folder.delete(name)
            let error = EngineError.modelMissing(path: folder.path(name))
            await #expect(throws: error) { try await open(folder) }
            if name == "mapping_crop.onnx" {
                let engine = try #require(folder.engine())
                #expect(engine.isPresent, "the other one is enough for whole pictures")
            } else {
                await #expect(throws: error) { _ = try await folder.engine()?.prepare() }
            }
        }
    }

    @Test("without any renderer the usual one is named as missing")
    func noRenderer() async throws {
        try await withFolder { folder in
            folder.delete("renderer_64.onnx")
            let error = EngineError.modelMissing(path: folder.path("renderer_256.onnx"))
            await #expect(throws: error) { try await open(folder) }
            await #expect(throws: error) { _ = try await folder.engine()?.prepare() }
        }
    }

    @Test("another network under a file's name is told with what is wrong")
    func foreign() async throws {
        try await withFolder { folder in
            try folder.copy("mapping_full.onnx", as: "mapping_crop.onnx")
            let error = EngineError.modelMismatch(
                path: folder.path("mapping_crop.onnx"), tensor: "semantics",
                wanted: "float [?, 70, 27]", found: "float [?, 73, 27]")
            await #expect(throws: error) { try await open(folder) }
        }
        try await withFolder { folder in
            try folder.copy("face3d.onnx", as: "renderer_64.onnx")
            let error = EngineError.modelMismatch(
                path: folder.path("renderer_64.onnx"), tensor: "volume",
                wanted: "float [1, 32, 16, 16, 16]", found: nil)
            await #expect(throws: error) { try await open(folder) }
        }
        try await withFolder { folder in
            for part in ["renderer", "keypoints", "appearance"] {
                try folder.copy("\(part)_64.onnx", as: "\(part)_128.onnx")
            }
            let error = EngineError.modelMismatch(
                path: folder.path("renderer_128.onnx"), tensor: "volume",
                wanted: "float [1, 32, 16, 32, 32]", found: "float [1, 32, 16, 16, 16]")
            await #expect(throws: error) { try await open(folder) }
        }
    }

    @Test("a file that is cut off is damaged, wherever it ends", arguments: [0, 0.001, 0.4, 0.999])
    func truncated(_ part: Double) async throws {
        for name in ["renderer_64.onnx", "audio2exp.onnx", "keypoints_64.onnx"] {
            try await withFolder { folder in
                try folder.truncate(name, part: part)
                await #expect(throws: EngineError.modelDamaged(path: folder.path(name))) {
                    try await open(folder)
                }
            }
        }
    }

    @Test("the smallest size that shows all pixels draws, else the largest; others' names do not")
    func sizes() async throws {
        try await withFolder { folder in
            for name in ["renderer_256.int8", "renderer_512", "renderer_x", "renderer_99999"] {
                try folder.copy("face3d.onnx", as: name + ".onnx")
            }
            let files = SadTalkerFiles(models: ModelDirectory(path: folder.folder.path))
            #expect(files.sides == [64, 256, 512])
            #expect(
                try [1, 64, 65, 256, 400, 9_000].map { try files.side(for: $0) }
                    == [64, 64, 256, 256, 512, 512])
            #expect(files.renderer(side: 256, isOnCPU: true).name == "renderer_256.int8")
            #expect(files.renderer(side: 512, isOnCPU: true).name == "renderer_512")
            try folder.copy("face3d.onnx", as: "renderer_256.onnx")
            #expect(files.renderer(side: 256, isOnCPU: true).name == "renderer_256.int8")
            #expect(files.renderer(side: 256, isOnCPU: false).name == "renderer_256")
        }
    }
}
