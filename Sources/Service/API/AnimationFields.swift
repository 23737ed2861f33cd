import EngineAPI

/// Fields of `/animate`.
enum AnimationFields {
    static let image = Field.file(
        "image",
        "The portrait: png, jpeg, webp, bmp, gif, heic; up to 4096×4096, jpeg and heic up to 16384×16384. "
            + "Also source_image.",
        isRequired: true, aliases: ["source_image", "input_image"])

    static let audio = Field.file(
        "audio", "The voice as audio. Also driven_audio. This or text.",
        aliases: ["driven_audio", "input_audio"])

    static let size = Field.choice(
        "size", default: VideoSize.s512, "Pixels of the longer side.")

    static let fps = Field.whole("fps", 12...60, default: 25, "Frames a second.")

    static let preprocess = Field.choice(
        "preprocess", default: AnimationOptions.Framing.full,
        "The whole image, the face's square, or the image squeezed to a square; sadtalker draws "
            + "the face into the whole image, its crop, or all of the image at once.")

    static let still = Field.flag("still", default: false, "Hold the head still.")

    static let blink = Field.flag("blink", default: true, "Blink.")

    static let expressionScale = Field.number(
        "expression_scale", 0...2, default: 1, "How much the face moves.")

    static let expression = Field.choice(
        "expression", default: AnimationOptions.FacialExpression.neutral,
        "What the face shows beside speech.")

    static let expressionIntensity = Field.number(
        "expression_intensity", 0...1, default: 1, "How strongly it shows.")

    // pitch alone is the voice's; SadTalker's users know the other names.
    static let headYaw = degrees(
        "head_yaw", "Turns of the head to the image's left", aliases: ["yaw", "input_yaw"])
    static let headPitch = degrees("head_pitch", "Nods down", aliases: ["input_pitch"])
    static let headRoll = degrees(
        "head_roll", "Leanings to the image's right", aliases: ["roll", "input_roll"])

    /// At most so many turns of one axis.
    private static let turnsMax = 512

    /// Degrees, joined by lines over the whole video; none leaves the axis to the voice.
    private static func degrees(
        _ name: String, _ what: String, aliases: [String]
    ) -> Field<[Double]> {
        let number = #"[-+]?([0-8]?[0-9](\.[0-9]{1,4})?|90)"#
        var facts = APIField(
            name, .text,
            "\(what), degrees, spread over the video: \"-8 4 0\". Not with stream. sadtalker "
                + "takes them as its own angles.",
            pattern: "^(\(number)([ ,]+\(number)){0,\(turnsMax - 1)})?$", aliases: aliases)
        facts.whenEmpty = .absent
        return Field(facts, default: []) { text, facts throws(Problem) in
            let parts = text.split { $0 == "," || $0 == " " }
            let numbers = parts.prefix(turnsMax + 1).map { Double($0) ?? .nan }
            guard (1...turnsMax).contains(numbers.count), numbers.allSatisfy({ abs($0) <= 90 })
            else {
                throw Problem(
                    facts, "The field must be degrees, parted by blanks or commas.",
                    limit: "1 to \(turnsMax) numbers, -90…90", got: text)
            }
            return numbers
        }
    }

    static let poseStyle = Field.whole(
        "pose_style", 0...45, default: 0, "Which way the head moves.")

