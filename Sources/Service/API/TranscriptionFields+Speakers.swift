import EngineAPI

/// Fields of who speaks.
extension TranscriptionFields {
    /// Channels that are heard each by itself at most.
    static let channelsMax = 8

    static let channels = Field.choice(
        "channels", default: ChannelUse.mix,
        "split hears each channel by itself, at most \(channelsMax), as a speaker of its own, as "
            + "telephone calls are recorded: who speaks is told.")

    static let diarize = Field.flag(
        "diarize", default: false,
        "Tell voices apart: segments, words, text and captions say who speaks. diarized_json means "
            + "it. Needs what scripts/setup --speakers brings.")

    /// nil finds it out.
    static let speakers = Field<Int?>.whole(
        "speakers", 1...SpeakerChoice.countLimit, "With diarize, how many speak; else found out.")

    static let speakersMax = Field.whole(
        "max_speakers", 1...SpeakerChoice.countLimit, default: SpeakerChoice.countLimit,
        "With diarize, how many speak at most.")

    static let speakerNames = Field.texts(
        "known_speaker_names[]", countMax: channelsMax, lengthMax: 64,
        "Who speaks: with channels=split in each channel, in order; else whose voices "
            + "known_speaker_references hold. Others are A, B, ….")

    static let speakerReferences = Field.texts(
        "known_speaker_references[]", countMax: channelsMax, lengthMax: 4 << 20,
        "With diarize, a recording of each known speaker's voice as a data URL, 2 to "
            + "\(SpeakerReferences.secondsMax) seconds.")
}
