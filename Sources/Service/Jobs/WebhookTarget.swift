import HTTPWire

/// An address that a job's end may be posted to.
package struct WebhookTarget: Sendable, Equatable {
    let url: String
    let host: String

    /// Longest address that is taken.
    static let bytesMax = 2_048

    /// - Returns: nil for anything else than an absolute http or https URL of printable ASCII,
    ///   without a user's name and a fragment (RFC 3986 §3).
    init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#"\"<>^`{|}#"#.utf8.contains($0) })
        else { return nil }
        let scheme = ["http://", "https://"].first {
            text.prefix($0.count).lowercased() == $0
        }
        guard let scheme else { return nil }
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { return nil }
        let colon =
            authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
        if let colon {
            let port = authority[authority.index(after: colon)...]
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
                (1...65_535).contains(number)
            else { return nil }
        }
        let host = authority[..<(colon ?? authority.endIndex)].lowercased()
        guard Self.isHost(host) else { return nil }
        self.url = text
        self.host = host
    }

    /// A name, an IPv4 address, or an IPv6 address in brackets.
    package static func isHost(_ text: String) -> Bool {
        let isIPv6 = text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count > 4
        let inner = isIPv6 ? text.dropFirst().dropLast() : text[...]
        return (1...253).contains(inner.utf8.count)
            && inner.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A: !isIPv6 || byte <= 0x66
                case 0x2D, 0x5F: !isIPv6
                case 0x2E: true
                case 0x3A: isIPv6
                default: false
                }
            }
    }
}

extension AvatarService {
    /// The field `webhook` of a request for a job; nil where there is none.
    func webhook(
        _ fields: RequestFields, _ route: Route, becomesJob: Bool
    ) throws(Problem) -> WebhookTarget? {
        guard route.takesJobs, let text = try fields[APISpec.webhook] else { return nil }
        // By bytes: a mark that follows joins the last slash into one character.
        let lower = String(decoding: text.utf8.prefix(8), as: UTF8.self).lowercased().utf8
        guard lower.starts(with: "http://".utf8) || lower.starts(with: "https://".utf8),
            text.unicodeScalars.count <= WebhookTarget.bytesMax
        else {
            throw Problem(
                .badField, "The field must be an http or https URL.", field: "webhook",
                limit: "http://…, https://…, \(WebhookTarget.bytesMax) characters", got: text)
        }
        guard becomesJob else {
            throw Problem(
                .webhookRefused,
                settings.offersJobs
                    ? "A webhook is told of a job's end: send Prefer: respond-async too."
                    : "This server has no jobs and tells no webhooks.", field: "webhook")
        }
        guard let target = WebhookTarget(text) else {
            throw Problem(
                .webhookRefused, "The field must be a URL without a user or a fragment.",
                field: "webhook", got: text)
        }
        guard settings.webhookHosts.contains(target.host) else {
            throw Problem(
                .webhookRefused, "The operator does not allow webhooks to this host.",
                field: "webhook", limit: "hosts of AVATAR_WEBHOOK_HOSTS", got: target.host)
        }
        return target
    }
}
