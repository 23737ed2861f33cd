import EngineAPI

extension TranscriptionRequest {
    /// What a request's fields ask for.
    /// - translates: nil where the fields say it.
    init(
        _ fields: RequestFields, _ dialect: APIFlavor, translates: Bool?
    ) throws(Problem) {
        self.init()
        language = try fields[TranscriptionFields.language]
        languages = language == nil ? try fields[TranscriptionFields.languages] : []
        // One that is alone is the one that is spoken.
        if Set(languages).count == 1 {
            language = languages[0]
            languages = []
        }
        characters = try fields[TranscriptionFields.characters]
        if characters == .simplified {
            characters = try fields[TranscriptionFields.charactersOfSeveral]
        }
        isTranslation =
            if let translates {
                translates
            } else if dialect == .whisperCpp {
                try fields[TranscriptionFields.translate]
            } else {
                try fields[TranscriptionFields.task] == .translate
            }
        prompt = PromptText.joined(
            try fields[TranscriptionFields.prompt] ?? "",
            keywords: try fields[TranscriptionFields.keywords])
        temperature = try fields[TranscriptionFields.temperature]
        if let named = try fields[TranscriptionFields.model],
            dialect != .openAI || !OpenAIModels.isNamed(named, in: OpenAIModels.transcription)
        {
            model = named
        }
        detectsSpeech = try fields[TranscriptionFields.vad]
        if let chunking = try fields[TranscriptionFields.chunking] { detection = chunking }
    }
}

extension TranscriptShape {
    /// What a request's fields ask for.
    init(
        _ fields: RequestFields, _ dialect: APIFlavor, _ request: TranscriptionRequest
    ) throws(Problem) {
        if fields.has(TranscriptionFields.granularities.facts) {
            granularities = Set(try fields[TranscriptionFields.granularities])
        }
        self.dialect = dialect
        task = request.isTranslation ? "translate" : "transcribe"
        captions = try CaptionLimits(fields)
        hasLogprobs = try fields[TranscriptionFields.include].contains("logprobs")
        model = try fields[TranscriptionFields.model] ?? ""
        promptCharacters = request.prompt.unicodeScalars.count
    }
}

/// What of the fields has no effect beside the others, in words.
func transcriptionRemarks(
    _ fields: RequestFields, _ format: TranscriptFormat
) throws(Problem) -> [String] {
    typealias Known = TranscriptionFields
    var remarks: [String] = []
    let isStreamed = try fields[Known.stream]
    if isStreamed, ![.json, .text, .diarized_json].contains(format) {
        remarks.append("events tell the text: response_format has no effect with stream")
    } else if !isStreamed {
        if fields.has(Known.include.facts), format != .json {
            remarks.append("include[]=logprobs has an effect with response_format=json only")
        }
        if fields.has(Known.granularities.facts), format != .verbose_json, format != .json {
            remarks.append("timestamp_granularities has an effect with json and verbose_json only")
        }
    }
    if isStreamed || !format.hasCaptions,
        fields.has(Known.lineLength.facts) || fields.has(Known.linesMax.facts)
    {
        remarks.append("max_line_length and max_lines have an effect on captions only")
    }
    if try fields[Known.language] != nil, fields.has(Known.languages.facts) {
        remarks.append("languages has no effect beside language")
    }
    if try !fields[Known.vad], try fields[Known.chunking] != nil {
        remarks.append("chunking_strategy has no effect with vad=false")
    }
    return remarks + (try speakerRemarks(fields, format))
}

/// What of the fields of speakers has no effect, in words.
private func speakerRemarks(
    _ fields: RequestFields, _ format: TranscriptFormat
) throws(Problem) -> [String] {
    typealias Known = TranscriptionFields
    let isSplit = try fields[Known.channels] == .split
    let isAsked = try fields[Known.diarize]
    let tellsVoices = !isSplit && (isAsked || format == .diarized_json)
    var remarks: [String] = []
    if isSplit, isAsked {
        remarks.append("diarize has no effect with channels=split: each channel is a speaker")
    }
    if !tellsVoices {
        let passedOver = [
            Known.speakers.facts, Known.speakersMax.facts, Known.speakerReferences.facts,
        ].filter(fields.has).map(\.bareName)
        if !passedOver.isEmpty {
            remarks.append(
                passedOver.joined(separator: ", ") + ": no effect without diarize or diarized_json")
        }
    }
    if fields.has(Known.speakerNames.facts), !isSplit,
        !tellsVoices || !fields.has(Known.speakerReferences.facts)
    {
        remarks.append(
            "known_speaker_names has an effect with channels=split, and with diarize where "
                + "known_speaker_references has a recording of each voice")
    }
    return remarks
}
