import Foundation
import Testing

@testable import Transcription

/// The check of a model's file on real ones.
@Suite struct WhisperFileModelTests {
    @Test("the models of the set-up pass")
    func whole() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        for name in ["tiny.en", "base"] {
            let path = "/" + root + "/.deps/models/whisper/\(name).bin"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try WhisperFile.check(path: path)
        }
    }
}
