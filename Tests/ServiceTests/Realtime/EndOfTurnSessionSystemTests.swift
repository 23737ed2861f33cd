import EngineAPI
import FoundationEssentials
import Testing

@testable import Service

/// Turns under `semantic_vad`, where a net tells how they end.
@Suite struct EndOfTurnSessionSystemTests {
    private static let semantic =
        #"{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"semantic_vad"}}}}}"#

    @Test func `A turn that sounds over ends after a fifth of a second of silence`() async throws {
        let talk = try ScriptedConversation(endOfTurn: ScriptedEndOfTurn())
        talk.socket.say(Self.semantic)
        talk.hear(1_500, isLoud: true)
        talk.hear(250, isLoud: false)
        try await talk.until("input_audio_buffer.committed")
        await talk.leave()
    }

    @Test func `A turn that sounds as if more would come waits for it`() async throws {
        let talk = try ScriptedConversation(endOfTurn: ScriptedEndOfTurn())
        talk.socket.say(Self.semantic)
        talk.hear(600, isLoud: true)
        talk.hear(3_000, isLoud: false)
        talk.hear(600, isLoud: true)
        talk.hear(300, isLoud: false)
        try await talk.until("input_audio_buffer.committed")
        #expect(talk.types().filter { $0 == "input_audio_buffer.speech_stopped" }.count == 1)
        let stopped = talk.events.last {
            $0.at("type")?.text == "input_audio_buffer.speech_stopped"
        }
        #expect((4_200...4_300).contains(stopped?.at("audio_end_ms")?.number ?? 0))
        await talk.leave()
    }

    @Test func `Silence ends a turn after all where it never sounds over`() async throws {
        let talk = try ScriptedConversation(endOfTurn: ScriptedEndOfTurn())
        talk.socket.say(Self.semantic)
        talk.hear(600, isLoud: true)
        talk.hear(4_100, isLoud: false)
        try await talk.until("input_audio_buffer.committed")
        await talk.leave()
    }

    @Test func `A net that fails leaves the decision to silence`() async throws {
        struct Broken: EndOfTurnDetecting {
            func probability(
                _ samples: [Float], work: WorkContext
            ) throws(EngineError) -> Float { throw .backendFailed(code: 1) }
        }
        let talk = try ScriptedConversation(endOfTurn: Broken())
        talk.socket.say(Self.semantic)
        talk.hear(600, isLoud: true)
        talk.hear(900, isLoud: false)
        talk.hear(100, isLoud: false)
        try await talk.until("input_audio_buffer.committed")
        await talk.leave()
    }
}
