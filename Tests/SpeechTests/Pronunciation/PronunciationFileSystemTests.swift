import EngineAPI
import Foundation
import Inference
import Testing

@testable import Speech

/// The operator's lexicons in the models folder.
@Suite struct PronunciationFileSystemTests {
    @Test("files in the models folder are the operator's, and a broken one says where")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/lexicon-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let models = ModelDirectory(path: folder)
        #expect(try PronunciationFile.all(in: models).isEmpty)
        try Data("cat\tdog\n".utf8).write(to: URL(fileURLWithPath: folder + "/lexicon.tsv"))
        #expect(try PronunciationFile.all(in: models).map(\.word) == ["cat"])
        try Data("<lexicon>\n<x".utf8).write(to: URL(fileURLWithPath: folder + "/lexicon.pls"))
        #expect(throws: EngineError.lexiconBroken(file: "lexicon.pls", line: 2)) {
            try PronunciationFile.all(in: models)
        }
    }
}
