import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// Fields of transcription as the world's programs write them.
@Suite struct TranscriptionFieldTests {
    private let service = scriptedService()

    @Test(
        "a language is a code, a locale or a name, in any case",
        arguments: [
            ("English", "en"), ("ENGLISH", "en"), ("en-US", "en"), ("en_GB.UTF-8", "en"),
            ("zh-TW", "zh"), ("zh-Hant-HK", "zh"), ("Mandarin", "zh"), ("cmn", "zh"),
            ("zh-yue", "yue"), ("Cantonese", "yue"), ("yue-HK", "yue"), ("pt-BR", "pt"),
            ("Castilian", "es"), ("Haitian Creole", "ht"), ("Chinese (Simplified)", "zh"),
            ("deu", "de"), ("iw", "he"), ("nb-NO", "no"), ("sr@latin", "sr"), ("fil", "tl"),
            ("jv", "jw"), ("DE", "de"), ("Flemish", "nl"),
        ])
    func languages(reported: String, code: String) async throws {
        let (type, body) = form([("@file", "s"), ("language", reported)])
        let response = try await ask(service, "POST /transcribe", type: type, body: body)
        #expect(response.text.contains("\"language\":\"\(code)\""), "\(response.text)")
    }

    @Test("Chinese is in traditional characters where a locale or a name says so")
    func traditional() {
        for text in ["zh-TW", "zh_HK.UTF-8", "zh-Hant", "cmn-Hant-SG", "Chinese (Traditional)"] {
            #expect(SpokenLanguage.characters([nil, text]) == .traditional, "\(text)")
        }
        for text in ["zh", "zh-CN", "zh-Hans", "Chinese", "ja-TW", "en", "", "tw"] {
            #expect(SpokenLanguage.characters([text]) == .simplified, "\(text)")
        }
    }

    @Test("every language of Whisper's is known by its name and its code")
    func allLanguages() {
        #expect(englishNames.count == 100)
        for (code, name) in englishNames {
            for text in [code, name, name.uppercased(), code + "-XX"] {
                #expect(SpokenLanguage.code(text) == code, "\(text)")
                #expect(SpokenLanguage.isShaped(text))
            }
        }
    }

    @Test(
        "auto, in any case, and nothing find the language out",
        arguments: ["", "auto", "AUTO", "Auto"])
    func auto(reported: String) async throws {
        let (type, body) = form([("@file", "s"), ("language", reported)])
        let response = try await ask(service, "POST /transcribe", type: type, body: body)
        #expect(response.text.contains(#""language":"en""#), "\(response.text)")
    }

    @Test(
        "an array's elements may be numbered",
        arguments: [
            "timestamp_granularities[]", "timestamp_granularities[0]",
            "timestamp_granularities[12]", "timestamp_granularities",
        ])
    func arrays(name: String) async throws {
        let (type, body) = form([
            ("@file", "s"), ("response_format", "verbose_json"), (name, "word"),
        ])
        let response = try await ask(service, "POST /transcribe", type: type, body: body)
        #expect(response.text.contains(#""words":["#) && !response.text.contains("segments"))
        #expect(response.head.value("warning") == nil)
    }

    @Test(
        "a prompt of any length is taken, its end to the model",
        arguments: [0, 1, 4_096, 4_097, 200_000])
    func prompts(length: Int) async throws {
        let prompt = String(
            String(repeating: "a long word ", count: length / 12 + 1).prefix(length))
        let (type, body) = form([("@file", "s"), ("prompt", prompt)])
        #expect(
            try await ask(service, "POST /transcribe", type: type, body: body).head.status == 200)
    }

    @Test(
        "fields that mean nothing are told, and those that do are not",
        arguments: [
            ([("chunking_strategy", "auto"), ("languages[]", "en"), ("keywords[]", "Ada")], nil),
            ([("chunking_strategy[type]", "server_vad"), ("prompt[]", "Ada")], nil),
            ([("timestamp_granularities[]", "word"), ("response_format", "srt")], "verbose_json"),
            ([("include[]", "logprobs"), ("response_format", "text")], "json only"),
            ([("known_speaker_names[]", "Ada")], "channels=split"),
            ([("known_speaker_references[]", "data:,x")], "without diarize"),
            ([("speakers", "2"), ("max_speakers", "3")], "speakers, max_speakers: no effect"),
            ([("channels", "split"), ("diarize", "true")], "each channel is a speaker"),
            ([("stream", "true"), ("response_format", "srt")], "response_format has no effect"),
            ([("max_lines", "1")], "captions only"),
            ([("language", "en"), ("languages[]", "de")], "beside language"),
            ([("vad", "false"), ("chunking_strategy[type]", "server_vad")], "vad=false"),
            ([("b", "1"), ("a[3]", "2")], "'a[]', 'b'"),
            ([("na\u{E9}f\"x", "1")], "1 more"),
            ([("prompt", "x"), ("vad", "true"), ("task", "transcribe")], nil),
            ((0..<20).map { ("f\($0)", "") }, "12 more"),
        ] as [([(String, String)], String?)])
    func unknownFields(fields: [(String, String)], reported: String?) async throws {
        let (type, body) = form([("@file", "s")] + fields)
        let response = try await ask(service, "POST /transcribe", type: type, body: body)
        #expect(response.head.status == 200)
        let warning = response.head.value("warning")
        if let reported {
            #expect(warning?.contains(reported) == true, "\(warning ?? "none")")
        } else {
            #expect(warning == nil, "\(warning ?? "")")
        }
    }

    @Test("a field of a JSON body that means nothing is told too")
    func unknownJSON() async throws {
        let response = try await ask(
            service, "POST /speak", type: "application/json",
            body: #"{"text":"one","emotion":{"joy":1}}"#)
        #expect(response.head.value("warning")?.contains("'emotion'") == true)
    }
}
