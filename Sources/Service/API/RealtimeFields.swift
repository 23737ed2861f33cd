import FoundationEssentials

/// Fields of `/v1/realtime/client_secrets`.
enum RealtimeFields {
    static let expiresAfter = object(
        "expires_after",
        "How long the key holds: {\"anchor\": \"created_at\", \"seconds\": 10 to 600}; 600 where "
            + "none is told. A conversation that has begun goes on after it.",
        [
            "seconds": [
                "type": "integer", "minimum": 10,
                "maximum": .number(Double(ClientSecrets.secondsMax)),
            ]
        ])

    private static let originMax = 512

    static let origin: Field<String?> = {
        var facts = APIField(
            "origin", .text,
            "The origin of the page that may use the key, as browsers send it; any page where none "
                + "is told.", lengths: 1...originMax)
        facts.isQuoted = true
        return Field(facts, default: nil) { text, facts throws(Problem) in
            guard !text.isEmpty, text.unicodeScalars.count <= originMax else {
                throw Problem(
                    facts, "The field must be an origin.", limit: "1 to \(originMax) characters",
                    got: text)
            }
            return text
        }
    }()

    static let session = object(
        "session", "What a session is to be: its type and model are told back.", [:])

    static let all = [expiresAfter.facts, origin.facts, session.facts]

    private static func object(
        _ name: String, _ detail: String, _ properties: [String: JSONValue]
    ) -> Field<JSONValue?> {
        Field(APIField(name, .object(properties), detail), default: nil) {
            text, facts throws(Problem) in
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            guard let value, case .object = value else {
                throw Problem(facts, "The field must be a JSON object.", got: text)
            }
            return value
        }
    }
}
