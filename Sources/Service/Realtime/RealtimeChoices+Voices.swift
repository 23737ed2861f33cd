import EngineAPI

extension RealtimeChoices {
    /// The voices of a speaker, and OpenAI's stock names for them.
    init(_ speaker: any Speaking, charactersMax: Int) {
        voices = { speaker.voices().filter(\.isPresent).map(\.id) }
        instructionsMax = charactersMax
        voice = { name in
            let known = speaker.voices()
            if known.contains(where: { $0.id == name }) { return .some(name) }
            if let gender = OpenAIVoices.genders[name] {
                let here = known.filter(\.isPresent)
                let choice = VoiceChoice(voices: here, own: known.first?.id ?? "")
                // Where no such voice is here, the default speaks.
                return .some(
                    gender == "male"
                        ? choice.best(language: "en", gender: gender, current: "") : nil)
            }
            if let mix = VoiceMix(name),
                mix.parts.allSatisfy({ part in known.contains { $0.id == part.id } })
            {
                return .some(name)
            }
            return nil
        }
    }
}
