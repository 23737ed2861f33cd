/// "af_bella(2)+af_sky": voices of one network that are mixed, each as much as its weight says.
package struct VoiceMix: Sendable, Equatable {
    /// A voice of the mix.
    package struct Part: Sendable, Equatable {
        package let id: String
        /// Of all parts together they are 1.
        package let weight: Double
    }

    package let parts: [Part]

    /// More voices are no mix that anyone could hear.
    private static let partsMax = 8
    private static let weightMax = 100.0

    /// nil where the text is no mix: one name without a weight is a voice.
    package init?(_ text: String) {
        let names = text.split(separator: "+", omittingEmptySubsequences: false)
        guard names.count <= VoiceMix.partsMax, names.count > 1 || text.hasSuffix(")") else {
            return nil
        }
        var parts: [Part] = []
        for name in names {
            guard let part = VoiceMix.part(name) else { return nil }
            parts.append(part)
        }
        let total = parts.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return nil }
        self.parts = parts.map { Part(id: $0.id, weight: $0.weight / total) }
    }

    private static func part(_ text: Substring) -> Part? {
        guard text.last == ")" else {
            return text.isEmpty || text.contains("(") ? nil : Part(id: String(text), weight: 1)
        }
        guard let open = text.lastIndex(of: "("), open > text.startIndex else { return nil }
        let number = text[text.index(after: open)...].dropLast()
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let weight = Double(number), weight.isFinite, weight > 0, weight <= weightMax
        else { return nil }
        return Part(id: String(text[..<open]), weight: weight)
    }
}
