// Compiled together with the readers of a conversation's events by scripts/fuzz, as one module.
import EngineAPI
import FoundationEssentials

/// No request has fields here.
let declared: [String: APIField] = [:]

private let choices = RealtimeChoices(
    voice: { $0 == "v" ? .some("v") : nil }, voices: { ["v"] }, instructionsMax: 200)

/// libFuzzer's entry: the first byte picks what is read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let body = Array(input[1...])
    switch input[0] {
    case UInt8(ascii: "u"): update(body)
    case UInt8(ascii: "i"): item(body)
    case UInt8(ascii: "c"): chat(body)
    case UInt8(ascii: "t"): text(String(decoding: body, as: UTF8.self))
    default: sound(body)
    }
    return 0
}

private func object(_ bytes: [UInt8]) -> EventFields? {
    guard JSONNesting.isShallow(bytes),
        let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
        case .object(let fields) = value
    else { return nil }
    return EventFields(fields, path: "session.")
}

/// What was taken shows itself as JSON that can be taken again.
private func update(_ bytes: [UInt8]) {
    guard let fields = object(bytes) else { return }
    for kind in [RealtimeConfiguration.Kind.conversation, .transcription] {
        let start = RealtimeConfiguration(kind, model: "m")
        do throws(RealtimeError) {
            let one = try start.updated(fields, choices)
            _ = json(one.shown(id: "s", expiresAt: 1, canAnswer: true))
            let two = try one.updated(fields, choices)
            precondition(two == one, "an update said twice differs")
        } catch {
            precondition(!error.message.isEmpty)
        }
    }
}

private func item(_ bytes: [UInt8]) {
    guard let fields = object(bytes),
        let incoming = try? IncomingItem(fields, newID: "item_1")
    else { return }
    var conversation = Conversation()
    _ = try? conversation.insert(incoming.item)
    let request = ChatRequest(
        model: "m", instructions: "", items: conversation.items, tools: [], toolChoice: "auto")
    _ = request.body
    _ = json(incoming.item.shown())
}

private func chat(_ bytes: [UInt8]) {
    var whole = ChatStreamParser()
    let deltas = whole.add(bytes)
    var halves = ChatStreamParser()
    let half = bytes.count / 2
    let both = halves.add(Array(bytes[..<half])) + halves.add(Array(bytes[half...]))
    precondition(both == deltas, "a cut changes what was said")
}

private func text(_ text: String) {
    var whole = SpokenTextFilter()
    let said = whole.add(text) + whole.finish()
    var single = SpokenTextFilter()
    let pieces = text.map { single.add(String($0)) }.joined() + single.finish()
    precondition(said == pieces, "a cut changes what is said")
    cut(said)
}

/// A clause that is cut anywhere stays a beginning of what was said.
private func cut(_ text: String) {
    let words = text.split(separator: " ").enumerated().map { index, word in
        TimedText(text: String(word), startSeconds: Double(index), endSeconds: Double(index + 1))
    }
    var spoken = SpokenTimeline()
    spoken.add(
        SpokenClause(
            text: text, clip: AudioClip(samples: [0], sampleRateHz: 8_000), startSeconds: 0,
            words: words, phonemes: [], visemes: []))
    spoken.cut(at: Double(text.utf8.count % 7) * 1_000)
    precondition(text.hasPrefix(spoken.text), "a cut adds words")
}

private func sound(_ bytes: [UInt8]) {
    for wire in [AudioWire.pcm(rateHz: 24_000), .muLaw, .aLaw] {
        let samples = wire.samples(bytes)
        precondition(samples.allSatisfy { abs($0) <= 1 })
        precondition(wire.bytes(samples).count == samples.count * wire.bytesPerSample)
    }
}
