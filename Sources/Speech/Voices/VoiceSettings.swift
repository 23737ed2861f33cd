import EngineAPI
import FoundationEssentials

/// What a Piper voice's `X.onnx.json` says of it.
struct PiperSettings: Decodable {
    struct Audio: Decodable { let sample_rate: Int }
    struct Espeak: Decodable { let voice: String }
    struct Language: Decodable { let code: String? }
    struct Inference: Decodable {
        let noise_scale: Double?
        let length_scale: Double?
        let noise_w: Double?
    }
    let audio: Audio
    let espeak: Espeak?
    let language: Language?
    let inference: Inference?
    /// "espeak" or "text".
    let phoneme_type: String?
    let phoneme_id_map: [String: [Int64]]
    let num_speakers: Int?
    let speaker_id_map: [String: Int64]?

    /// ids `^ _ p _ p _ … $`.
    var ids: PhonemeIDMap {
        var ids: [Unicode.Scalar: [Int64]] = [:]
        for (sign, numbers) in phoneme_id_map {
            let scalars = sign.unicodeScalars
            if scalars.count == 1, let scalar = scalars.first { ids[scalar] = numbers }
        }
        let layout = PhonemeIDMap.Layout(
            begin: (ids["^"] ?? []) + (ids["_"] ?? []), blank: ids["_"]?.first,
            end: ids["$"] ?? [])
        for sign in "^_$".unicodeScalars { ids[sign] = nil }
        // Voices are taught with letters and their marks apart.
        if let cedilla = ids["\u{327}"], let letter = ids["c"] { ids["ç"] = letter + cedilla }
        return PhonemeIDMap(ids, layout: layout)
    }
}

/// What a Coqui voice's `config.json` says of it.
struct CoquiSettings: Decodable {
    struct Audio: Decodable { let sample_rate: Int }
    struct Characters: Decodable {
        let characters_class: String?
        let pad: String?
        let eos: String?
        let bos: String?
        let blank: String?
        let characters: String?
        let punctuations: String?
        let phonemes: String?
        let is_unique: Bool?
        let is_sorted: Bool?
    }
    struct Arguments: Decodable {
        let inference_noise_scale: Double?
        let length_scale: Double?
        let inference_noise_scale_dp: Double?
    }
    let audio: Audio
    let characters: Characters?
    let use_phonemes: Bool?
    let phoneme_language: String?
    let add_blank: Bool?
    let enable_eos_bos_chars: Bool?
    let model_args: Arguments?

    var isOfPhonemes: Bool { use_phonemes ?? false }

    /// The order in which Coqui's two classes number their characters.
    var ids: PhonemeIDMap {
        let set = characters
        func scalars(_ text: String?) -> [Unicode.Scalar] { Array((text ?? "").unicodeScalars) }
        let letters = scalars(set?.characters) + scalars(set?.phonemes)
        let isVits = set?.characters_class?.hasSuffix("VitsCharacters") ?? true
        // A pad or blank may be a word, as "<BLNK>": it takes a number like a letter.
        var row: [[Unicode.Scalar]] = []
        func add(_ text: String?) { if let text, !text.isEmpty { row.append(scalars(text)) } }
        func addEach(_ scalars: [Unicode.Scalar]) { row += scalars.map { [$0] } }
        if isVits {
            row.append(scalars(set?.pad ?? "_"))
            addEach(scalars(set?.punctuations))
            addEach(letters)
            add(set?.blank ?? "<BLNK>")
        } else {
            for special in [set?.pad, set?.eos, set?.bos, set?.blank] { add(special) }
            var plain = scalars(set?.phonemes ?? set?.characters)
            if set?.is_unique ?? false { plain = Array(Set(plain)).sorted() }
            if set?.is_sorted ?? true { plain.sort() }
            addEach(plain)
            addEach(scalars(set?.punctuations))
        }
        var ids: [Unicode.Scalar: [Int64]] = [:]
        for (index, sign) in row.enumerated() where sign.count == 1 {
            ids[sign[0]] = [Int64(index)]
        }
        func number(_ text: String?) -> Int64? {
            text.flatMap { text in row.firstIndex { $0 == scalars(text) } }.map(Int64.init)
        }
        var layout = PhonemeIDMap.Layout()
        if add_blank ?? true {
            let blank = isVits ? set?.blank ?? "<BLNK>" : set?.blank
            layout.blank = number(blank) ?? Int64(row.count)
            layout.beginsWithBlank = true
        }
        if enable_eos_bos_chars ?? false {
            layout.begin = number(set?.bos).map { [$0] } ?? []
            layout.end = number(set?.eos).map { [$0] } ?? []
        }
        for special in [set?.pad, set?.eos, set?.bos, set?.blank] {
            if let scalar = special?.unicodeScalars.first, special?.unicodeScalars.count == 1 {
                ids[scalar] = nil
            }
        }
        return PhonemeIDMap(ids, layout: layout)
    }
}

/// The alphabet of KittenTTS, which is StyleTTS 2's: ids are places in this row.
enum KittenSigns {
    private static let row =
        "$;:,.!?¡¿—…\"«»“” ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        + "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃ"
        + "ˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'\u{329}'ᵻ"

    /// `0 … 10 0`.
    static let ids: PhonemeIDMap = {
        var ids: [Unicode.Scalar: [Int64]] = [:]
        for (index, sign) in row.unicodeScalars.enumerated() { ids[sign] = [Int64(index)] }
        ids["$"] = nil
        return PhonemeIDMap(ids, layout: PhonemeIDMap.Layout(begin: [0], end: [10, 0]))
    }()
}

/// Reads a voice's settings.
enum SettingsFile {
    /// A voice of a thousand speakers has 30 kB.
    static let bytesMax = 4 << 20

    /// - Throws: `.modelDamaged`.
    static func decoded<Settings: Decodable>(
        _ type: Settings.Type, _ bytes: [UInt8], path: String
    ) throws(EngineError) -> Settings {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch { throw .modelDamaged(path: path) }
    }
}
