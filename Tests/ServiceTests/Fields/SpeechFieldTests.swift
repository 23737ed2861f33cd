import EngineAPI
import Execution
import Logging
import Testing

@testable import Service

/// Keeps what it was asked to say; has a woman's and a man's voice, and a German one.
final class KeepingSpeaker: Speaking {
    private let kept = Mutex<[SpeechRequest]>([])
    private let ids: [(String, String, String)]

    var last: SpeechRequest? { kept.withLock { $0.last } }

    init(_ ids: [(String, String, String)]) { self.ids = ids }

    func prepare() async throws(EngineError) -> EngineReport { throw .cancelled }

    func voices() -> [VoiceDescription] {
        ids.map {
            VoiceDescription(
                id: $0.0, language: $0.1, gender: $0.2, sampleRateHz: 24_000, licence: "MIT",
                isPresent: true)
        }
    }

    func open(
        _ request: SpeechRequest, work: WorkContext
    ) async throws(EngineError) -> any SpeechSession {
        kept.withLock { $0.append(request) }
        if request.lexicon["bad"] != nil { throw .pronunciationUnknown(word: "bad", symbols: "你") }
        if request.text.hasPrefix("<") { work.notes.add(.elementPassedOver("x\"y")) }
        let speech = ScriptedSpeech(only: "a")
        try await speech.add("a")
        return speech
    }
}

@Suite struct SpeechFieldTests {
    private static let all = [
        ("own", "en-US", "female"), ("bob", "en-GB", "male"), ("eva", "de-DE", "female"),
    ]

    private static func service(_ speaker: KeepingSpeaker) -> AvatarService {
        AvatarService(
            engines: Engines(
                transcriber: ScriptedTranscriber(), speaker: speaker,
                talkingHeads: TalkingHeadEngines(ScriptedTalkingHead()),
                codec: ScriptedCodec()),
            settings: ServiceSettings(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, memory: .unlimited(),
            webhooks: nil)
    }

    private static func said(
        _ body: String, path: String = "/speak", voices: [(String, String, String)] = all,
        type: String? = nil
    ) async throws -> (answer: CollectingSink.Collected, request: SpeechRequest?) {
        let speaker = KeepingSpeaker(voices)
        let answer = try await ask(service(speaker), "POST \(path)", type: type, body: body)
        return (answer, speaker.last)
    }

    @Test("a lexicon is an object in JSON and its text in a form")
    func lexicon() async throws {
        let json = try await Self.said(#"{"text":"a","lexicon":{"cat":"dog","New York":"/x/"}}"#)
        #expect(json.request?.lexicon == ["cat": "dog", "New York": "/x/"])
        let form = try await Self.said(
            "text=a&lexicon=%7B%22cat%22%3A%22dog%22%7D",
            type: "application/x-www-form-urlencoded")
        #expect(form.request?.lexicon == ["cat": "dog"])
        let none = try await Self.said(#"{"text":"a","lexicon":null}"#)
        #expect(none.answer.head.status == 200 && none.request?.lexicon == [:])
        let foreign = try await Self.said(
            #"{"input":"a","lexicon":{"cat":"dog"}}"#, path: "/v1/audio/speech")
        #expect(foreign.request?.lexicon == ["cat": "dog"])
    }

    static let refusals: [(String, Int, String)] = [
        (#"{"cat":1}"#, 400, "cat"), (#""cat""#, 400, ""), ("[1]", 400, ""),
        (#"{"":"a"}"#, 422, ""),
        (#"{"cat":" "}"#, 422, "cat: 1 characters"), (#"{"bad":"/x/"}"#, 422, "bad: 你"),
        (
            #"{"cat":""# + String(repeating: "a", count: 257) + #""}"#, 422, "cat: 257 characters"
        ),
        (
            #"{""# + String(repeating: "w", count: 65) + #"":"a"}"#, 422,
            String(repeating: "w", count: 64) + ": 65 characters"
        ),
        (
            "{" + (0...1000).map { "\"w\($0)\":\"a\"" }.joined(separator: ",") + "}", 422,
            "1001 entries"
        ),
    ]

    @Test("an entry that can't be used is named, with what may be", arguments: refusals)
    func refused(_ one: (String, Int, String)) async throws {
        let body = #"{"text":"a","lexicon":"# + one.0 + "}"
        let (answer, _) = try await Self.said(body)
        #expect(answer.head.status == one.1, "\(answer.text)")
        guard !one.2.isEmpty else { return }
        let problem = try JSONValue(answer)
        #expect(problem["field"] == "lexicon" && problem["got"] == .string(one.2))
        #expect(problem["limit"] != .null)
    }

    static let voices: [(String, String?, Int)] = [
        ("", nil, 200), (#","language":"de""#, "eva", 200), (#","language":"German""#, "eva", 200),
        (#","language":"en-GB""#, "bob", 200), (#","language":"en""#, nil, 200),
        (#","language":"auto""#, nil, 200), (#","language":"fr""#, nil, 422),
        (#","language":"?""#, nil, 400), (#","language":"Xanadu tongue""#, nil, 422),
        (#","voice":"onyx""#, "bob", 200),
        (#","voice":"nova""#, nil, 200), (#","voice":"nova","language":"de""#, "eva", 200),
        (#","voice":"eva(2)+bob""#, "eva(2)+bob", 200), (#","voice":"eva+none""#, nil, 400),
        (#","voice":"none""#, nil, 400),
    ]

    @Test("who speaks is told by voice and language", arguments: voices)
    func voice(_ one: (String, String?, Int)) async throws {
        let (answer, request) = try await Self.said(#"{"text":"a""# + one.0 + "}")
        #expect(answer.head.status == one.2, "\(answer.text)")
        #expect(request?.voice == one.1)
    }

    static let warnings: [(String, String)] = [
        (#","voice":"onyx""#, "no male voice is here for 'onyx'; the default voice speaks"),
        (#","voice":"own","language":"de""#, "the voice that was named does not speak 'de'"),
        (#","instructions":"Whisper.""#, "fields without effect here: 'instructions'"),
    ]

    @Test(
        "what is done otherwise than it was asked for is told",
        arguments: warnings, ["/speak", "/v1/audio/speech"])
    func warned(_ one: (String, String), path: String) async throws {
        let (answer, _) = try await Self.said(
            #"{"input":"a""# + one.0 + "}", path: path, voices: [("own", "en-US", "female")])
        #expect(answer.head.status == 200)
        #expect(answer.head.value("warning") == "299 - \"\(one.1)\"")
    }

    @Test("a client's words in a warning are fit for a header")
    func quoted() async throws {
        let (answer, _) = try await Self.said(#"{"text":"<speak/>"}"#)
        #expect(
            answer.head.value("warning")
                == "299 - \"SSML's 'x?y' has no effect here; its text is spoken\"")
    }
}
