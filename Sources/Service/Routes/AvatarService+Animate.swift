import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire

extension AvatarService {
    /// `POST /animate`: a portrait, and a voice as audio or as text.
    func animate(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        let options = try animationOptions(fields)
        let image = fields.file("image", "source_image", "input_image")?.bytes ?? []
        guard !image.isEmpty else {
            throw Problem(
                400, "field-missing", "Send the portrait in the multipart field \"image\".",
                field: "image")
        }
        // Forms send what was not filled in as nothing.
        let audio = fields.file("audio", "driven_audio", "input_audio")?.bytes ?? []
        let voiceFile = audio.isEmpty ? nil : audio
        let hasText = fields.text("text", "input")?.isEmpty == false
        guard (voiceFile != nil) != hasText else {
            throw Problem(
                400, "field-missing", "Send one of \"audio\" and \"text\".", field: "audio")
        }
        // Audio needs no manner of speaking, but one that is told must be good.
        _ = try speechManner(fields)
        let request = hasText ? try speechOrder(fields) : nil
        let source = VideoSource(image: image, audio: voiceFile, request: request)
        let reportsProgress = try fields.flag("progress", default: false)
        guard !(reportsProgress && options.isStreamed) else {
            throw Problem(
                422, "fields-conflict",
                "Progress ends with the whole video: it can't be streamed too.",
                field: "progress", limit: "false with stream", got: "true")
        }
        return { [self] writer async throws(Problem) in
            if reportsProgress {
                try await animateTelling(source, options, writer)
            } else {
                try await animate(source, options, writer)
            }
        }
    }

    /// What a video is made from, as it came.
    private struct VideoSource: Sendable {
        let image: [UInt8]
        let audio: [UInt8]?
        let request: SpeechRequest?
    }

    /// A video that is whole.
    private struct VideoEncoder: Sendable {
        let bytes: [UInt8]
        let format: VideoFormat
        let report: AnimationReport
        /// As a header's value.
        let realtimeFactor: String

        var warning: String? { AvatarService.facesWarning(report.facesSeen) }
    }

    /// A header's value (RFC 7234 §5.5) where a portrait shows several faces.
    private static func facesWarning(_ count: Int) -> String? {
        guard count > 1 else { return nil }
        return "299 - \"\(count) faces seen; the largest speaks, or choose one with face=x,y\""
    }

    private func animate(
        _ source: VideoSource, _ options: AnimationOptions, _ writer: ResponseWriter
    ) async throws(Problem) {
        let type = options.format.mediaType
        guard options.isStreamed else {
            let video = try await wholeVideo(source, options, writer.context, writer.context.work)
            return await writer.send(videoResponse(video))
        }
        var job = try await videoOrder(source, options, writer.context)
        let faces = Mutex(1)
        job.onFacesFound = { count in faces.withLock { $0 = count } }
        let report = try await make(job, work: writer.context.work) { piece throws(EngineError) in
            if !writer.isBegun {
                let warning = Self.facesWarning(faces.withLock { $0 })
                await writer.begin(type: type, fields: warning.map { [("Warning", $0)] } ?? [])
            }
            try await writer.write(piece)
        }
        note(report, writer.context)
        await writer.end()
    }

    /// Server-sent events with the frames that are done, at most some ten a second, then one with
    /// the video. A client that leaves stops the work.
    private func animateTelling(
        _ source: VideoSource, _ options: AnimationOptions, _ writer: ResponseWriter
    ) async throws(Problem) {
        let context = writer.context
        // Only the newest is kept: a slow reader hears less often.
        let (steps, reported) = AsyncStream.makeStream(
            of: WorkProgress.self, bufferingPolicy: .bufferingNewest(1))
        let work = context.work.observed { reported.yield($0) }
        let making = Task { () async -> Result<VideoEncoder, Problem> in
            defer { reported.finish() }
            do throws(Problem) {
                return .success(try await wholeVideo(source, options, context, work))
            } catch {
                return .failure(error)
            }
        }
        var next = ContinuousClock.now
        for await step in steps where step.unit == .frames {
            guard ContinuousClock.now >= next else { continue }
            next = .now + .milliseconds(100)
            do throws(EngineError) {
                try await writer.event("animate.progress", progressFields(step))
            } catch {
                work.cancellation.raise()
            }
        }
        let video = try await making.value.get()
        try await mapping { () async throws(EngineError) in
            let frames = video.report.frames
            try await writer.event(
                "animate.progress",
                progressFields(WorkProgress(unit: .frames, done: frames, total: frames)))
            try await writer.event("animate.done", videoFields(video, context))
        }
        await writer.end()
    }

