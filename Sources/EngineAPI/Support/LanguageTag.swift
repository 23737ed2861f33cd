/// Tags of languages (RFC 5646), as far as voices need them.
package enum LanguageTag {
    /// "en" of "en-US", "en_GB" and "EN".
    package static func primary(_ tag: String) -> String {
        String(tag.prefix { $0 != "-" && $0 != "_" }).lowercased()
    }

    /// Whether both name the same language, whatever the country.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        primary(one) == primary(other)
    }
}
