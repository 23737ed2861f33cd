/// What is asked of a voice.
package struct VoiceRequest: Sendable, Equatable {
    /// Any of these will do, the first before the others.
    package var names: [String] = []
    package var language: String?
    /// "female" or "male".
    package var gender: String?

    package init() {}
}

/// Finds a voice among those that are here.
package struct VoiceChoice: Sendable {
    /// A voice that was found.
    package struct Found: Sendable, Equatable {
        /// nil is the speech's own.
        package let id: String?
        /// By its name, not by what it speaks.
        package let isNamed: Bool
    }

    /// Those with their files here, the default first.
    package let voices: [VoiceDescription]
    /// The speech's own.
    package let own: String

    package init(voices: [VoiceDescription], own: String) {
        self.voices = voices
        self.own = own
    }

    /// - current: who speaks around; nil is the speech's own.
    package func find(_ request: VoiceRequest, current: String?) -> Found? {
        func found(_ id: String, isNamed: Bool) -> Found {
            Found(id: id == own ? nil : id, isNamed: isNamed)
        }
        for name in request.names {
            let lower = name.lowercased()
            if let voice = voices.first(where: { $0.id.lowercased() == lower }) {
                return found(voice.id, isNamed: true)
            }
        }
        let language = request.language ?? request.names.lazy.compactMap(VoiceChoice.locale).first
        guard language != nil || request.gender != nil,
            let id = best(language: language, gender: request.gender, current: current ?? own)
        else { return nil }
        return found(id, isNamed: false)
    }

    /// The voice that speaks a language, the one that speaks now before others, and one of the same
    /// country before either.
    package func best(language: String?, gender: String?, current: String) -> String? {
        let now = voices.first { $0.id == current }
        let language = language ?? now?.language ?? "en"
        var fitting = voices.filter { LanguageTag.isSame($0.language, language) }
        if let gender { fitting = fitting.filter { $0.gender == gender } }
        let tag = VoiceChoice.plain(language)
        let isOfCountry = { (voice: VoiceDescription) in VoiceChoice.plain(voice.language) == tag }
        let inOrder = (now.map { [$0] } ?? []) + fitting
        let allowed = inOrder.filter { voice in fitting.contains { $0.id == voice.id } }
        return (allowed.first(where: isOfCountry) ?? allowed.first)?.id
    }

    private static func plain(_ tag: String) -> String {
        tag.lowercased().replacing("_", with: "-")
    }

    /// "de-DE" of "de-DE-KatjaNeural" and "de-DE-Standard-A".
    private static func locale(_ name: String) -> String? {
        let parts = name.split(separator: "-")
        guard parts.count > 2, (2...3).contains(parts[0].count), parts[1].count == 2,
            parts[0].allSatisfy(\.isLowercase), parts[1].allSatisfy(\.isUppercase)
        else { return nil }
        return parts[0] + "-" + parts[1]
    }
}
