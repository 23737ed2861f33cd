import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// Signs by writing the claim behind the bytes; gif and mp3 have no place for it.
private struct ScriptedSigner: ProvenanceSigning {
    var error: EngineError?

    func canSign(_ mediaType: String) -> Bool {
        ["audio/wav", "video/mp4"].contains(mediaType)
    }

    func sign(
        _ bytes: [UInt8], mediaType: String, _ claim: ProvenanceClaim, work: WorkContext
    ) async throws(EngineError) -> [UInt8] {
        if let error { throw error }
        let names = ([claim.engine] + claim.models).joined(separator: "+")
        return bytes + Array("|\(mediaType) \(claim.source.rawValue) \(names)".utf8)
    }
}

/// Two clauses, of which the second is known to be the last.
private struct TwoClauses: Speaking {
    func prepare() async throws(EngineError) -> EngineReport { throw .cancelled }
    func voices() -> [VoiceDescription] { ScriptedSpeaker().voices() }
    func open(
        _ request: SpeechRequest, work: WorkContext
    ) async throws(EngineError) -> any SpeechSession {
        let speech = ScriptedSpeech(only: "two")
        try await speech.add("one two")
        return speech
    }
}

private struct ScriptedVerifier: ProvenanceReading {
    let reading: CredentialsReading
    func read(_ bytes: [UInt8], work: WorkContext) async throws(EngineError) -> CredentialsReading {
        reading
    }
}

@Suite("Content Credentials of responses")
struct ProvenanceTests {
    private let service = scriptedService(signer: ScriptedSigner())

    private func warnings(_ response: CollectingSink.Collected) -> [String] {
        response.head.fields.filter { $0.name == "Warning" }.map(\.value)
    }

