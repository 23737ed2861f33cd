import HTTPWire
import Service

extension Environment {
    /// The variables of live conversations.
    func realtime(_ coreCount: Int) throws(BadValue) -> RealtimeSettings {
        var settings = RealtimeSettings()
        settings.coreCount = coreCount
        settings.sessionsMax = try integer("AVATAR_REALTIME_SESSIONS", default: 32, in: 0...100_000)
        settings.facesMax = try integer(
            "AVATAR_REALTIME_FACES", default: 4 * coreCount, in: 0...1_000)
        settings.messageBytesMax =
            try integer("AVATAR_REALTIME_MESSAGE_MB", default: 8, in: 1...64) << 20
        settings.idleSeconds = try integer(
            "AVATAR_REALTIME_IDLE_SECONDS", default: 300, in: 1...86_400)
        settings.secondsMax = try integer("AVATAR_REALTIME_SECONDS", default: 3_600, in: 1...86_400)
        settings.chatURL = try chatURL()
        settings.chatModel = try text("AVATAR_CHAT_MODEL") ?? ""
        settings.chatKey = try list("AVATAR_CHAT_KEY", of: "one key").first ?? ""
        settings.chatSeconds = try integer("AVATAR_CHAT_SECONDS", default: 60, in: 1...3_600)
        return settings
    }

    private func chatURL() throws(BadValue) -> String? {
        guard let url = try text("AVATAR_CHAT_URL") else { return nil }
        guard Self.isAddress(url) else {
            throw BadValue(
                variable: "AVATAR_CHAT_URL", value: url,
                allowed: "an http or https address up to and with /v1, without a query")
        }
        return url
    }

    /// Whether a path can be added to it.
    static func isAddress(_ url: String) -> Bool {
        let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
        let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard let scheme, url.utf8.count > scheme.utf8.count, isPlain else { return false }
        return !url.contains("?") && !url.contains("#")
    }
}