    private func progressFields(_ step: WorkProgress) -> [String: JSONValue] {
        ["frames_done": .number(Double(step.done)), "frames": .number(Double(step.total ?? 0))]
    }

    private func videoFields(_ video: VideoEncoder, _ context: RequestContext) -> [String:
        JSONValue]
    {
        var fields: [String: JSONValue] = [
            "video": .string(Data(video.bytes).base64EncodedString()),
            "content_type": .string(video.format.mediaType),
            "frames": .number(Double(video.report.frames)),
            "width": .number(Double(video.report.width)),
            "height": .number(Double(video.report.height)),
            "seconds": .number(video.report.seconds),
            "server_timing": .string(context.serverTiming),
        ]
        fields["warning"] = video.warning.map(JSONValue.string)
        return fields
    }

    private func wholeVideo(
        _ source: VideoSource, _ options: AnimationOptions, _ context: RequestContext,
        _ work: WorkContext
    ) async throws(Problem) -> VideoEncoder {
        let job = try await videoOrder(source, options, context)
        let start = ContinuousClock.now
        let video = Mutex<[UInt8]>([])
        let report = try await make(job, work: work) { piece throws(EngineError) in
            // A whole video comes in one piece, which then isn't copied.
            video.withLock { video in
                if video.isEmpty { video = piece } else { video += piece }
            }
        }
        note(report, context)
        return VideoEncoder(
            bytes: video.withLock { $0 }, format: options.format,
            report: report,
            realtimeFactor: realtimeFactor(since: start, mediaSeconds: report.seconds))
    }

    private func note(_ report: AnimationReport, _ context: RequestContext) {
        metrics.made(videoSeconds: report.seconds)
        for stage in report.stages { context.add(stage) }
    }

    /// Reads the portrait and the voice.
    private func videoOrder(
        _ source: VideoSource, _ options: AnimationOptions, _ context: RequestContext
    ) async throws(Problem) -> AnimationRequest {
        let sideMax = settings.portraitSideMax
        let codec = engines.codec
        let portrait = try await mapping(field: "image") { () async throws(EngineError) in
            try await context.timed("decode") { () async throws(EngineError) in
                try await codec.decodeImage(source.image, sideMax: sideMax, work: context.work)
            }
        }
        let voice = try await voice(
            source, secondsMax: min(settings.videoSecondsMax, options.format.secondsMax), context)
        return AnimationRequest(
            portrait: portrait, voice: voice.voice, visemes: voice.visemes, options: options)
    }

    private func videoResponse(_ video: VideoEncoder) -> Response {
        var response = Response(
            status: 200, type: video.format.mediaType, body: video.bytes,
            fields: [
                ("X-Realtime-Factor", video.realtimeFactor),
                ("X-Video-Frames", String(video.report.frames)),
                ("X-Video-Size", "\(video.report.width)x\(video.report.height)"),
            ])
        if let warning = video.warning { response.head.add("Warning", warning) }
        return response
    }

