import EngineAPI
import FoundationEssentials
import HTTPWire
import Testing

@testable import Service

@Suite struct RealtimeSessionSystemTests {
    private static let transcription =
        #"{"type":"session.update","session":{"audio":{"input":{"transcription":{"model":"base"}}}}}"#

    @Test func `A turn is heard, asked and answered aloud, in order`() async throws {
        let chat = ScriptedChat("I heard you.")
        let talk = try ScriptedConversation(chat: chat)
        talk.socket.say(Self.transcription)
        talk.hear(600, isLoud: true)
        talk.hear(900, isLoud: false)
        let done = try await talk.until("response.done")
        #expect(done.at("response")?.at("status")?.text == "completed")
        let once = talk.types().filter { !$0.contains("delta") }
        #expect(
            once == [
                "session.created", "session.updated", "input_audio_buffer.speech_started",
                "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
                "conversation.item.added", "conversation.item.done",
                "conversation.item.input_audio_transcription.completed", "response.created",
                "response.output_item.added", "conversation.item.added",
                "response.content_part.added", "response.output_audio.done",
                "response.output_audio_transcript.done", "response.content_part.done",
                "conversation.item.done", "response.output_item.done", "response.done",
            ])
        let said = talk.events.filter {
            $0.at("type")?.text == "response.output_audio_transcript.delta"
        }
        #expect(said.compactMap { $0.at("delta")?.text }.joined() == "I heard you.")
        let bytes = talk.events.filter { $0.at("type")?.text == "response.output_audio.delta" }
            .compactMap { $0.at("delta")?.text.flatMap(base64Bytes)?.count }
        #expect(bytes == [4_800, 4_800, 4_800])
        let told = chat.requests.withLock { $0[0].at("messages")?.elements?.last }
        #expect(told?.at("role")?.text == "user" && told?.at("content")?.text == "Hello, <you>.")
        await talk.leave()
    }

    @Test(arguments: [1, 7, 20, 100, 1_500])
    func `However the sound is cut, the turn is the same`(_ milliseconds: Int) async throws {
        let talk = try ScriptedConversation(query: "intent=transcription")
        let loud = [Float](repeating: 0.5, count: 600 * 24)
        let all =
            [Float](repeating: 0, count: 300 * 24) + loud + [Float](repeating: 0, count: 900 * 24)
        let bytes = AudioWire.pcm(rateHz: 24_000).bytes(all)
        // An odd number of bytes splits samples.
        let step = milliseconds * 48 + 1
        for start in stride(from: 0, to: bytes.count, by: step) {
            let piece = base64Text(Array(bytes[start..<min(start + step, bytes.count)]))
            talk.socket.say(#"{"type":"input_audio_buffer.append","audio":"\#(piece)"}"#)
        }
        try await talk.until("conversation.item.input_audio_transcription.completed")
        let started = talk.events.first {
            $0.at("type")?.text == "input_audio_buffer.speech_started"
        }
        let stopped = talk.events.first {
            $0.at("type")?.text == "input_audio_buffer.speech_stopped"
        }
        #expect(started?.at("audio_start_ms")?.number == 0)
        #expect(stopped?.at("audio_end_ms")?.number == 928)
        await talk.leave()
    }

    @Test func `Speech cuts an answer short, and everything of it is closed`() async throws {
        let chat = ScriptedChat(String(repeating: "word ", count: 4_000))
        let talk = try ScriptedConversation(chat: chat)
        talk.socket.say(#"{"type":"response.create"}"#)
        try await talk.until("response.output_audio.delta")
        talk.hear(400, isLoud: true)
        try await talk.until("input_audio_buffer.speech_started")
        let mark = talk.events.count
        let done = try await talk.until("response.done")
        #expect(done.at("response")?.at("status")?.text == "cancelled")
        #expect(done.at("response")?.at("status_details")?.at("reason")?.text == "turn_detected")
        #expect(
            talk.types(from: mark).filter { !$0.hasSuffix("delta") } == [
                "response.output_audio.done", "response.output_audio_transcript.done",
                "response.content_part.done", "conversation.item.done",
                "response.output_item.done", "response.done",
            ])
        let output = done.at("response")?.at("output")?.elements?.first
        #expect(output?.at("status")?.text == "incomplete")
        await talk.leave()
    }

    static let refused: [(String, String)] = [
        ("{", "invalid_json"), ("[1]", "invalid_event"), ("{}", "invalid_event"),
        (#"{"type":5}"#, "invalid_event"), (#"{"type":"x"}"#, "unknown_event_type"),
        (String(repeating: "[", count: 9_000), "invalid_json"),
        (#"{"type":"input_audio_buffer.append"}"#, "missing_required_parameter"),
        (#"{"type":"input_audio_buffer.append","audio":"@"}"#, "invalid_base64"),
        (#"{"type":"input_audio_buffer.commit"}"#, "input_audio_buffer_commit_empty"),
        (#"{"type":"response.cancel"}"#, "response_cancel_not_active"),
        (#"{"type":"response.create"}"#, "chat_not_configured"),
        (#"{"type":"input_text_buffer.commit"}"#, "invalid_value"),
        (#"{"type":"input_text_buffer.append","text":{}}"#, "invalid_type"),
        (
            #"{"type":"conversation.item.delete","item_id":"no"}"#,
            "item_delete_invalid_item_id"
        ),
        (
            #"{"type":"conversation.item.truncate","item_id":"no","content_index":0}"#,
            "missing_required_parameter"
        ),
        (#"{"type":"session.update","session":{"avatar":{"image":"x"}}}"#, "invalid_value"),
    ]

    @Test(arguments: refused)
    func `A wrong event is one error, and the session goes on`(
        _ event: String, _ code: String
    ) async throws {
        let talk = try ScriptedConversation()
        talk.socket.say(event)
        let error = try await talk.until("error")
        #expect(error.at("error")?.at("code")?.text == code)
        talk.socket.say(#"{"type":"session.update","session":{}}"#)
        try await talk.until("session.updated")
        await talk.leave()
    }

    @Test func `Without a chat endpoint it says what it is given`() async throws {
        let talk = try ScriptedConversation()
        talk.socket.say(#"{"type":"response.create","response":{"instructions":"Good day."}}"#)
        let done = try await talk.until("response.done")
        let content = done.at("response")?.at("output")?.elements?.first?.at("content")?.elements?
            .first
        #expect(content?.at("transcript")?.text == "Good day.")
        await talk.leave()
    }

    @Test func `Text in pieces is one answer`() async throws {
        let talk = try ScriptedConversation()
        for piece in ["One ", "**two**", " three."] {
            talk.socket.say(#"{"type":"input_text_buffer.append","text":"\#(piece)"}"#)
        }
        talk.socket.say(#"{"type":"input_text_buffer.commit"}"#)
        let committed = try await talk.until("input_text_buffer.committed")
        let done = try await talk.until("response.done")
        #expect(committed.at("response_id") == done.at("response")?.at("id"))
        let output = done.at("response")?.at("output")?.elements ?? []
        #expect(output.count == 1 && output[0].at("id") == committed.at("item_id"))
        await talk.leave()
    }

    @Test func `A face is one stream with its voice on the same clock`() async throws {
        let talk = try ScriptedConversation()
        let png = base64Text(Array("a portrait".utf8))
        talk.socket.say(
            #"{"type":"session.update","session":{"avatar":{"image":"data:image/png;base64,\#(png)"}}}"#
        )
        try await talk.until("session.updated")
        talk.socket.say(#"{"type":"input_text_buffer.append","text":"one two three"}"#)
        talk.socket.say(#"{"type":"input_text_buffer.commit"}"#)
        try await talk.until("response.done")
        let video = talk.events.filter { $0.at("type")?.text == "response.video.delta" }
        #expect(video.first?.at("init") == true)
        let times = video.dropFirst().compactMap { $0.at("stream_ms")?.number }
        #expect(times == times.sorted() && Set(times).count == times.count)
        let voice = talk.events.filter { $0.at("type")?.text == "response.output_audio.delta" }
            .compactMap { $0.at("stream_ms")?.number }
        // A clause that comes late leaves a hole; sound never overlaps.
        #expect(voice.count == 3 && zip(voice, voice.dropFirst()).allSatisfy { $1 - $0 >= 100 })
        await talk.leave()
    }

    @Test func `Places for sessions are counted and come back`() async throws {
        let service = scriptedService(
            {
                var settings = ServiceSettings()
                settings.realtime.sessionsMax = 1
                return settings
            }())
        let head = try parseHead(Array("GET /v1/realtime HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let facts = RequestFacts(id: "r", fields: [])
        var held: (any WebSocketHandling)? = try service.converse(head, facts)
        let error = #expect(throws: Problem.self) { _ = try service.converse(head, facts) }
        #expect(error?.status == 429 && error?.retryAfterSeconds != nil)
        withExtendedLifetime(held) {}
        held = nil
        _ = try service.converse(head, facts)
    }

    @Test func `An idle session ends with a word`() async throws {
        let talk = try ScriptedConversation { $0.idleSeconds = 0 }
        let error = try await talk.until("error")
        #expect(error.at("error")?.at("code")?.text == "session_idle")
        await talk.leave()
    }
}
