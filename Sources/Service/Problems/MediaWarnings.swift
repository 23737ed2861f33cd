import EngineAPI

extension RequestContext {
    /// Values of `Warning` headers (RFC 7234 §5.5): what is known so far of the request's media,
    /// and fields that have no effect.
    var warnings: [String] {
        let texts =
            work.notes.all.map(Self.text) + work.notes.ofSpeech.map(Self.text)
            + toldRemarks + (ignoredText.map { [$0] } ?? [])
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
        let reported = names.map { "'\($0)'" } + (rest > 0 ? ["\(rest) more"] : [])
        return "fields without effect here: " + reported.joined(separator: ", ")
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
        case .streamUnsigned:
            "a stream bears no Content Credentials: it leaves before it is whole"
        case .formatUnsigned:
            "this format bears no Content Credentials: wav, mp3, flac, mp4 and gif do"
        case .personNotFound:
            "the person is not told from the background; the head moves less"
        case .eyesLeftAlone:
            "the eyes are shut, lowered or covered, or no lid would fit them; they do not blink"
        case .turnsCut:
            "the head was to turn further than the portrait shows; it turned as far as it may"
        case .timesPassedOver:
            "the audio has times that cannot be; its sounds were taken to follow one another"
        case .expressionPassedOver:
            "this engine shows no expression beside speech; expression has no effect"
        case .speakerUnheard:
            "nobody speaks in a recording of known_speaker_references; that speaker is not known"
        case .referenceCut:
            "the reference video is longer than 10 s; the rest of it was not read"
        case .poseReferencePassedOver:
            "this engine's head follows no video; ref_pose has no effect"
        case .blinkReferencePassedOver:
            "this engine's eyes follow no video; ref_eyeblink has no effect"
        case .mouthUnderHand:
            "a hand covers the mouth; it stays as it is"
        case .mouthCovered:
            "a mask or another thing covers the mouth; it stays as it is"
        case .handBeforeFace:
            "a hand is before the face; it stays still and the head moves less"
        case .faceFromSide:
            "the face is seen from the side; half of it is not in the portrait"
        case .tongueOut:
            "the tongue is out over the lower lip; the mouth stays as it is"
        }
    }

    private static func text(_ note: SpeechNote) -> String {
        switch note {
        case .elementPassedOver(let name):
            "SSML's \(shown(name)) has no effect here; its text is spoken"
        case .audioNotPlayed:
            "SSML's audio is not fetched; its alternative text is spoken"
        case .readingPassedOver(let kind):
            "say-as \(shown(kind)) is not known here; its text is spoken"
        case .phonemesPassedOver(let alphabet):
            "phonemes in \(shown(alphabet)) that are not known here; the text is read"
        case .voiceMissing(let name):
            "there is no voice \(shown(name)) here; the voice around it speaks"
        case .languageMissing(let language):
            "no voice here speaks \(shown(language)); the voice around it does"
        case .stockVoiceMissing(let name):
            "no male voice is here for \(shown(name)); the default voice speaks"
        case .languageNotVoices(let language):
            "the voice that was named does not speak \(shown(language))"
        }
    }

    /// A client's words go into the header as far as any header may bear them.
    private static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.map { scalar in
            scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7F
                && scalar != "\"" && scalar != "\\" ? Character(scalar) : "?"
        }
        return "'" + String(plain.prefix(64)) + "'"
    }
}
