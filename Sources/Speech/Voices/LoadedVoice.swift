import EngineAPI
import Inference

/// A voice that is ready: how it reads, and what makes its audio.
struct LoadedVoice {
    let reader: any TextFrontend
    let model: any TTSModel
    let backend: Backend

    /// For one speech.
    func forSpeech() -> LoadedVoice {
        LoadedVoice(reader: reader, model: model.forSpeech(), backend: backend)
    }
}

/// What the voices of a network share.
enum VoiceNetwork {
    case single(VoiceModel)
    case bark(BarkNetworks)
}

/// A network with the voices that were made of it.
final class LoadedNetwork {
    let network: VoiceNetwork
    /// Voices of one network that are kept: half a megabyte of styles each.
    private static let loadedVoicesMax = 16
    private var loadedVoices: [String: LoadedVoice] = [:]

    init(_ network: VoiceNetwork) { self.network = network }

    func loadedVoice(
        _ id: String, make: () throws(EngineError) -> LoadedVoice
    ) throws(EngineError) -> LoadedVoice {
        if let loadedVoice = loadedVoices[id] { return loadedVoice }
        let loadedVoice = try make()
        if loadedVoices.count >= LoadedNetwork.loadedVoicesMax { loadedVoices.removeAll() }
        loadedVoices[id] = loadedVoice
        return loadedVoice
    }
}

/// Makes voices of the families that an operator may bring.
struct VoiceFactory {
    let models: ModelDirectory
    let front: FrontEnd
    /// For British voices; the American one where its tables are not here.
    let british: FrontEnd
    let alphabet: PhonemeAlphabet

    /// - Throws: `.modelMissing`, `.modelDamaged`.
    func loadedVoice(
        _ entry: VoiceEntry, _ network: VoiceNetwork
    ) throws(EngineError) -> LoadedVoice {
        switch network {
        case .single(let model): try loadedVoice(entry, model)
        case .bark(let networks): try bark(entry, networks)
        }
    }

    private func bark(
        _ entry: VoiceEntry, _ networks: BarkNetworks
    ) throws(EngineError) -> LoadedVoice {
        guard case .bark(let voice) = entry.family else { throw .modelDamaged(path: entry.file) }
        return LoadedVoice(
            reader: BarkFrontend(
                front.tables, piecesMax: networks.settings.semantic.input_length),
            model: BarkVoice(networks, prompt: try networks.history(voice)),
            backend: networks.backend)
    }

    private func loadedVoice(
        _ entry: VoiceEntry, _ model: VoiceModel
    ) throws(EngineError) -> LoadedVoice {
        switch entry.family {
        case .hibari, .bark: throw .modelDamaged(path: entry.file)
        case .hibariVoice(let isBritish):
            LoadedVoice(
                reader: EnglishFrontend(isBritish ? british : front, alphabet) { [alphabet] in
                    alphabet.id($0) != nil
                }, model: HibariVoiceModel(model, alphabet), backend: model.backend)
        case .piper(let settings, let speaker): try piper(settings, speaker, model)
        case .coqui(let settings): try coqui(settings, model)
        case .kokoro(let styles, let name):
            try kokoro(name, try table(styles, name), model)
        case .kitten(let styles, let name): kitten(try table(styles, name), model)
        }
    }

    /// Voices of one network with styles as one; it reads as the first does.
    /// - Throws: as `loadedVoice`.
    func loadedVoice(
        mixing parts: [(entry: VoiceEntry, weight: Double)], _ network: VoiceNetwork
    ) throws(EngineError) -> LoadedVoice {
        guard case .single(let model) = network else { throw .voicesUnmixable(name: "") }
        var tables: [(table: StyleTable, weight: Double)] = []
        for part in parts {
            switch part.entry.family {
            case .kokoro(let styles, let name), .kitten(let styles, let name):
                tables.append((try table(styles, name), part.weight))
            case .hibari, .hibariVoice, .piper, .coqui, .bark: break
            }
        }
        guard let first = parts.first, let mixed = StyleTable(mixing: tables) else {
            throw .voicesUnmixable(name: "")
        }
        if case .kokoro(_, let name) = first.entry.family { return try kokoro(name, mixed, model) }
        return kitten(mixed, model)
    }

    private func kitten(_ styles: StyleTable, _ model: VoiceModel) -> LoadedVoice {
        LoadedVoice(
            reader: EnglishFrontend(
                front, alphabet, signs: .espeak, isKnown: KittenSigns.ids.knows),
            model: StyleTTS2Model(model, KittenSigns.ids, styles, tail: VoiceFactory.kittenTail),
            backend: model.backend)
    }

