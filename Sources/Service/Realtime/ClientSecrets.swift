import EngineAPI
import FoundationEssentials
import HTTPWire
import Hashing

/// Short-lived keys for pages, so that none of them holds a real one: an end, an origin, and an
/// HMAC-SHA256 over both by a key of this process. They open sockets, and nothing else.
final class ClientSecrets: Sendable {
    static let secondsMax = 600
    private static let prefix = "ek_"
    private let key: Mutex<[UInt8]>
    private let now: @Sendable () -> Double

    /// - now: seconds since 1970.
    init(
        key: [UInt8] = ClientSecrets.newKey(),
        now: @escaping @Sendable () -> Double
    ) {
        self.key = Mutex(key)
        self.now = now
    }

    private static func newKey() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255) } }

    /// Forgets every key that was made: a copy of this process could make the same.
    func renew() { key.withLock { $0 = Self.newKey() } }

    /// - origin: of the page that may use it; nil binds it to none.
    /// - Returns: the key, of characters that a subprotocol may have, and when it ends.
    func make(seconds: Int, origin: String?) -> (value: String, expiresAt: Int) {
        let end = Int(bounded: now()) + min(max(seconds, 1), Self.secondsMax)
        let bound = origin == nil ? "0" : "1"
        return ("\(Self.prefix)\(end)_\(bound)_\(proof(end, origin ?? ""))", end)
    }

    /// Whether a key is one of ours, holds still, and is for that page.
    func allows(_ value: String, origin: String?) -> Bool {
        guard value.hasPrefix(Self.prefix), value.utf8.count <= 128 else { return false }
        let parts = value.dropFirst(Self.prefix.count).split(separator: "_")
        guard parts.count == 3, let end = Int(parts[0]), ["0", "1"].contains(parts[1]) else {
            return false
        }
        let expected = proof(end, parts[1] == "1" ? origin ?? "" : "")
        return isEqual(expected, String(parts[2])) && Double(end) > now()
    }

    private func proof(_ end: Int, _ origin: String) -> String {
        hmacSHA256(key: key.withLock { $0 }, Array("realtime\n\(end)\n\(origin.lowercased())".utf8))
            .map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }

    /// Takes the same time wherever they differ.
    private func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension AvatarService {
    /// `POST /v1/realtime/client_secrets`.
    func clientSecret(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        let after = try fields[RealtimeFields.expiresAfter]
        let origin = try fields[RealtimeFields.origin]
        let session = try fields[RealtimeFields.session]
        var seconds = ClientSecrets.secondsMax
        if let after, let told = after.at("seconds") {
            guard case .number(let told) = told, told == told.rounded(),
                (10...Double(ClientSecrets.secondsMax)).contains(told)
            else {
                throw Problem(
                    .badField, "The key must hold for a number of seconds that is allowed.",
                    field: "expires_after", limit: "{\"seconds\": 10 to 600}")
            }
            seconds = Int(bounded: told)
        }
        let holds = seconds
        let kind: RealtimeConfiguration.Kind =
            session?.at("type")?.text == "transcription" ? .transcription : .conversation
        let model = session?.at("model")?.text ?? ""
        return { [self] writer async throws(Problem) in
            let (value, expiresAt) = secrets.make(seconds: holds, origin: origin)
            let shown = RealtimeConfiguration(kind, model: model).shown(
                id: "sess_\(realtime.ids.next())", expiresAt: expiresAt,
                canAnswer: realtime.canAnswer)
            let body: JSONValue = [
                "value": .string(value), "expires_at": .number(Double(expiresAt)),
                "session": shown,
            ]
            await writer.send(
                Response(
                    status: 200, type: "application/json", body: json(body),
                    fields: [("Cache-Control", "no-store")]))
        }
    }
}
