import EngineAPI

extension RequestContext {
    /// Values of `Warning` headers (RFC 7234 §5.5): what is known so far of the request's media.
    var mediaWarnings: [String] {
        work.notes.all.map { "299 - \"\(Self.text($0))\"" }
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
        }
    }
}
