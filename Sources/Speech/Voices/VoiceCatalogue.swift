import EngineAPI
import Execution
import FoundationEssentials
import Inference

/// One voice and where its files are.
struct VoiceEntry: Sendable, Equatable {
    enum Family: Sendable, Equatable {
        case hibari
        case hibariVoice(isBritish: Bool)
        /// `settings` is the voice's JSON; `speaker` one of several in the network.
        case piper(settings: String, speaker: Int64)
        case coqui(settings: String)
        /// `styles` holds the voice's rows, under `name` where it holds several voices'.
        case kokoro(styles: String, name: String)
        case kitten(styles: String, name: String)
        /// `voice` is what it goes on from; nil is nobody's.
        case bark(voice: String?)

        /// Whether its voices are rows of numbers, which can be mixed.
        var hasStyles: Bool {
            switch self {
            case .kokoro, .kitten: true
            case .hibari, .hibariVoice, .piper, .coqui, .bark: false
            }
        }
    }

    let description: VoiceDescription
    let family: Family
    /// The network's file in the models folder; the first of several.
    let file: String
    /// The others, where it has several.
    var moreFiles: [String] = []
}

/// The voices that lie in the models folder: `piper/X.onnx` with `X.onnx.json`, `coqui/X.onnx` with
/// `X.json`, one network with files of styles in `kokoro/` and in `kitten/`, and Bark's in `bark/`.
/// Looked for once, when the first voice is asked about.
final class VoiceCatalogue: Sendable {
    static let defaultID = "hibari"
    /// Voices that are listed; of one network, and of all.
    private static let speakersMax = 1024
    private static let voicesMax = 4096

    private let models: ModelDirectory
    private let found = Mutex<[VoiceEntry]?>(nil)

    init(_ models: ModelDirectory) { self.models = models }

    /// The default first; whether its files are here is looked up each time.
    func entries() -> [VoiceEntry] {
        let others = found.withLock { found in
            if let found { return found }
            let fresh = brought()
            found = fresh
            return fresh
        }
        return [hibari()] + others
    }

    private func hibari() -> VoiceEntry {
        let file = "hibari/hibari.onnx"
        return VoiceEntry(
            description: VoiceDescription(
                id: VoiceCatalogue.defaultID, language: "en-US", gender: "female",
                sampleRateHz: Vocoder.sampleRateHz, licence: "Apache-2.0",
                isPresent: [file, "hibari/hibari_decoder.onnx", "hibari/hibari.tables"]
                    .allSatisfy(models.has)),
            family: .hibari, file: file)
    }