    @Test("a speech of one clause is whole, and signed")
    func oneClause() async throws {
        let response = try await ask(service, "POST /speak", body: #"{"text":"one"}"#)
        #expect(response.text == "S.|audio/wav trainedAlgorithmicMedia speech+v")
        #expect(warnings(response).isEmpty)
        #expect(response.head.value("server-timing")?.contains("sign;dur=") == true)
    }

    @Test("a longer one leaves while it is made: it is not signed, and says so")
    func stream() async throws {
        let response = try await ask(service, "POST /speak", body: #"{"text":"one two"}"#)
        #expect(response.text == "ss.")
        #expect(warnings(response).count == 1)
        #expect(warnings(response).first?.contains("stream bears no Content Credentials") == true)
    }

    @Test("where nothing leaves before the end, it is signed whole")
    func collected() async throws {
        let sink = CollectingSink(isCollected: true)
        let response = try await ask(
            service, "POST /speak", body: #"{"text":"one two"}"#, sink: sink)
        #expect(response.text == "Ss.|audio/wav trainedAlgorithmicMedia speech+v")
        #expect(warnings(response).isEmpty)
    }

    @Test("held or not, a speech whose last clause is known to be the last is whole")
    func lastClause() async throws {
        let service = scriptedService(speaker: TwoClauses(), signer: ScriptedSigner())
        let sink = CollectingSink(isCollected: true)
        let response = try await ask(
            service, "POST /speak", body: #"{"text":"one two"}"#, sink: sink)
        #expect(response.text == "Ss.|audio/wav trainedAlgorithmicMedia speech+v")
    }

    @Test("an operator may have all speeches and videos held until they can be signed")
    func held() async throws {
        var settings = ServiceSettings()
        settings.holdsStreams = true
        let service = scriptedService(settings, signer: ScriptedSigner())
        let speech = try await ask(service, "POST /speak", body: #"{"text":"one two"}"#)
        #expect(speech.text.hasSuffix("speech+v"))
        let video = try await animate(service, ["stream": "true"])
        #expect(video.text == "clips|video/mp4 compositeWithTrainedAlgorithmicMedia scripted+v")
    }

    private func animate(
        _ service: AvatarService, _ more: [String: String] = [:]
    ) async throws -> CollectingSink.Collected {
        let (type, body) = form(
            [("@image", "portrait"), ("text", "one")] + more.map { ($0.key, $0.value) })
        return try await ask(service, "POST /animate", type: type, body: body)
    }

    @Test("a video is signed where it is whole; streamed or in another format it says why not")
    func video() async throws {
        let whole = try await animate(service)
        #expect(whole.text == "clips|video/mp4 compositeWithTrainedAlgorithmicMedia scripted+v")
        let streamed = try await animate(service, ["stream": "true"])
        #expect(streamed.text == "clips")
        #expect(warnings(streamed).contains { $0.contains("a stream bears no") })
        let image = try await animate(service, ["response_format": "gif"])
        #expect(image.text == "clips")
        #expect(warnings(image).contains { $0.contains("format bears no") })
        let telling = try await animate(service, ["progress": "true"])
        let signed = Data(whole.body).base64EncodedString()
        #expect(telling.text.replacing(#"\/"#, with: "/").contains(signed))
    }

    @Test(
        "formats and events that bear none say so",
        arguments: [
            (#"{"text":"one","response_format":"mp3"}"#, "format bears no"),
            (#"{"text":"one","response_format":"pcm"}"#, "format bears no"),
            (#"{"text":"one","stream_format":"sse"}"#, "a stream bears no"),
            (#"{"text":"one","timestamps":true,"response_format":"opus"}"#, "format bears no"),
        ])
    func told(body: String, words: String) async throws {
        let response = try await ask(service, "POST /speak", body: body)
        #expect(response.head.status == 200)
        #expect(warnings(response).count == 1 && warnings(response)[0].contains(words))
    }

    @Test("audio in JSON is signed too")
    func timestamps() async throws {
        let response = try await ask(
            service, "POST /speak", body: #"{"text":"one two","timestamps":true}"#)
        let body = try JSONDecoder().decode([String: JSONValue].self, from: Data(response.body))
        guard case .string(let audio)? = body["audio"], let data = Data(base64Encoded: audio) else {
            return #expect(Bool(false))
        }
        #expect(String(decoding: data, as: UTF8.self).hasSuffix("speech+v"))
    }

    @Test("without a certificate nothing is signed and nothing is told")
    func off() async throws {
        let response = try await ask(scriptedService(), "POST /speak", body: #"{"text":"one two"}"#)
        #expect(response.text == "ss." && warnings(response).isEmpty)
    }

    @Test("what can't be signed is not sent as if it were")
    func failure() async throws {
        let service = scriptedService(signer: ScriptedSigner(error: .signingFailed("why")))
        let response = try await ask(service, "POST /speak", body: #"{"text":"one"}"#)
        #expect(response.head.status == 500)
        #expect(try problem(response).type == "/docs#signing-failed")
        #expect(!response.text.contains("why"), "the library's words are the operator's")
    }

    // MARK: verify

    private func verify(
        _ reading: CredentialsReading, file: String = "file"
    ) async throws -> [String: JSONValue] {
        let service = scriptedService(verifier: ScriptedVerifier(reading: reading))
        let response = try await ask(service, "POST /verify", type: "image/png", body: file)
        #expect(response.head.status == 200)
        return try JSONDecoder().decode([String: JSONValue].self, from: Data(response.body))
    }

    private func credentials(_ report: [String: JSONValue]) -> [String: JSONValue] {
        guard case .object(let credentials)? = report["content_credentials"] else { return [:] }
        return credentials
    }

    @Test("what was read is told in few words, and others' texts are cut")
    func report() async throws {
        let long = String(repeating: "x", count: 5_000)
        let json = """
            {"active_manifest":"a","manifests":{"a":{"claim_generator_info":[{"name":"G"}],\
            "signature_info":{"common_name":"\(long)","issuer":"O","alg":"Es256"},"assertions":[\
            {"label":"c2pa.actions.v2","data":{"actions":[{"action":"c2pa.created",\
            "digitalSourceType":"http://x/trainedAlgorithmicMedia","parameters":{\
            "com.avatar-backend.engine":"speech","com.avatar-backend.models":["v"]}}, 7]}}]}},\
            "validation_state":"Valid","validation_status":[{"code":"signingCredential.untrusted"}]}
            """
        let told = credentials(try await verify(.report(Array(json.utf8))))
        #expect(told["state"] == "valid")
        #expect(told["problems"] == .array([]), "who is not trusted is the state's to tell")
        guard case .object(let signer)? = told["signer"], case .string(let name)? = signer["name"],
            case .array(let actions)? = told["actions"]
        else { return #expect(Bool(false)) }
        #expect(name.count == 256)
        #expect(
            actions.first == [
                "action": "c2pa.created", "digital_source_type": "trainedAlgorithmicMedia",
                "engine": "speech", "models": .array(["v"]),
            ])
    }

    @Test(
        "each way to have none, or broken ones, has its state",
        arguments: [
            (CredentialsReading.absent, "none"), (.unsupported, "none"),
            (.unreadable("Other"), "invalid"), (.report(Array("{".utf8)), "invalid"),
            (.report(Array("[]".utf8)), "invalid"), (.report(Array("{}".utf8)), "invalid"),
            (.report(Array(#"{"validation_state":"Trusted","manifests":7}"#.utf8)), "trusted"),
            (.report([UInt8](repeating: 0x5B, count: 1_000)), "invalid"),
        ])
    func states(reading: CredentialsReading, state: String) async throws {
        #expect(credentials(try await verify(reading))["state"] == .string(state))
    }

    @Test(
        "marks are found wherever they stand, and a cut one is no mark",
        arguments: [
            ("", nil, false),
            (
                "..http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"..",
                "trainedAlgorithmicMedia", false
            ),
            ("http://cv.iptc.org/newscodes/digitalsourcetype/", nil, false),
            ("http://cv.iptc.org/newscodes/digitalsourcetyp", nil, false),
            ("Synthetic speech, made by Avatar Backend", nil, true),
            ("made by Avatar Backen", nil, false),
            ("http://cv.iptc.org/newscodes/digitalsourcetype/<script>", nil, false),
        ] as [(String, String?, Bool)])
    func marks(text: String, type: String?, isOurs: Bool) {
        let found = SynthesisMarksFound(in: Array(text.utf8))
        #expect(found == SynthesisMarksFound(digitalSourceType: type, isOurs: isOurs))
    }

    @Test("no file is an error, and no library is one")
    func nothing() async throws {
        let service = scriptedService(verifier: ScriptedVerifier(reading: .absent))
        let empty = try await ask(service, "POST /verify", type: "audio/wav", body: "")
        #expect(try problem(empty).field == "file")
        let missing = try await ask(
            scriptedService(), "POST /verify", type: "audio/wav", body: "file")
        #expect(try problem(missing).type == "/docs#library-missing")
    }
}
