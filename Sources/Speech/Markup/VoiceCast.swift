import EngineAPI

/// The voices that one speech may use.
struct VoiceCast {
    let own: PassageVoice
    /// Whether the request named the voice: then the root's language does not choose another.
    let isNamed: Bool
    /// - current: who speaks around.
    let find: (_ request: VoiceRequest, _ current: String?) -> VoiceChoice.Found?
    /// nil where the speech may not have one more.
    let reader: (_ id: String) throws(EngineError) -> (any TextFrontend)?

    /// One voice, and no other.
    static func only(_ reader: any TextFrontend) -> VoiceCast {
        VoiceCast(
            own: PassageVoice(id: nil, reader: reader), isNamed: true, find: { _, _ in nil },
            reader: { (_) throws(EngineError) in nil })
    }
}
