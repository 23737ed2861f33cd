import EngineAPI
import Foundation
import Inference

@testable import Speech

/// A models folder with the tests' tiny networks beside the default voice.
struct BroughtVoices {
    let folder: URL
    private static let networks = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Networks")

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("voices-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/hibari", withDestinationPath: Voice.folder.path + "/hibari")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    var models: ModelDirectory { ModelDirectory(path: folder.path) }

    func synthesizer(networkBytesMax: Int = 1 << 20) -> SpeechSynthesizer {
        SpeechSynthesizer(
            models: models, networkBytesMax: networkBytesMax, runtime: Voice.runtime,
            rateConverter: Voice.rateConverter)
    }

    static func network(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: networks.appendingPathComponent(name + ".onnx")))
    }

    func add(_ file: String, _ bytes: [UInt8]) throws {
        let url = folder.appendingPathComponent(file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func add(_ file: String, _ text: String) throws { try add(file, Array(text.utf8)) }

    /// - type: "espeak" or "text". - language: espeak-ng's name of it.
    func addPiper(
        _ id: String, type: String = "espeak", language: String = "en-us", speakers: [String] = []
    ) throws {
        let network = speakers.isEmpty ? "vits" : "speakers"
        try add("piper/\(id).onnx", BroughtVoices.network(network))
        let signs = "_^$ ,.!?abcdefhijklmnopstuvwzæðŋɐɑɔəɚɛɜɡɪɹɾʃʊʌʒθˈˌː"
        let map = signs.unicodeScalars.enumerated()
            .map { "\"\($1)\": [\($0)]" }.joined(separator: ", ")
        let ids = speakers.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
        try add(
            "piper/\(id).onnx.json",
            """
            {"audio": {"sample_rate": 16000}, "espeak": {"voice": "\(language)"},
             "phoneme_type": "\(type)", "num_speakers": \(max(1, speakers.count)),
             "speaker_id_map": {\(ids)}, "phoneme_id_map": {\(map)},
             "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8}}
            """)
    }

    func addCoqui(_ id: String) throws {
        try add("coqui/\(id).onnx", BroughtVoices.network("vits"))
        try add(
            "coqui/\(id).json",
            """
            {"audio": {"sample_rate": 22050}, "use_phonemes": false, "add_blank": true,
             "characters": {"characters_class": "TTS.tts.models.vits.VitsCharacters", "pad": "_",
             "blank": "<BLNK>", "characters": "abcdefghijklmnopqrstuvwxyz", "phonemes": null,
             "punctuations": "!'(),.? "}}
            """)
    }
}
