import EngineAPI
import Foundation
import Inference
import Testing

@testable import Speech

/// What `transformers` and `tokenizers` say of the tests' tiny model.
/// `scripts/models/bark/tiny.py` writes it beside the model's files.
struct BarkReference: Decodable {
    struct Words: Decodable {
        let text: String
        let ids: [Int]
    }

    /// One text through all stages, the likeliest token always.
    struct Case: Decodable {
        let text: String
        /// It goes on from the voice; and from what was said before too.
        let voice: Bool
        let carried: Bool?
        let end_probability: Double?
        let semantic: [Int]
        let coarse: [Int]
        let fine: [[Int]]
        let count: Int
        let absolute_sum: Double
        let at: [Int]
        let values: [Double]
    }

    let words: [Words]
    let cases: [Case]

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Networks")

    static func read() throws -> BarkReference {
        let bytes = try Data(contentsOf: folder.appendingPathComponent("reference.json"))
        return try JSONDecoder().decode(BarkReference.self, from: bytes)
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func settings() throws -> BarkSettings {
        try BarkSettings.read(try bytes("bark.json"), path: "bark.json")
    }
}

/// A models folder with the default voice's tables and the tiny model.
struct BarkFolder {
    let voices: BroughtVoices

    init() throws {
        voices = try BroughtVoices()
        for name in try FileManager.default.contentsOfDirectory(atPath: BarkReference.folder.path)
        where name != "reference.json" {
            let isVoice = name.hasSuffix(".npz")
            try voices.add(
                "bark/" + (isVoice ? "voices/" : "") + name, try BarkReference.bytes(name))
        }
    }

    func remove() { voices.remove() }

    /// As an error names it.
    func path(_ name: String) -> String { voices.folder.path + "/bark/" + name }

    func networks() throws -> BarkNetworks {
        try BarkNetworks(BarkFiles(models: voices.models), runtime: Voice.runtime, threads: 1)
    }

    /// Writes the settings with one part of their text replaced.
    func change(_ old: String, _ new: String) throws {
        let text = String(decoding: try BarkReference.bytes("bark.json"), as: UTF8.self)
        #expect(text.contains(old))
        try voices.add("bark/bark.json", text.replacingOccurrences(of: old, with: new))
    }

    /// A small memory of networks, so that each use of another loads anew.
    func synthesizer() -> SpeechSynthesizer { voices.synthesizer(networkBytesMax: 1) }
}
