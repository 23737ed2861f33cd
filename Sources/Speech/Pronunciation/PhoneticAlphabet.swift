/// Alphabets that SSML and lexicons write sounds in; each is turned into IPA.
enum PhoneticAlphabet {
    case ipa, xSampa, arpabet

    /// As SSML's `alphabet` names it; nil for one that is not known here.
    init?(_ name: String) {
        switch name.lowercased() {
        case "ipa": self = .ipa
        case "x-sampa", "xsampa", "x_sampa": self = .xSampa
        case "arpabet", "x-arpabet", "cmu", "cmu-arpabet", "x-cmu", "sapi": self = .arpabet
        default: return nil
        }
    }

    /// nil where a sign is none of the alphabet's.
    func ipa(_ text: String) -> String? {
        switch self {
        case .ipa: text
        case .xSampa: PhoneticAlphabet.fromXSampa(text)
        case .arpabet: PhoneticAlphabet.fromArpabet(text)
        }
    }

    // MARK: X-SAMPA

    /// Wells, "Computer-coding the IPA" (1995); longer ones first. Letters not here are their own.
    private static let xSampaSigns: [(String, String)] = [
        ("r\\`", "ɻ"), ("l\\", "ɺ"), ("r\\", "ɹ"), ("h\\", "ɦ"), ("j\\", "ʝ"), ("s\\", "ɕ"),
        ("z\\", "ʑ"), ("p\\", "ɸ"), ("v\\", "ʋ"), ("x\\", "ɧ"), ("B\\", "ʙ"), ("G\\", "ɢ"),
        ("H\\", "ʜ"), ("I\\", "ᵻ"), ("J\\", "ɟ"), ("K\\", "ɮ"), ("L\\", "ʟ"), ("M\\", "ɰ"),
        ("N\\", "ɴ"), ("O\\", "ʘ"), ("R\\", "ʀ"), ("X\\", "ħ"), ("?\\", "ʕ"), ("@\\", "ɘ"),
        ("3\\", "ɞ"), ("_\"", "̈"), ("_0", "̥"), ("_=", "̩"), ("_^", "̯"), ("_~", "̃"),
        ("_h", "ʰ"), ("_j", "ʲ"), ("_w", "ʷ"), ("_d", "̪"), ("_t", "̤"), ("_k", "̰"), ("_v", "̬"),
        ("_r", "̝"), ("_o", "̞"), ("d`", "ɖ"), ("t`", "ʈ"), ("n`", "ɳ"), ("s`", "ʂ"),
        ("z`", "ʐ"), ("l`", "ɭ"), ("r`", "ɽ"), ("@`", "ɚ"), ("3`", "ɝ"), ("A", "ɑ"), ("B", "β"),
        ("C", "ç"), ("D", "ð"), ("E", "ɛ"), ("F", "ɱ"), ("G", "ɣ"), ("H", "ɥ"), ("I", "ɪ"),
        ("J", "ɲ"), ("K", "ɬ"), ("L", "ʎ"), ("M", "ɯ"), ("N", "ŋ"), ("O", "ɔ"), ("P", "ʋ"),
        ("Q", "ɒ"), ("R", "ʁ"), ("S", "ʃ"), ("T", "θ"), ("U", "ʊ"), ("V", "ʌ"), ("W", "ʍ"),
        ("X", "χ"), ("Y", "ʏ"), ("Z", "ʒ"), ("g", "ɡ"), ("@", "ə"), ("{", "æ"), ("}", "ʉ"),
        ("1", "ɨ"), ("2", "ø"), ("3", "ɜ"), ("4", "ɾ"), ("5", "ɫ"), ("6", "ɐ"), ("7", "ɤ"),
        ("8", "ɵ"), ("9", "œ"), ("&", "ɶ"), ("?", "ʔ"), ("\"", "ˈ"), ("%", "ˌ"), (":", "ː"),
        ("~", "̃"), ("=", "̩"), (".", "."), ("'", "ʲ"), ("-", ""), ("|", " "),
    ]

    private static func fromXSampa(_ text: String) -> String? {
        let scalars = text.scalars
        var out = ""
        var at = 0
        while at < scalars.count {
            if let (from, to) = xSampaSigns.first(where: { scalars.has($0.0, at) }) {
                out += to
                at += from.unicodeScalars.count
            } else if scalars[at].isSpace || scalars[at].isLower && scalars[at].isASCII {
                out.unicodeScalars.append(scalars[at])
                at += 1
            } else {
                return nil
            }
        }
        return out
    }

    // MARK: ARPAbet

    private static let phones: [String: String] = [
        "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "axr": "ɚ", "ay": "aɪ",
        "b": "b", "ch": "tʃ", "d": "d", "dh": "ð", "dx": "ɾ", "eh": "ɛ", "el": "əl", "em": "əm",
        "en": "ən", "er": "ɜɹ", "ey": "eɪ", "f": "f", "g": "ɡ", "h": "h", "hh": "h", "ih": "ɪ",
        "ix": "ɪ", "iy": "i", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ",
        "nx": "ŋ", "ow": "oʊ", "oy": "ɔɪ", "p": "p", "q": "ʔ", "r": "ɹ", "s": "s", "sh": "ʃ",
        "t": "t", "th": "θ", "uh": "ʊ", "uw": "u", "ux": "u", "v": "v", "w": "w", "wh": "w",
        "y": "j", "z": "z", "zh": "ʒ",
    ]
    private static let vowels: Set<String> = [
        "aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "eh", "el", "em", "en", "er", "ey", "ih",
        "ix", "iy", "ow", "oy", "uh", "uw", "ux",
    ]

    /// Phones are parted by spaces; a vowel's 1 or 2 is its stress, as in CMUdict ("AH0"), or
    /// stands by itself behind it, as in SAPI ("eh 1"). An unstressed AH is a schwa.
    private static func fromArpabet(_ text: String) -> String? {
        var said: [(name: String, stress: Character)] = []
        for part in text.lowercased().split(whereSeparator: { $0.isWhitespace || $0 == "-" }) {
            if part.count == 1, let digit = part.first, "012".contains(digit), !said.isEmpty {
                said[said.count - 1].stress = digit
                continue
            }
            let digit = part.last.flatMap { "012".contains($0) ? $0 : nil }
            let name = String(digit == nil ? part : part.dropLast())
            if name == "&" || name == "_" || name == "." { continue }
            guard phones[name] != nil else { return nil }
            said.append((name, digit ?? " "))
        }
        guard !said.isEmpty else { return nil }
        return said.map { name, stress in
            let sound = stress == "0" && name == "ah" ? "ə" : phones[name] ?? ""
            guard vowels.contains(name) else { return sound }
            return (stress == "1" ? "ˈ" : stress == "2" ? "ˌ" : "") + sound
        }.joined()
    }
}
