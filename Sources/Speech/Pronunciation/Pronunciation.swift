/// How a word is to be said, as a request, an operator's file or the text itself tells it.
struct Pronunciation: Sendable, Equatable {
    enum Reading: Sendable, Equatable {
        /// The international phonetic alphabet.
        case ipa(String)
        /// Another spelling, read as any text is.
        case respelling(String)
    }

    /// As it is written; words are parted by one space.
    let word: String
    let reading: Reading
    /// The language that it is meant for, as "en"; nil is every one.
    var language: String?

    /// Bounds of one lexicon, and of its words and readings in characters.
    static let entriesMax = 1000
    static let wordMax = 64
    static let readingMax = 256

    /// Letters and marks of the phonetic alphabet that no respelling needs.
    private static let phonetic = Set(
        "æðŋθɑɐɒɓʙβɔɕɖɗəɘɚɛɜɝɞɟʄɡɠɢʛɦɧɥʜɨɪʝɭɬɫɮʟɱɯɰɳɲɴɵɸʘɹɺɾɻʀʁɽʂʃʈʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢˈˌːˑ\u{361}"
            .unicodeScalars)

    /// "/kæt/" is IPA, and so is what has a letter or mark that only IPA has; the rest is a
    /// respelling.
    init(_ word: String, _ reading: String) {
        self.word = word
        let text = reading.scalars.trimmed()
        if text.count > 2, text.first == "/", text.last == "/" {
            self.reading = .ipa(text.text(1..<text.count - 1))
        } else if text.contains(where: Pronunciation.phonetic.contains) {
            self.reading = .ipa(String(text))
        } else {
            self.reading = .respelling(String(text))
        }
    }

    init(_ word: String, _ reading: Reading, language: String? = nil) {
        (self.word, self.reading, self.language) = (word, reading, language)
    }
}
