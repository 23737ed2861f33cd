import EngineAPI

/// The field `chunking_strategy`: how speech is told from silence, where the audio is cut.
enum ChunkingStrategy {
    private static let word = "auto"
    private static let type = "server_vad"
    private static let threshold = 0.0...1.0
    private static let padding = 0...5_000
    private static let silence = 0...10_000
    private static let limit =
        "auto, or an object of type server_vad with threshold 0 to 1, prefix_padding_ms 0 to 5000 "
        + "and silence_duration_ms 0 to 10000"

    /// nil is our own choice.
    static let field: Field<SpeechDetection?> = {
        var facts = APIField(
            "chunking_strategy",
            .object([
                "type": ["type": "string", "enum": [.string(type)]],
                "threshold": schema("number", 0, 1),
                "prefix_padding_ms": schema("integer", 0, padding.upperBound),
                "silence_duration_ms": schema("integer", 0, silence.upperBound),
            ]),
            "How speech is told from silence: auto, or an object of type server_vad with threshold "
                + "(0 to 1; 0.5), prefix_padding_ms (200) and silence_duration_ms (128); in a form "
                + "chunking_strategy[threshold] or JSON's text.")
        facts.word = word
        facts.required = ["type"]
        facts.whenEmpty = .absent
        facts.isOption = false
        return Field.object(facts, default: nil, limit: limit, parse: detection)
    }()

    private static func schema(_ type: String, _ least: Int, _ most: Int) -> JSONValue {
        [
            "type": .string(type), "minimum": .number(Double(least)),
            "maximum": .number(Double(most)),
        ]
    }

    @Sendable private static func detection(
        _ members: [String: JSONValue], _ facts: APIField
    ) throws(Problem) -> SpeechDetection? {
        guard members["type"] == .string(type) else {
            throw Problem(
                facts, "The field's type must be server_vad.", limit: limit,
                got: members["type"]?.scalarText ?? "no type")
        }
        var detection = SpeechDetection()
        if let value = try number("threshold", members, threshold, facts) {
            detection.threshold = Float(value)
        }
        if let value = try whole("prefix_padding_ms", members, padding, facts) {
            detection.paddingMilliseconds = value
        }
        if let value = try whole("silence_duration_ms", members, silence, facts) {
            detection.silenceMilliseconds = value
        }
        return detection
    }

    private static func number(
        _ name: String, _ members: [String: JSONValue], _ range: ClosedRange<Double>,
        _ facts: APIField
    ) throws(Problem) -> Double? {
        guard let member = members[name], member != .null else { return nil }
        guard let text = member.scalarText, let value = Double(text), range.contains(value) else {
            throw wrong(name, member, facts)
        }
        return value
    }

    private static func whole(
        _ name: String, _ members: [String: JSONValue], _ range: ClosedRange<Int>,
        _ facts: APIField
    ) throws(Problem) -> Int? {
        let wide = Double(range.lowerBound)...Double(range.upperBound)
        guard let value = try number(name, members, wide, facts) else { return nil }
        guard value == value.rounded() else {
            throw wrong(name, members[name] ?? .null, facts)
        }
        return Int(bounded: value)
    }

    private static func wrong(_ name: String, _ value: JSONValue, _ facts: APIField) -> Problem {
        Problem(
            facts, "The field's \(name) is not a number in its range.", limit: limit,
            got: value.scalarText ?? "no number")
    }
}
