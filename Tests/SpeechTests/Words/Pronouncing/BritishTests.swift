import EngineAPI
import Testing

@testable import Speech

@Suite struct BritishTests {
    static let adapted: [(String, String)] = [
        ("ɹˈɛkəɹd", "ɹˈɛkəd"), ("ɹəkˈɔɹd", "ɹəkˈɔːd"), ("bˈO", "bˈQ"), ("tˈɪɹ", "tˈɪə"),
        ("pəɹsˈɛnt", "pəsˈɛnt"), ("kˈæt", "kˈat"), ("hˈiɹi", "hˈiːɹi"), ("fˈɑɹm", "fˈɑːm"),
        ("lˈɪvᵻŋ", "lˈɪvɪŋ"), ("bˈɑːθ", "bˈɑːθ"), ("vˈɛɹi", "vˈɛːɹi"), ("", ""),
    ]

    @Test("an American reading becomes a British one", arguments: adapted)
    func adapt(_ pair: (String, String)) { #expect(BritishSigns.adapted(pair.0) == pair.1) }

    static let names: [(String, HibariVoices.Name?)] = [
        ("bf_emma.int8.onnx", .init(id: "emma", isBritish: true, gender: "female")),
        ("am_fenrir_v2.int8.onnx", .init(id: "fenrir", isBritish: false, gender: "male")),
        ("af_kore.onnx", .init(id: "kore", isBritish: false, gender: "female")),
        ("hibari.onnx", nil), ("oov.onnx", nil), ("british_oov.onnx", nil),
        ("hibari_decoder.onnx", nil), ("bf_emma.json", nil), ("xf_emma.onnx", nil), (".onnx", nil),
        ("af_.onnx", nil), ("af_a_b.onnx", nil), ("af_Kore.onnx", nil),
    ]

    @Test("a file's name says whose voice it is", arguments: names)
    func name(_ pair: (String, HibariVoices.Name?)) { #expect(HibariVoices.name(pair.0) == pair.1) }
}
