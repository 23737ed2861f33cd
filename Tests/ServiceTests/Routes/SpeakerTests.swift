import EngineAPI
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

/// Who speaks in one channel: how it is asked for, and what the answers look like.
@Suite struct SpeakerTests {
    private typealias Fields = [(String, String)]
    private let service = scriptedService(transcriber: ScriptedTranscriber(hasVoices: true))

    private func hear(
        _ fields: Fields, path: String = "/v1/audio/transcriptions",
        by service: AvatarService? = nil
    ) async throws -> CollectingSink.Collected {
        let (type, body) = form([("@file", "sound")] + fields)
        return try await ask(service ?? self.service, "POST \(path)", type: type, body: body)
    }

    private static let recording =
        "data:audio/wav;base64," + Data("voice".utf8).base64EncodedString()

    @Test("segments say who speaks, in every form of JSON")
    func json() async throws {
        for path in ["/transcribe", "/v1/audio/transcriptions", "/inference"] {
            for fields: Fields in [
                [("response_format", "diarized_json")],
                [("diarize", "true"), ("response_format", "json")],
                [("diarize", "true"), ("response_format", "verbose_json")],
            ] {
                let value = try JSONValue(try await hear(fields, path: path))
                #expect(value["segments"][0]["speaker"] == "A", "\(path) \(fields)")
                #expect(value["segments"][1]["speaker"] == "B", "\(path) \(fields)")
                #expect(value["text"] == "Hello, <you>.")
            }
            let words = try JSONValue(
                try await hear(
                    [
                        ("diarize", "true"), ("response_format", "verbose_json"),
                        ("timestamp_granularities[]", "word"),
                    ], path: path))
            #expect(words["words"][0]["speaker"] == "A" && words["words"][1]["speaker"] == "B")
            let plain = try JSONValue(
                try await hear([("response_format", "verbose_json")], path: path))
            #expect(plain["segments"][0]["speaker"] == .null)
        }
    }

    @Test("captions and text say who speaks in their own ways")
    func captions() async throws {
        let expected = [
            ("text", "A: Hello,\nB: <you>.\n"), ("srt", "\nA: Hello,\n"), ("lrc", "A: Hello,"),
            ("tsv", "A: Hello,"), ("vtt", "\n<v A>Hello,\n"), ("vtt", "\n<v B>&lt;you&gt;.\n"),
        ]
        for (format, part) in expected {
            let answer = try await hear([("diarize", "true"), ("response_format", format)])
            #expect(answer.text.contains(part), "\(format): \(answer.text)")
        }
        let named = try await hear([
            ("channels", "split"), ("response_format", "vtt"),
            ("known_speaker_names[]", "Ada > & <Bob>"),
        ])
        #expect(named.text.contains("\n<v Ada   &amp; &lt;Bob>Hello,"), "\(named.text)")
    }

    @Test("events come with their speakers when all are heard")
    func streamed() async throws {
        for fields: Fields in [[("response_format", "diarized_json")], [("diarize", "true")]] {
            let events = try events(try await hear(fields + [("stream", "true")]))
            let segment = "transcript.text.segment"
            #expect(
                events.map(\.name) == [
                    "transcript.text.delta", segment, "transcript.text.delta", segment,
                    "transcript.text.done",
                ])
            #expect(events[1].value["speaker"] == "A" && events[3].value["speaker"] == "B")
            #expect(events[2].value["segment_id"] == events[3].value["id"])
        }
    }

    @Test("the engine is told how many speak and whose voices are known")
    func request() async throws {
        let seen = Mutex<TranscriptionRequest?>(nil)
        let service = scriptedService(
            transcriber: ScriptedTranscriber(
                onOpen: { request in seen.withLock { $0 = request } }, hasVoices: true))
        _ = try await hear(
            [
                ("diarize", "true"), ("speakers", "2"), ("max_speakers", "5"),
                ("known_speaker_names[]", "Ada"), ("known_speaker_references[]", Self.recording),
            ], by: service)
        let request = try #require(seen.withLock { $0 })
        #expect(request.speakers?.count == 2 && request.speakers?.countMax == 5)
        #expect(request.speakers?.known.map(\.name) == ["Ada"])
        #expect(request.speakers?.known[0].samples.isEmpty == false)
        #expect(request.alignsWords && !request.deliversEarly)
        _ = try await hear([], by: service)
        #expect(seen.withLock { $0?.speakers } == nil)
        // Each channel is a speaker: nobody listens to voices.
        _ = try await hear([("channels", "split"), ("diarize", "true")], by: service)
        #expect(seen.withLock { $0?.speakers } == nil)
    }

    @Test(
        "what can't be had is refused, with the field's name",
        arguments: [
            ([("diarize", "perhaps")], "diarize", 400),
            ([("diarize", "false"), ("response_format", "diarized_json")], "diarize", 422),
            ([("diarize", "1"), ("speakers", "0")], "speakers", 400),
            ([("diarize", "1"), ("speakers", "17")], "speakers", 400),
            ([("diarize", "1"), ("max_speakers", "x")], "max_speakers", 400),
            ([("diarize", "1"), ("speakers", "3"), ("max_speakers", "2")], "speakers", 422),
            (
                [("diarize", "1"), ("known_speaker_references[]", recording)],
                "known_speaker_references", 422
            ),
            (
                [
                    ("diarize", "1"), ("known_speaker_references[]", "https://example.org/a.wav"),
                    ("known_speaker_names[]", "Ada"),
                ], "known_speaker_references", 400
            ),
            (
                [
                    ("diarize", "1"), ("known_speaker_references[]", "data:audio/wav;base64,$$$"),
                    ("known_speaker_names[]", "Ada"),
                ], "known_speaker_references", 400
            ),
            (
                [
                    ("diarize", "1"), ("known_speaker_references[]", recording),
                    ("known_speaker_references[]", recording),
                    ("known_speaker_names[]", "Ada"), ("known_speaker_names[]", "Ada"),
                ], "known_speaker_names", 422
            ),
        ] as [([(String, String)], JSONValue, Int)])
    func refused(fields: [(String, String)], field: JSONValue, status: Int) async throws {
        let response = try await hear(fields)
        #expect(response.head.status == status, "\(response.text)")
        #expect(try JSONValue(response)["error"]["param"] == field, "\(response.text)")
    }

    @Test("names without recordings are told to have no effect")
    func namesAlone() async throws {
        let response = try await hear([("diarize", "true"), ("known_speaker_names[]", "Ada")])
        #expect(response.head.value("warning")?.contains("known_speaker_references") == true)
    }

    @Test("without the network the answer says how to get it")
    func absent() async throws {
        for (fields, field) in [
            ([("diarize", "true")], "diarize"),
            ([("response_format", "diarized_json")], "response_format"),
        ] as [(Fields, JSONValue)] {
            let response = try await hear(fields, by: scriptedService())
            #expect(response.head.status == 422)
            #expect(try JSONValue(response)["error"]["param"] == field)
            #expect(response.text.contains("scripts/setup --speakers"), "\(response.text)")
        }
    }
}
