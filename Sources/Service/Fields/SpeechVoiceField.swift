import EngineAPI

/// The fields `voice` and `language`: who speaks.
extension AvatarService {
    /// An id, several that are mixed, one of OpenAI's stock names, or whoever speaks the language.
    func chooseVoice(_ fields: RequestFields, for request: inout SpeechRequest) throws(Problem) {
        let known = engines.speaker.voices()
        let choice = VoiceChoice(
            voices: known.filter(\.isPresent), own: known.first?.id ?? "")
        let language = try fields[SpeechFields.language]
        guard let name = try fields[SpeechFields.voice] else {
            guard let language else { return }
            request.voice = try id(choice, language, gender: nil)
            return
        }
        if let voice = known.first(where: { $0.id == name }) {
            request.voice = name
            tell(language, voice, &request)
        } else if let gender = OpenAIVoices.genders[name] {
            let isMan = gender == "male"
            let wanted = language ?? "en"
            let man = isMan ? choice.best(language: wanted, gender: "male", current: "") : nil
            if isMan, man == nil { request.notes.append(.stockVoiceMissing(name)) }
            if let man {
                request.voice = man
            } else if let language {
                request.voice = try id(choice, language, gender: nil)
            }
        } else if let mix = VoiceMix(name) {
            for part in mix.parts where !known.contains(where: { $0.id == part.id }) {
                throw Problem(.voiceUnknown(name: part.id, known: known.map(\.id)))
            }
            request.voice = name
            tell(language, known.first { $0.id == mix.parts[0].id }, &request)
        } else {
            throw Problem(.voiceUnknown(name: name, known: known.map(\.id)))
        }
    }

    /// The default voice is nil, as where nothing is asked for.
    private func id(
        _ choice: VoiceChoice, _ language: String, gender: String?
    ) throws(Problem) -> String? {
        guard let id = choice.best(language: language, gender: gender, current: choice.own) else {
            let languages = Set(choice.voices.map(\.language)).sorted()
            throw Problem(
                .languageUnknown, "No voice here speaks that language.", field: "language",
                limit: languages.joined(separator: ", "), got: language)
        }
        return id == choice.own ? nil : id
    }

    private func tell(
        _ language: String?, _ voice: VoiceDescription?, _ request: inout SpeechRequest
    ) {
        guard let language, let voice, !LanguageTag.isSame(voice.language, language) else { return }
        request.notes.append(.languageNotVoices(language))
    }
}

/// OpenAI's stock names, and whose voices they are there. A man's is a man's here too, where there
/// is one; the others mean the default voice.
enum OpenAIVoices {
    static let genders: [String: String] = [
        "alloy": "female", "ash": "male", "ballad": "male", "cedar": "male", "coral": "female",
        "echo": "male", "fable": "male", "marin": "female", "nova": "female", "onyx": "male",
        "sage": "female", "shimmer": "female", "verse": "male",
    ]
}
