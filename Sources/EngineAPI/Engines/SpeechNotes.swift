/// What of a speech could not be done as it was asked for, and was done otherwise.
package enum SpeechNote: Sendable, Hashable {
    /// An element of SSML that nothing is made of; its text is spoken.
    case elementPassedOver(String)
    /// A recording that was not fetched; its alternative text is spoken.
    case audioNotPlayed
    /// A way to read a text that is not known.
    case readingPassedOver(String)
    /// Phonemes in an alphabet or with signs that the voice does not know.
    case phonemesPassedOver(alphabet: String)
    /// A voice that is not here; the one around speaks.
    case voiceMissing(String)
    /// A language that no voice here speaks; the one around does.
    case languageMissing(String)
    /// A voice of the wrong kind speaks for a stock name, as where a man's has no man's here.
    case stockVoiceMissing(String)
    /// The voice that was named speaks another language than the one that was named.
    case languageNotVoices(String)
}
