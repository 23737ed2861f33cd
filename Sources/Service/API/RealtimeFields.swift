import FoundationEssentials

/// Fields of `/v1/realtime/client_secrets`.
enum RealtimeFields {
    static let expiresAfter = object(
        "expires_after",
        "How long the key holds: {\"anchor\": \"created_at\", \"seconds\": 10 to 600}; 600 where "
            + "none is told. A conversation that has begun goes on after it.")

    static let origin = Field.text(
        "origin",
        "The origin of the page that may use the key, as browsers send it; any page where none "
            + "is told.", isQuoted: true, lengths: 1...512)

    static let session = object(
        "session", "What a session is to be: its type and model are told back.")

    static let all = [expiresAfter.facts, origin.facts, session.facts]

    private static func object(_ name: String, _ detail: String) -> Field<JSONValue?> {
        Field(APIField(name, .object, detail), default: nil) { text, facts throws(Problem) in
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            guard let value, case .object = value else {
                throw Problem(facts, "The field must be a JSON object.", got: text)
            }
            return value
        }
    }
}
