import EngineAPI
import FoundationEssentials
import Testing

@testable import Service

struct EventFieldsTests {
    /// A JSON object's fields.
    static func object(_ bytes: [UInt8]) -> EventFields? {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
            case .object(let fields) = value
        else { return nil }
        return EventFields(fields)
    }

    static func session(_ text: String) -> EventFields {
        guard let fields = object(Array(text.utf8)) else {
            Issue.record("no JSON: \(text)")
            return EventFields([:])
        }
        return EventFields(fields.values, path: "session.")
    }
}

struct RealtimeConfigurationTests {
    private let choices = RealtimeChoices(
        voice: { ["v", "alloy"].contains($0) ? .some($0 == "v" ? "v" : nil) : nil },
        voices: { ["v"] }, instructionsMax: 100)

    private func updated(
        _ text: String, _ before: RealtimeConfiguration? = nil
    ) throws(RealtimeError) -> RealtimeConfiguration {
        let start = before ?? RealtimeConfiguration(.conversation, model: "m")
        return try start.updated(EventFieldsTests.session(text), choices)
    }

    @Test func `Fields are merged, and the unknown ones ignored`() throws {
        let one = try updated(
            #"{"instructions":"A","x":{"y":[1]},"audio":{"input":{"turn_detection":"#
                + #"{"type":"server_vad","threshold":0.7}}}}"#)
        let two = try updated(
            #"{"audio":{"input":{"turn_detection":{"type":"server_vad","#
                + #""silence_duration_ms":900}},"output":{"voice":{"id":"v"}}}}"#, one)
        #expect(two.instructions == "A" && two.voice == "v")
        #expect(two.server.threshold == 0.7 && two.server.silenceMilliseconds == 900)
    }

    @Test func `null means none where it may, and else as if absent`() throws {
        let one = try updated(#"{"audio":{"input":{"turn_detection":null}},"instructions":null}"#)
        #expect(one.isManual && one.instructions.isEmpty)
    }

    static let refused: [(String, RealtimeError.Code, String)] = [
        (#"{"type":"transcription"}"#, .invalidValue, "session.type"),
        (#"{"modalities":["text"]}"#, .betaShape, "session.modalities"),
        (#"{"output_modalities":[]}"#, .invalidValue, "session.output_modalities"),
        (
            #"{"audio":{"input":{"format":{"rate":44100}}}}"#, .invalidValue,
            "session.audio.input.format.rate"
        ),
        (
            #"{"audio":{"input":{"format":{"type":"audio/mp3"}}}}"#, .invalidValue,
            "session.audio.input.format.type"
        ),
        (#"{"audio":{"output":{"speed":9}}}"#, .invalidValue, "session.audio.output.speed"),
        (#"{"audio":{"output":{"voice":"x"}}}"#, .invalidValue, "session.audio.output.voice"),
        (#"{"audio":[]}"#, .invalidType, "session.audio"),
        (
            #"{"audio":{"input":{"transcription":{"language":"Klingon"}}}}"#, .invalidValue,
            "session.audio.input.transcription.language"
        ),
        (#"{"max_output_tokens":0}"#, .invalidValue, "session.max_output_tokens"),
        (#"{"max_output_tokens":1.5}"#, .invalidType, "session.max_output_tokens"),
        (#"{"tools":[7]}"#, .invalidType, "session.tools[0]"),
        (#"{"avatar":{"fps":12}}"#, .missingParameter, "session.avatar.image"),
        (
            #"{"avatar":{"image":"http://127.0.0.1/x.png"}}"#, .invalidValue,
            "session.avatar.image"
        ),
        (
            #"{"avatar":{"image":"data:image/png;base64,AAAA","video":{"fps":60}}}"#,
            .invalidValue, "session.avatar.video.fps"
        ),
        (
            #"{"avatar":{"image":"data:image/png;base64,AAAA","video":{"resolution":"#
                + #"{"width":500}}}}"#, .invalidValue, "session.avatar.video.resolution.width"
        ),
    ]

    @Test(arguments: refused)
    func `What can't be is refused, and the field named`(
        _ text: String, _ code: RealtimeError.Code, _ param: String
    ) {
        let error = #expect(throws: RealtimeError.self) { try updated(text) }
        #expect(error?.code == code)
        #expect(error?.param == param)
    }

    @Test func `A face keeps its portrait when only its pace changes`() throws {
        let one = try updated(
            #"{"avatar":{"image":"data:image/png;base64,AAAA","video":{"fps":25}}}"#)
        let two = try updated(#"{"avatar":{"paused":true,"lead_ms":100}}"#, one)
        #expect(two.avatar?.isPaused == true)
        #expect(two.avatar.map { !$0.needsOpening(after: one.avatar!) } == true)
        let three = try updated(#"{"avatar":{"video":{"fps":20}}}"#, two)
        #expect(three.avatar.map { $0.needsOpening(after: two.avatar!) } == true)
        #expect(try updated(#"{"avatar":null}"#, three).avatar == nil)
    }
}

struct ConversationTests {
    private func item(_ id: String, _ text: String = "x") -> ConversationItem {
        ConversationItem(id: id, content: .message(role: "user", [.text(text)]))
    }

    @Test func `Items stand where they were put`() throws {
        var conversation = Conversation()
        #expect(try conversation.insert(item("a")) == nil)
        #expect(try conversation.insert(item("c")) == "a")
        #expect(try conversation.insert(item("b"), after: "a") == "a")
        #expect(try conversation.insert(item("0"), after: "root") == nil)
        #expect(conversation.items.map(\.id) == ["0", "a", "b", "c"])
        #expect(throws: RealtimeError.self) { try conversation.insert(item("a")) }
        #expect(throws: RealtimeError.self) { try conversation.insert(item("z"), after: "no") }
        #expect(conversation.remove("a") && !conversation.remove("a"))
    }

    @Test func `A conversation does not grow without end`() throws {
        var conversation = Conversation()
        for index in 0..<(RealtimeSettings.itemsMax + 5) {
            _ = try conversation.insert(item("i\(index)"))
        }
        #expect(conversation.items.count == RealtimeSettings.itemsMax)
        #expect(conversation.items.first?.id == "i5")
    }

    @Test func `What was not heard is forgotten word by word`() {
        func clause(_ text: String, _ start: Double) -> SpokenClause {
            let words = text.split(separator: " ").enumerated().map { index, word in
                TimedText(
                    text: String(word), startSeconds: start + Double(index),
                    endSeconds: start + Double(index) + 1)
            }
            return SpokenClause(
                text: text,
                clip: AudioClip(
                    samples: [Float](repeating: 0, count: words.count * 100), sampleRateHz: 100),
                startSeconds: start, words: words, phonemes: [], visemes: [])
        }
        var spoken = SpokenTimeline()
        // Its last two seconds come by themselves.
        let first = clause("One two three.", 0)
        spoken.add(
            SpokenClause(
                text: first.text,
                clip: AudioClip(samples: Array(first.clip.samples[..<100]), sampleRateHz: 100),
                startSeconds: 0, words: first.words, phonemes: [], visemes: []))
        spoken.add(
            SpokenClause(
                text: "",
                clip: AudioClip(samples: Array(first.clip.samples[100...]), sampleRateHz: 100),
                startSeconds: 1, words: [], phonemes: [], visemes: [], isContinuation: true))
        spoken.add(clause("Four five.", 3))
        #expect(spoken.milliseconds == 5_000)
        for (end, text) in [
            (9_000.0, "One two three. Four five."), (4_000, "One two three. Four"),
            (3_001, "One two three. Four"), (3_000, "One two three."), (1_500, "One two"),
            (0, ""),
        ] {
            spoken.cut(at: end)
            #expect(spoken.text == text)
            #expect(spoken.milliseconds == min(end, 5_000))
        }
    }
}

struct AudioWireTests {
    @Test func `Samples survive the way there and back`() {
        let samples = (0..<2_000).map { Float($0 - 1_000) / 1_000 }
        for (wire, error) in [
            (AudioWire.pcm(rateHz: 24_000), Float(1) / 16_000), (.muLaw, 0.035), (.aLaw, 0.035),
        ] {
            let back = wire.samples(wire.bytes(samples))
            #expect(back.count == samples.count)
            for (one, other) in zip(samples, back) {
                #expect(abs(one - other) <= max(error * abs(one), 0.002))
            }
        }
    }

    @Test func `Silence and full scale are G.711's own codes`() {
        // ITU-T G.711, tables 1a to 2b.
        #expect(AudioWire.muLaw.bytes([0, 1, -1]) == [0xFF, 0x80, 0x00])
        #expect(AudioWire.aLaw.bytes([0, 1, -1]) == [0xD5, 0xAA, 0x2A])
    }

    @Test func `What is no number is silence`() {
        #expect(
            AudioWire.pcm(rateHz: 8_000).bytes([.nan, .infinity, 9]) == [0, 0, 0, 0, 0xFF, 0x7F])
    }
}

struct ClientSecretTests {
    @Test func `A key opens until it ends, for its page only`() {
        let clock = Mutex(1_000.0)
        let secrets = ClientSecrets(key: [UInt8](repeating: 7, count: 32)) {
            clock.withLock { $0 }
        }
        let (free, end) = secrets.make(seconds: 9_999, origin: nil)
        #expect(end == 1_600)
        #expect(secrets.allows(free, origin: nil) && secrets.allows(free, origin: "https://a.test"))
        let (bound, _) = secrets.make(seconds: 60, origin: "https://a.test")
        #expect(secrets.allows(bound, origin: "https://a.test"))
        #expect(!secrets.allows(bound, origin: "https://b.test"))
        #expect(!secrets.allows(bound, origin: nil))
        #expect(!secrets.allows(free.replacing("1600", with: "9999"), origin: nil))
        #expect(!secrets.allows("ek_", origin: nil) && !secrets.allows("ek_1_0_", origin: nil))
        clock.withLock { $0 = 1_600 }
        #expect(!secrets.allows(free, origin: nil))
        let other = ClientSecrets(key: [UInt8](repeating: 8, count: 32)) { 1_000 }
        #expect(!other.allows(free, origin: nil))
    }
}
