import EngineAPI

/// Who speaks a passage.
struct PassageVoice {
    /// nil is the speech's own voice.
    let id: String?
    let reader: any TextFrontend
}

/// Voices, languages and manners of speech, as Azure's, Google's and Polly's users write them.
extension SSMLReader {
    /// Elements that are honoured, or that change nothing anyone could hear.
    private static let known: Set<String> = [
        "speak", "p", "paragraph", "s", "sentence", "break", "say-as", "sub", "phoneme",
        "emphasis", "prosody", "voice", "lang", "w", "token", "desc", "metadata", "meta", "lookup",
        "mstts:silence", "div", "li", "br",
    ]

    /// Tells of an element that is passed over; its text is spoken, or is no speech.
    mutating func tellUnknown(_ name: String) {
        if name == "audio" {
            tell(.audioNotPlayed)
        } else if !SSMLReader.known.contains(name) {
            tell(.elementPassedOver(name))
        }
    }

    mutating func tell(_ note: SpeechNote) { notes.insert(note) }

    // MARK: voices

    /// The voice that an element asks for; that of the element around it where there is none.
    mutating func voice(
        _ name: String, _ attributes: [String: String], outer: PassageVoice
    ) throws(EngineError) -> PassageVoice {
        var request = VoiceRequest()
        request.language =
            attributes["xml:lang"] ?? attributes["language"]
            ?? attributes["languages"]?.split(separator: " ").first.map(String.init)
        if name == "voice" {
            request.names =
                attributes["name"].map { [$0] + $0.split(separator: " ").map(String.init) } ?? []
            request.gender = attributes["gender"]?.lowercased()
        }
        if let found = try choose(request, outer) { return found }
        if let name = request.names.first, !name.isEmpty {
            tell(.voiceMissing(name))
        } else if let language = request.language {
            tell(.languageMissing(language))
        } else if let gender = request.gender {
            tell(.voiceMissing(gender))
        }
        return outer
    }

    // MARK: pauses

    /// Azure's own silences: at the start and the end, or between sentences.
    mutating func silence(
        _ attributes: [String: String], at place: Int
    ) throws(EngineError) {
        let seconds = SSMLValues.pause(time: attributes["value"], strength: nil)
        guard let seconds, attributes["value"] != nil else { throw fault(.badValue, at: place) }
        switch (attributes["type"] ?? "").lowercased() {
        case "leading", "leading-exact":
            if isBlankSoFar { try pause(seconds, at: place) }
        case "tailing", "tailing-exact": tailSeconds = try bounded(seconds, at: place)
        case "sentenceboundary": try setSentencePause(SSMLReader.naturalPause + seconds, at: place)
        case "sentenceboundary-exact": try setSentencePause(seconds, at: place)
        default: tell(.elementPassedOver("mstts:silence " + (attributes["type"] ?? "")))
        }
    }

    // MARK: readings

    /// Part of speech of `w`'s role, as in "amazon:VB"; nil where it is not known.
    static func role(_ role: String) -> String? {
        let name = role.split(separator: ":").last.map { $0.uppercased() } ?? ""
        let known: Set<String> = [
            "VB", "VBD", "VBN", "VBP", "VBZ", "VBG", "NN", "NNS", "NNP", "JJ", "DT", "IN", "RB",
            "SENSE_1", "DEFAULT",
        ]
        return known.contains(name) ? name : nil
    }

    /// `phoneme`'s text in the voice's signs; nil where its alphabet or signs are not known.
    mutating func phonemes(_ attributes: [String: String], _ reader: any TextFrontend) -> String? {
        guard let text = attributes["ph"] else { return nil }
        let name = attributes["alphabet"] ?? "ipa"
        if let ipa = PhoneticAlphabet(name)?.ipa(text) {
            let signs = reader.signs(ipa: ipa)
            if !signs.isEmpty { return signs }
        }
        tell(.phonemesPassedOver(alphabet: name))
        return nil
    }
}