    /// Which one of several faces.
    static let face: Field<AnimationOptions.FacePoint?> = {
        var facts = APIField(
            "face", .text, "x,y in pixels: which one of several.",
            pattern: #"^([0-9]{1,5}(\.[0-9]{1,5})?,[0-9]{1,5}(\.[0-9]{1,5})?)?$"#)
        facts.whenEmpty = .absent
        return Field(facts, default: nil) { text, facts throws(Problem) in
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
                .map(coordinate)
            guard numbers.count == 2, let x = numbers[0], let y = numbers[1] else {
                throw Problem(
                    facts, "The field must be a point in pixels.", limit: "x,y", got: text)
            }
            return AnimationOptions.FacePoint(x: x, y: y)
        }
    }()

    /// What takes the place of what is behind the person; nil keeps it.
    static let background: Field<AnimationOptions.Colour?> = {
        var facts = APIField(
            "background", .text,
            "keep, or an opaque CSS colour that takes the place of what is behind the person.",
            pattern: CSSColour.pattern)
        facts.whenEmpty = .absent
        return Field(facts, default: nil) { text, facts throws(Problem) in
            if text == "keep" { return nil }
            guard let colour = CSSColour.parse(text) else {
                throw Problem(
                    facts, "The field must be \"keep\" or an opaque CSS colour.",
                    limit: "keep, #rrggbb, rgb(r,g,b), hsl(h,s%,l%) or a name", got: text)
            }
            return colour
        }
    }()

    static let refPose = Field.file(
        "ref_pose",
        "A short video (mp4, mov, webm, mkv, gif) whose head this one moves as: ten seconds of it "
            + "at most, 1280 pixels a side, over and over; mesh, which can turn less, goes to and "
            + "fro through them. still holds the head all the same.")

    static let refEyeblink = Field.file(
        "ref_eyeblink",
        "A short video, as ref_pose's, whose eyes and face take the place of the portrait's own "
            + "and of its blinks. sadtalker's alone.")

    static let enhancer = Field.choice(
        "enhancer", default: AnimationOptions.Enhancer.none,
        "face: the face of each frame is restored by the network that the operator brought, "
            + "enhancer/face.onnx; slow without a GPU.")

    static let seed = SpeechFields.seed.described("The same seed, the same video.")

    static let stream = Field.flag(
        "stream", default: false,
        "Fragments that leave while they are made, from the first second of the voice on; "
            + "the mouth is read from audio by a smaller model, which listens 0.1 s ahead. "
            + "sadtalker hears all of the voice first."
    )
    .withoutOption

    static let engine = Field.text(
        "engine", "What draws: an id of /engines; the first where none is named.")

    static let format = Field.choice(
        "response_format", default: VideoFormat.mp4,
        "H.264 and AAC, VP8 and Opus, or images without audio: at most 20 a second and a minute.")

    static let progress = Field.flag(
        "progress", default: false,
        "Server-sent events: animate.progress with frames_done, then animate.done with "
            + "the video in base64. Not with stream."
    )
    .withoutOption

    static let text: Field<String?> = {
        var field = SpeechFields.text.described("The voice as words. This or audio.")
        field.facts.isRequired = false
        return field
    }()

    static let all =
        [
            image.facts, audio.facts, text.facts,
            SpeechFields.voice.withoutID.described("An id of /voices, for text.").facts,
            SpeechFields.speed.described("Rate of speech, for text.").facts,
        ] + SpeechFields.manner + [
            size.facts, fps.facts, preprocess.facts, still.facts, blink.facts,
            expressionScale.facts, expression.facts, expressionIntensity.facts, poseStyle.facts,
            headYaw.facts, headPitch.facts, headRoll.facts, refPose.facts, refEyeblink.facts,
            face.facts, background.facts,
            enhancer.facts, seed.facts,
            stream.facts, engine.facts, format.facts, progress.facts,
        ]
}

/// Pixels of a video's longer side.
enum VideoSize: String, CaseIterable {
    case s256 = "256"
    case s384 = "384"
    case s512 = "512"
    case s768 = "768"
    case s1024 = "1024"

    var pixels: Int { Int(rawValue) ?? 512 }
}

/// Pixels: up to five digits, and up to five more after a point.
private func coordinate(_ text: Substring) -> Double? {
    let parts = String(text).trimmingBlanks().split(
        separator: ".", omittingEmptySubsequences: false)
    let areDigits = parts.allSatisfy {
        (1...5).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    return areDigits && parts.count <= 2 ? Double(parts.joined(separator: ".")) : nil
}
