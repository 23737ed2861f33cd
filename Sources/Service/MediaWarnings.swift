import EngineAPI

extension RequestContext {
    /// Values of `Warning` headers (RFC 7234 §5.5): what is known so far of the request's media,
    /// and fields that have no effect.
    var warnings: [String] {
        let texts = work.notes.all.map(Self.text) + (ignoredText.map { [$0] } ?? [])
        return texts.map { "299 - \"\($0)\"" }
    }

    private static let ignoredMax = 8

    /// A client's own names go into the header: only those that any header may bear, and few.
    private var ignoredText: String? {
        let fields = ignoredFields
        guard !fields.isEmpty else { return nil }
        let names = fields.filter { name in
            name.utf8.count <= 64
                && name.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5B, 0x5D, 0x5F: true
                    default: false
                    }
                }
        }.prefix(Self.ignoredMax)
        let rest = fields.count - names.count
        let told = names.map { "'\($0)'" } + (rest > 0 ? ["\(rest) more"] : [])
        return "fields without effect here: " + told.joined(separator: ", ")
    }

    /// The one place where a note becomes prose.
    private static func text(_ note: MediaNote) -> String {
        switch note {
        case .samplesNotFinite:
            "the audio has samples that are not numbers; they were taken as silence"
        case .samplesScaled:
            "the audio has float samples in the range of integers; it was scaled to full scale"
        case .samplesCut:
            "the audio has samples far over full scale; they were cut"
        case .lettersLeftOut:
            "the text has letters of a script that the voice cannot read; they were left out"
        case .pitchPassedOver:
            "this voice has no pitch that can be changed; it spoke at its own"
        }
    }
}
