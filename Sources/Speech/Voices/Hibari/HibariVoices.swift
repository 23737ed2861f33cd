import EngineAPI
import Inference

/// The other voices of hibari's family in the models folder: `hibari/bf_emma.int8.onnx` and its
/// like, by Kokoro's name of the voice that each was distilled from.
enum HibariVoices {
    /// What a file's name says of its voice.
    struct Name: Equatable {
        /// "emma".
        let id: String
        let isBritish: Bool
        let gender: String
    }

    /// nil for a file that is none: its name begins with an accent's letter, a gender's and "_",
    /// and ends in a version or a format at most.
    static func name(_ file: String) -> Name? {
        guard file.hasSuffix(".onnx"), let stem = file.split(separator: ".").first else {
            return nil
        }
        var parts = stem.split(separator: "_").map(String.init)
        if let last = parts.last, last.first == "v", last.count > 1,
            last.dropFirst().allSatisfy(\.isNumber)
        {
            parts.removeLast()
        }
        guard parts.count == 2, parts[1].allSatisfy({ $0.isLowercase && $0.isASCII }) else {
            return nil
        }
        switch parts[0] {
        case "af": return Name(id: parts[1], isBritish: false, gender: "female")
        case "am": return Name(id: parts[1], isBritish: false, gender: "male")
        case "bf": return Name(id: parts[1], isBritish: true, gender: "female")
        case "bm": return Name(id: parts[1], isBritish: true, gender: "male")
        default: return nil
        }
    }

    static func entries(_ models: ModelDirectory) -> [VoiceEntry] {
        models.names(in: "hibari").compactMap { file in
            guard let name = name(file) else { return nil }
            return VoiceEntry(
                description: VoiceDescription(
                    id: name.id, language: name.isBritish ? "en-GB" : "en-US", gender: name.gender,
                    sampleRateHz: Vocoder.sampleRateHz, licence: "Apache-2.0",
                    isPresent: models.has("hibari/hibari.tables")),
                family: .hibariVoice(isBritish: name.isBritish), file: "hibari/" + file)
        }
    }
}