    /// The audio, and the mouth's shapes where the voice knows them.
    private func voice(
        _ source: VideoSource, secondsMax: Double, _ context: RequestContext
    ) async throws(Problem) -> (voice: AudioTrack, visemes: [TimedViseme]?) {
        if let audio = source.audio {
            return (try await recordedVoice(audio, secondsMax: secondsMax, context), nil)
        }
        let spoken = Mutex((samples: [Float](), rate: 24_000, visemes: [TimedViseme]()))
        let speaker = engines.speaker
        let request = source.request!
        context.work.notes.add(request.notes)
        try await mapping(field: "text") { () async throws(EngineError) in
            try await context.timed("speak") { () async throws(EngineError) in
                try await speaker.speak(request, work: context.work) { clause throws(EngineError) in
                    // The samples are gathered here and resampled for the mouth and the track.
                    try context.work.memory.charge(
                        clause.clip.samples.count * MemoryLayout<Float>.stride * 3)
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
        let clip = AudioClip(samples: all.samples, sampleRateHz: all.rate)
        return (.clip(clip), all.visemes)
    }

    /// Audio that came, found to be one and long enough.
    private func recordedVoice(
        _ audio: [UInt8], secondsMax: Double, _ context: RequestContext
    ) async throws(Problem) -> AudioTrack {
        let codec = engines.codec
        let least = 1_600
        let (voice, start) = try await mapping(field: "audio") { () async throws(EngineError) in
            try await context.timed("audio") { () async throws(EngineError) in
                let voice = try await codec.audioTrack(
                    audio, secondsMax: secondsMax, work: context.work)
                guard case .file(_, let open) = voice else { return (voice, least) }
                return (voice, try await open(16_000).read(least).count)
            }
        }
        guard start == least else {
            throw Problem(
                422, "audio-too-short", "The audio is too short to be animated.",
                field: "audio", limit: "0.1 s")
        }
        return voice
    }

    /// Makes the video. Audio that turns out to be damaged or too long does so while it is read.
    private func make(
        _ job: AnimationRequest, work: WorkContext,
        deliver: @escaping @Sendable ([UInt8]) async throws(EngineError) -> Void
    ) async throws(Problem) -> AnimationReport {
        let animator = engines.animator
        do throws(EngineError) {
            return try await animator.animate(job, work: work, deliver: deliver)
        } catch {
            var problem = Problem(error)
            switch error {
            case .audioTooLong, .unreadableAudio: problem.field = "audio"
            default: break
            }
            throw problem
        }
    }

    private enum Size: String, CaseIterable {
        case s256 = "256"
        case s384 = "384"
        case s512 = "512"
        case s768 = "768"
        case s1024 = "1024"
    }

    private enum AnimationEngine: String, CaseIterable { case mesh }

    private func animationOptions(_ fields: RequestFields) throws(Problem) -> AnimationOptions {
        var options = AnimationOptions()
        _ = try fields.choice("engine", default: AnimationEngine.mesh)
        options.format = try fields.choice("response_format", default: VideoFormat.mp4)
        options.sidePixels = Int(try fields.choice("size", default: Size.s512).rawValue)!
        options.framesPerSecond = min(
            try fields.integer("fps", default: 25, in: 12...60), options.format.framesPerSecondMax)
        options.framing = try fields.choice(
            "preprocess", default: AnimationOptions.Framing.full)
        options.isStill = try fields.flag("still", default: false)
        options.expressionScale = try fields.number("expression_scale", default: 1, in: 0...2)
        options.poseStyle = try fields.integer("pose_style", default: 0, in: 0...45)
        options.blinks = try fields.flag("blink", default: true)
        options.seed = UInt64(
            try fields.integer("seed", default: 0, in: 0...RequestFields.wholeMax))
        options.isStreamed = try fields.flag("stream", default: false)
        options.background = try background(fields)
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

    private func background(_ fields: RequestFields) throws(Problem) -> AnimationOptions.Colour? {
        guard let text = fields.text("background"), !text.isEmpty, text != "keep" else {
            return nil
        }
        guard let colour = CSSColour.parse(text) else {
            throw Problem(
                400, "bad-field", "The field must be \"keep\" or an opaque CSS colour.",
                field: "background", limit: "keep, #rrggbb, rgb(r,g,b), hsl(h,s%,l%) or a name",
                got: text)
        }
        return colour
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
