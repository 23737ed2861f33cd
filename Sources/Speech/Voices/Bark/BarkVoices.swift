import EngineAPI
import Inference

/// The voices of Bark in the models folder: `bark/en_speaker_6` of `bark/voices/en_speaker_6.npz`,
/// and `bark/any`, whom the seed decides.
enum BarkVoices {
    static let anyone = "bark/any"
    /// ISO 639's word for several languages: the text decides.
    private static let everyLanguage = "mul"

    /// - licence: as the manifest tells it of a file.
    static func entries(
        _ models: ModelDirectory, licence: (String) -> String
    ) -> [VoiceEntry] {
        let files = BarkFiles(models: models)
        guard files.isInstalled else { return [] }
        let networks = BarkFiles.Network.allCases.map { files.file($0) }
        let sampleRateHz = (try? files.settings())?.sample_rate ?? 24_000
        func entry(_ id: String, _ language: String, _ voice: String?) -> VoiceEntry {
            VoiceEntry(
                description: VoiceDescription(
                    id: id, language: language, gender: "unknown", sampleRateHz: sampleRateHz,
                    licence: licence(networks[0]), isPresent: files.isComplete),
                family: .bark(voice: voice), file: networks[0],
                moreFiles: Array(networks.dropFirst()))
        }
        return [entry(anyone, everyLanguage, nil)]
            + files.voices.map { entry("bark/" + $0, language($0), $0) }
    }

    /// "de" of "de_speaker_3" and "v2_de_speaker_3", as Suno names them.
    static func language(_ voice: String) -> String {
        let parts = voice.split(separator: "_").map(String.init)
        guard let place = parts.firstIndex(of: "speaker"), place > 0, parts[place - 1].count == 2
        else { return everyLanguage }
        return parts[place - 1]
    }
}