    /// What the operator brought. Files that can't be read as settings are no voices.
    private func brought() -> [VoiceEntry] {
        let licences = Licences(models)
        var known: Set<String> = [VoiceCatalogue.defaultID]
        let all =
            HibariVoices.entries(models) + piper(licences) + coqui(licences) + kokoro(licences)
            + kitten(licences) + BarkVoices.entries(models, licence: licences.of)
        return all.filter { entry in
            let id = entry.description.id
            let isName =
                (1...100).contains(id.utf8.count)
                && id.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\"") }
            return isName && known.count < VoiceCatalogue.voicesMax && known.insert(id).inserted
        }
    }

    private func settings<Settings: Decodable>(_ type: Settings.Type, _ file: String) -> Settings? {
        guard let bytes = try? models.content(of: file, bytesMax: SettingsFile.bytesMax) else {
            return nil
        }
        return try? SettingsFile.decoded(type, bytes, path: file)
    }

    private func networks(in folder: String) -> [String] {
        models.names(in: folder).filter { $0.hasSuffix(".onnx") && !$0.hasPrefix(".") }
    }

    private func piper(_ licences: Licences) -> [VoiceEntry] {
        networks(in: "piper").flatMap { network -> [VoiceEntry] in
            let file = "piper/" + network
            guard let facts = settings(PiperSettings.self, file + ".json") else { return [] }
            let id = String(network.dropLast(".onnx".count))
            func entry(_ id: String, _ speaker: Int64) -> VoiceEntry {
                VoiceEntry(
                    description: VoiceDescription(
                        id: id, language: VoiceCatalogue.language(facts, id), gender: "unknown",
                        sampleRateHz: facts.audio.sample_rate, licence: licences.of(file),
                        isPresent: true),
                    family: .piper(settings: file + ".json", speaker: speaker), file: file)
            }
            let speakers = (facts.speaker_id_map ?? [:]).sorted { $0.value < $1.value }
            let several = speakers.count > 1 ? speakers : []
            return [entry(id, 0)]
                + several.prefix(VoiceCatalogue.speakersMax).map {
                    entry("\(id)/\($0.key)", $0.value)
                }
        }
    }

    /// "en_US" of the settings, of the file's name, or espeak-ng's own name of the language.
    private static func language(_ facts: PiperSettings, _ id: String) -> String {
        let named = id.split(separator: "-").first.map(String.init) ?? ""
        let isNamed = named.utf8.count == 5 && named.dropFirst(2).first == "_"
        let code = facts.language?.code ?? (isNamed ? named : facts.espeak?.voice ?? "unknown")
        return code.replacing("_", with: "-")
    }

    private func coqui(_ licences: Licences) -> [VoiceEntry] {
        networks(in: "coqui").compactMap { network in
            let file = "coqui/" + network
            let id = String(network.dropLast(".onnx".count))
            guard let facts = settings(CoquiSettings.self, "coqui/\(id).json") else { return nil }
            return VoiceEntry(
                description: VoiceDescription(
                    id: id, language: facts.phoneme_language ?? "unknown", gender: "unknown",
                    sampleRateHz: facts.audio.sample_rate, licence: licences.of(file),
                    isPresent: true),
                family: .coqui(settings: "coqui/\(id).json"), file: file)
        }
    }

    /// Files of styles in a folder, and the voices in each.
    private func styles(in folder: String) -> [(file: String, name: String)] {
        let files = [folder, folder + "/voices"].flatMap { place in
            models.names(in: place).map { place + "/" + $0 }
        }
        return files.flatMap { file -> [(file: String, name: String)] in
            let name = file.split(separator: "/").last.map(String.init) ?? ""
            guard let dot = name.lastIndex(of: "."), !name.hasPrefix("."),
                ["npz", "npy", "bin"].contains(name[name.index(after: dot)...]),
                let bytes = try? models.content(of: file, bytesMax: StyleFile.bytesMax),
                let content = StyleFile(bytes)
            else { return [] }
            if content.names.isEmpty { return [(file, String(name[..<dot]))] }
            return content.names.map { (file, $0) }
        }
    }

    /// By the first letter of a Kokoro voice's name.
    static let kokoroLanguages: [Character: String] = [
        "a": "en-US", "b": "en-GB", "e": "es", "f": "fr-FR", "h": "hi", "i": "it", "j": "ja",
        "p": "pt-BR", "z": "zh",
    ]

    private func kokoro(_ licences: Licences) -> [VoiceEntry] {
        guard let network = networks(in: "kokoro").first else { return [] }
        return styles(in: "kokoro").map { file, name in
            let gender = name.dropFirst().first == "m" ? "male" : "female"
            return VoiceEntry(
                description: VoiceDescription(
                    id: name,
                    language: name.first.flatMap { VoiceCatalogue.kokoroLanguages[$0] } ?? "en-US",
                    gender: gender, sampleRateHz: 24_000,
                    licence: licences.of("kokoro/" + network), isPresent: true),
                family: .kokoro(styles: file, name: name), file: "kokoro/" + network)
        }
    }

    private func kitten(_ licences: Licences) -> [VoiceEntry] {
        guard let network = networks(in: "kitten").first else { return [] }
        return styles(in: "kitten").map { file, name in
            let gender = name.hasSuffix("-m") ? "male" : name.hasSuffix("-f") ? "female" : "unknown"
            return VoiceEntry(
                description: VoiceDescription(
                    id: name, language: "en-US", gender: gender, sampleRateHz: 24_000,
                    licence: licences.of("kitten/" + network), isPresent: true),
                family: .kitten(styles: file, name: name), file: "kitten/" + network)
        }
    }
}

/// Licences as the models folder's manifest tells them.
private struct Licences {
    private struct Manifest: Decodable {
        struct File: Decodable {
            let file: String
            let licence: String
        }
        let models: [File]
    }

    private let byFile: [String: String]

    init(_ models: ModelDirectory) {
        let bytes = try? models.content(of: "manifest.json", bytesMax: SettingsFile.bytesMax)
        let manifest = bytes.flatMap {
            try? SettingsFile.decoded(Manifest.self, $0, path: "manifest.json")
        }
        byFile = Dictionary(
            (manifest?.models ?? []).map { ($0.file, $0.licence) },
            uniquingKeysWith: { first, _ in first })
    }

    func of(_ file: String) -> String { byFile[file] ?? "unknown" }
}
