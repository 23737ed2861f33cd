import EngineAPI
import Execution
import HTTPWire

extension AvatarService {
    /// `POST /animate`: a portrait, and a voice as sound or as text.
    func animate(_ fields: RequestFields) throws(Problem) -> RouteWork {
        let options = try animationOptions(fields)
        let image = fields.file("image", "source_image", "input_image")?.bytes ?? []
        guard !image.isEmpty else {
            throw Problem(
                400, "field-missing", "Send the portrait in the multipart field \"image\".",
                field: "image")
        }
        // Forms send what was not filled in as nothing.
        let sound = fields.file("audio", "driven_audio", "input_audio")?.bytes ?? []
        let audio = sound.isEmpty ? nil : sound
        let hasText = fields.text("text", "input")?.isEmpty == false
        guard (audio != nil) != hasText else {
            throw Problem(
                400, "field-missing", "Send one of \"audio\" and \"text\".", field: "audio")
        }
        // A sound needs no manner of speaking, but one that is told must be good.
        _ = try speechManner(fields)
        let order = hasText ? try speechOrder(fields) : nil
        return { [self] answer async throws(Problem) in
            try await animate(image, audio: audio, order: order, options, answer)
        }
    }

    private func animate(
        _ image: [UInt8], audio: [UInt8]?, order: SpeechOrder?, _ options: AnimationOptions,
        _ answer: RouteAnswer
    ) async throws(Problem) {
        let context = answer.context
        let isStreamed = options.isStreamed
        let sideMax = settings.portraitSideMax
        let codec = engines.codec
        let portrait = try await mapping(field: "image") { () async throws(EngineError) in
            try await context.timed("decode") { () async throws(EngineError) in
                try await codec.decodePicture(image, sideMax: sideMax, work: context.work)
            }
        }
        let voice = try await voice(audio: audio, order: order, context)
        let start = ContinuousClock.now
        let film = Mutex<[UInt8]>([])
        let animator = engines.animator
        let job = AnimationOrder(
            portrait: portrait, voice: voice.clip, visemes: voice.visemes, options: options)
        let report = try await mapping { () async throws(EngineError) in
            try await animator.animate(job, work: context.work) { piece throws(EngineError) in
                guard isStreamed else { return film.withLock { $0 += piece } }
                if !answer.isBegun { await answer.begin(type: "video/mp4") }
                try await answer.write(piece)
            }
        }
        metrics.made(videoSeconds: report.seconds)
        for stage in report.stages { context.add(stage) }
        if isStreamed { return await answer.end() }
        await answer.send(
            filmResponse(film.withLock { $0 }, report, since: start))
    }

    private func filmResponse(
        _ film: [UInt8], _ report: AnimationReport, since start: ContinuousClock.Instant
    ) -> Response {
        var response = Response(
            status: 200, type: "video/mp4", body: film,
            fields: [
                ("X-Realtime-Factor", realtimeFactor(since: start, mediaSeconds: report.seconds)),
                ("X-Video-Frames", String(report.frames)),
                ("X-Video-Size", "\(report.width)x\(report.height)"),
            ])
        if report.facesSeen > 1 {
            response.head.add(
                "Warning",
                "299 - \"\(report.facesSeen) faces seen; the largest speaks, or choose one with face=x,y\""
            )
        }
        return response
    }

    /// The sound, and the mouth's shapes where the voice knows them.
    private func voice(
        audio: [UInt8]?, order: SpeechOrder?, _ context: RequestContext
    ) async throws(Problem) -> (clip: AudioClip, visemes: [TimedViseme]?) {
        let secondsMax = settings.videoSecondsMax
        if let audio {
            let codec = engines.codec
            let clip = try await mapping(field: "audio") { () async throws(EngineError) in
                try await context.timed("audio") { () async throws(EngineError) in
                    try await codec.decodeAudio(
                        audio, sampleRateHz: 24_000, secondsMax: secondsMax, work: context.work)
                }
            }
            guard clip.seconds >= 0.1 else {
                throw Problem(
                    422, "audio-too-short", "The audio is too short to be animated.",
                    field: "audio", limit: "0.1 s")
            }
            return (clip, nil)
        }
        let spoken = Mutex((samples: [Float](), rate: 24_000, visemes: [TimedViseme]()))
        let speaker = engines.speaker
        let order = order!
        try await mapping(field: "text") { () async throws(EngineError) in
            try await context.timed("speak") { () async throws(EngineError) in
                try await speaker.speak(order, work: context.work) { clause throws(EngineError) in
                    let seconds = spoken.withLock { spoken in
                        spoken.samples += clause.clip.samples
                        spoken.rate = clause.clip.sampleRateHz
                        spoken.visemes += clause.visemes
                        return Double(spoken.samples.count) / Double(spoken.rate)
                    }
                    if seconds > secondsMax { throw .audioTooLong(secondsMax: secondsMax) }
                }
            }
        }
        let all = spoken.withLock { $0 }
        return (AudioClip(samples: all.samples, sampleRateHz: all.rate), all.visemes)
    }

    private enum Size: String, CaseIterable {
        case s256 = "256"
        case s384 = "384"
        case s512 = "512"
        case s768 = "768"
        case s1024 = "1024"
    }

    private enum FilmFormat: String, CaseIterable { case mp4 }

    private enum AnimationEngine: String, CaseIterable { case mesh }

    private func animationOptions(_ fields: RequestFields) throws(Problem) -> AnimationOptions {
        var options = AnimationOptions()
        _ = try fields.choice("engine", default: AnimationEngine.mesh)
        _ = try fields.choice("response_format", default: FilmFormat.mp4)
        options.sidePixels = Int(try fields.choice("size", default: Size.s512).rawValue)!
        options.framesPerSecond = try fields.integer("fps", default: 25, in: 12...60)
        options.framing = try fields.choice(
            "preprocess", default: AnimationOptions.Framing.full)
        options.isStill = try fields.flag("still", default: false)
        options.expressionScale = try fields.number("expression_scale", default: 1, in: 0...2)
        options.poseStyle = try fields.integer("pose_style", default: 0, in: 0...45)
        options.blinks = try fields.flag("blink", default: true)
        options.seed = UInt64(
            try fields.integer("seed", default: 0, in: 0...RequestFields.wholeMax))
        options.isStreamed = try fields.flag("stream", default: false)
        if let text = fields.text("face"), !text.isEmpty {
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
                .map(coordinate)
            guard numbers.count == 2, let x = numbers[0], let y = numbers[1] else {
                throw Problem(
                    400, "bad-field", "The field must be a point in pixels.", field: "face",
                    limit: "x,y", got: text)
            }
            options.facePoint = AnimationOptions.FacePoint(x: x, y: y)
        }
        return options
    }
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