    /// What its own package cuts off.
    private static let kittenTail = 5000

    private func settings<Settings: Decodable>(
        _ type: Settings.Type, _ file: String
    ) throws(EngineError) -> Settings {
        let bytes = try models.content(of: file, bytesMax: SettingsFile.bytesMax)
        return try SettingsFile.decoded(type, bytes, path: models.path + "/" + file)
    }

    private func table(_ file: String, _ name: String) throws(EngineError) -> StyleTable {
        let bytes = try models.content(of: file, bytesMax: StyleFile.bytesMax)
        guard let table = StyleFile(bytes)?.table(name) else {
            throw .modelDamaged(path: models.path + "/" + file)
        }
        return table
    }

    private func piper(
        _ file: String, _ speaker: Int64, _ model: VoiceModel
    ) throws(EngineError) -> LoadedVoice {
        let facts = try settings(PiperSettings.self, file)
        guard (8000...48_000).contains(facts.audio.sample_rate) else {
            throw .modelDamaged(path: models.path + "/" + file)
        }
        let ids = facts.ids
        var manner = VITSModel.Manner(sampleRateHz: facts.audio.sample_rate)
        manner.noise = facts.inference?.noise_scale ?? manner.noise
        manner.length = facts.inference?.length_scale ?? manner.length
        manner.durationNoise = facts.inference?.noise_w ?? manner.durationNoise
        manner.speaker = speaker
        let reader: any TextFrontend =
            facts.phoneme_type == "text"
            ? CharacterFrontend(front.tables, isKnown: ids.knows)
            : espeak(facts.espeak?.voice ?? "en-us", ids)
        return LoadedVoice(
            reader: reader, model: VITSModel(model, ids, manner), backend: model.backend)
    }

    private func coqui(_ file: String, _ model: VoiceModel) throws(EngineError) -> LoadedVoice {
        let facts = try settings(CoquiSettings.self, file)
        guard (8000...48_000).contains(facts.audio.sample_rate) else {
            throw .modelDamaged(path: models.path + "/" + file)
        }
        let ids = facts.ids
        var manner = VITSModel.Manner(sampleRateHz: facts.audio.sample_rate)
        manner.noise = facts.model_args?.inference_noise_scale ?? manner.noise
        manner.length = facts.model_args?.length_scale ?? manner.length
        manner.durationNoise = facts.model_args?.inference_noise_scale_dp ?? manner.durationNoise
        let reader: any TextFrontend =
            facts.isOfPhonemes
            ? espeak(facts.phoneme_language ?? "en-us", ids)
            : CharacterFrontend(front.tables, isKnown: ids.knows)
        return LoadedVoice(
            reader: reader, model: VITSModel(model, ids, manner), backend: model.backend)
    }

    /// Our own frontend reads American English, better than espeak-ng does (prices, dates, words
    /// that are spelt alike).
    private func espeak(_ language: String, _ ids: PhonemeIDMap) -> any TextFrontend {
        ["en", "en-us"].contains(language)
            ? EnglishFrontend(front, alphabet, signs: .espeak, isKnown: ids.knows)
            : EspeakFrontend(front.tables, language: language, isKnown: ids.knows)
    }

    /// Names of espeak-ng for the languages of Kokoro that it reads. English is read by our own
    /// frontend; Japanese and Chinese need dictionaries that are not here: those voices speak
    /// English.
    private static let kokoroReaders: [Character: String] = [
        "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br",
    ]

    private func kokoro(
        _ name: String, _ styles: StyleTable, _ model: VoiceModel
    ) throws(EngineError) -> LoadedVoice {
        let ids = PhonemeIDMap(
            alphabet.all.mapValues { [$0] }, layout: PhonemeIDMap.Layout(begin: [0], end: [0]))
        let language = name.first.flatMap { VoiceFactory.kokoroReaders[$0] }
        let reader: any TextFrontend =
            language.map {
                EspeakFrontend(front.tables, language: $0, signs: .kokoro, isKnown: ids.knows)
            }
            ?? EnglishFrontend(name.first == "b" ? british : front, alphabet, isKnown: ids.knows)
        return LoadedVoice(
            reader: reader, model: StyleTTS2Model(model, ids, styles, tail: 0),
            backend: model.backend)
    }
}
