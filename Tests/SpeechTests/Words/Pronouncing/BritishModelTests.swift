import EngineAPI
import Inference
import Testing

@testable import Speech

/// What British voices read with, where `scripts/setup --tests` has laid it.
enum British {
    static let folder = ModelDirectory(path: Voice.root + "/.deps/voices")
    static let isHere = folder.has("hibari/british.tables")

    static func front() throws -> FrontEnd {
        let tables = try VoiceTables(
            british: folder.file("hibari/british.tables"), base: Voice.tables())
        return FrontEnd(
            tables,
            unknown: OOVPronouncer(tables) { () throws(EngineError) in
                try OnnxSession(
                    try Voice.runtime(), modelPath: folder.file("hibari/british_oov.onnx"))
            })
    }
}

/// British readings, with the tables that the set-up lays.
@Suite struct BritishModelTests {
    /// As the package hibari-tts 0.2.1 reads them, G2P(british=True).
    static let readings: [(String, String)] = [
        (
            "The water in the bath was hot, and the car park was full.",
            "ðə wˈɔːtə ɪn ðə bˈɑːθ wɒz hˈɒt, and ðə kˈɑː pˈɑːk wɒz fˈʊl."
        ),
        (
            "Boxes of tomatoes were wanted and painted.",
            "bˈɒksɪz ɒv təmˈɑːtQz wɜː wˈɒntɪd and pˈAntɪd."
        ),
        (
            "I can't dance near the other lads.", "ˌI kˈɑːnt dˈɑːns nˌɪə ði ˈʌðə lˈadz."
        ),
        ("Twenty-five percent of schedules", "twˈɛntifˌIv pəsˈɛnt ɒv ʃˈɛdjuːlz"),
        ("Zorblax visited Worcester.", "zˈɔːblaks vˈɪzɪtɪd wˈʊstə."),
    ]

    @Test(
        "British words are read as the voices' own package reads them",
        .enabled(if: British.isHere), arguments: readings)
    func reading(_ pair: (String, String)) throws {
        #expect(try British.front().reading(pair.0) == pair.1)
    }

    @Test("words that the rules know by heart are British too", .enabled(if: British.isHere))
    func rules() throws {
        let front = try British.front()
        #expect(try !front.reading("a row of live records").unicodeScalars.contains("O"))
        let reader = Voice.reader(front)
        #expect(reader.signs(ipa: "ˈtʃɑːlz ɡəʊ") == "ʧˈɑːlz ɡQ")
        #expect(reader.signs(ipa: "ˈlɒt") == "lˈɒt")
    }
}
