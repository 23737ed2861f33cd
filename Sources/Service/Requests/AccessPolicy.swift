import EngineAPI
import HTTPWire

/// Who may ask, and from which pages.
struct AccessPolicy: Sendable {
    let keys: [[UInt8]]
    /// Origins as browsers send them, or "*".
    let origins: Set<String>

    init(keys: [String], origins: [String]) {
        self.keys = keys.map { Array($0.utf8) }
        self.origins = Set(origins)
    }

    /// Throws 401 unless a key is asked for and given. The comparison takes the same time
    /// wherever the bytes differ.
    func authorise(_ head: RequestHead) throws(Problem) {
        guard !keys.isEmpty else { return }
        guard let key = Self.bearer(head), isKey(Array(key.utf8)) else { throw Self.refused }
    }

    private static let refused = Problem(
        .key, "Send a valid key as Authorization: Bearer.", field: "Authorization")

    private static func bearer(_ head: RequestHead) -> String? {
        let given = head.value("authorization") ?? ""
        let scheme = "bearer "
        guard given.prefix(scheme.count).lowercased() == scheme else { return nil }
        return String(given.dropFirst(scheme.count))
    }

    /// Every key is compared, so that the time does not tell which one came close.
    private func isKey(_ key: [UInt8]) -> Bool {
        keys.reduce(false) { equal($1, key) || $0 }
    }

    /// What stands before a key among the subprotocols: browsers can send it in no other way.
    private static let keyProtocol = "openai-insecure-api-key."

    /// Throws unless a socket may be opened: 401 without a key where one is asked for, 403 for a
    /// page from elsewhere. A page needs no cookie to reach a port that is open, so its origin
    /// counts even where no key does.
    /// - secrets: checks short-lived keys.
    func authoriseSocket(_ head: RequestHead, _ secrets: ClientSecrets) throws(Problem) {
        let origin = head.value("origin")
        if !keys.isEmpty {
            let offered = head.values("sec-websocket-protocol")
                .flatMap { $0.split(separator: ",") }.map { String($0).trimmingBlanks() }
            let hidden = offered.first { $0.hasPrefix(Self.keyProtocol) }
                .map { String($0.dropFirst(Self.keyProtocol.count)) }
            guard let key = Self.bearer(head) ?? hidden,
                isKey(Array(key.utf8)) || secrets.allows(key, origin: origin)
            else { throw Self.refused }
        }
        guard let origin, !isOwn(origin, head), !origins.contains("*"), !origins.contains(origin)
        else { return }
        throw Problem(
            .originRefused, "A page of that origin may not open a socket here.", field: "Origin",
            limit: "the server's own, or one of AVATAR_CORS_ORIGINS", got: origin)
    }

    /// Whether a page comes from this server, as its client names it.
    private func isOwn(_ origin: String, _ head: RequestHead) -> Bool {
        guard let host = head.value("host")?.lowercased() else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + host }
    }

    private func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The fields that let a page of a listed origin read the response (Fetch §3.3).
    func sharing(_ head: RequestHead) -> [(String, String)] {
        guard !origins.isEmpty else { return [] }
        // Also where this origin gets nothing: a cache must not give its response to another.
        let varies = origins.contains("*") ? [] : [("Vary", "Origin")]
        guard let origin = head.value("origin"),
            origins.contains("*") || origins.contains(origin)
        else { return varies }
        return varies + [
            ("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin),
            (
                "Access-Control-Expose-Headers",
                "Server-Timing, X-Request-Id, X-Realtime-Factor, Retry-After, Warning, Location, "
                    + "Preference-Applied, Accept-Ranges, Content-Range, ETag"
            ),
        ]
    }

    /// What a preflight asks (Fetch §4.8).
    func preflight(_ head: RequestHead, allow: String) -> [(String, String)] {
        guard sharing(head).contains(where: { $0.0 == "Access-Control-Allow-Origin" }) else {
            return []
        }
        return [
            ("Access-Control-Allow-Methods", allow),
            (
                "Access-Control-Allow-Headers",
                "Authorization, Content-Type, X-Request-Id, Prefer, Range, If-Range, Last-Event-ID"
            ),
            ("Access-Control-Max-Age", "600"),
        ]
    }
}

/// The trace id of a W3C `traceparent` that is well formed and stands alone (Trace Context §3.2).
func traceID(_ head: RequestHead) -> String? { TraceContext(head)?.traceID }
