import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire

extension AvatarService {
    /// `POST /animate`: a portrait, and a voice as audio or as text.
    func animate(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        var options = try animationOptions(fields)
        let image = try fields[AnimationFields.image] ?? []
        guard !image.isEmpty else {
            throw Problem(
                .fieldMissing, "Send the portrait in the multipart field \"image\".",
                field: "image")
        }
        // Forms send what was not filled in as nothing.
        let audio = try fields[AnimationFields.audio] ?? []
        let voiceFile = audio.isEmpty ? nil : audio
        let hasText = try fields[AnimationFields.text]?.isEmpty == false
        guard (voiceFile != nil) != hasText else {
            throw Problem(
                .fieldMissing, "Send one of \"audio\" and \"text\".", field: "audio")
        }
        // Audio needs no fields of speech, but those that are sent must be valid.
        _ = try speechManner(fields)
        let request = hasText ? try speechOrder(fields) : nil
        let source = VideoSource(
            image: image, audio: voiceFile, request: request,
            references: References(
                pose: try fields[AnimationFields.refPose],
                eyeblink: try fields[AnimationFields.refEyeblink]),
            engine: try talkingHead(fields), format: try fields[AnimationFields.format])
        options.framesPerSecond = min(options.framesPerSecond, source.format.framesPerSecondMax)
        if engines.signer?.canSign(source.format.mediaType) == true, settings.holdsStreams {
            options.isStreamed = false
        }
        let reportsProgress = try fields[AnimationFields.progress]
        guard !(reportsProgress && options.isStreamed) else {
            throw Problem(
                .fieldsConflict,
                "Progress ends with the whole video: it can't be streamed too.",
                field: "progress", limit: "false with stream", got: "true")
        }
        let settled = options
        return { [self] writer async throws(Problem) in
            tellUnsigned(
                source.format.mediaType, isStream: settled.isStreamed, writer.context)
            if reportsProgress {
                try await animateTelling(source, settled, writer)
            } else {
                try await animate(source, settled, writer)
            }
        }
    }

    /// What a video is made from, as it came, and by whom.
    private struct VideoSource: Sendable {
        let image: [UInt8]
        let audio: [UInt8]?
        let request: SpeechRequest?
        let references: References
        let engine: any TalkingHeadEngine
        let format: VideoFormat
    }

    /// A video that is whole.
    private struct WholeVideo: Sendable {
        let bytes: [UInt8]
        let format: VideoFormat
        let report: VideoProduction.Report
        /// As a header's value.
        let realtimeFactor: String

        var warning: String? { AvatarService.facesWarning(report.canvas.facesSeen) }
    }

    /// A header's value (RFC 7234 §5.5) where a portrait shows several faces.
    private static func facesWarning(_ count: Int) -> String? {
        guard count > 1 else { return nil }
        return "299 - \"\(count) faces seen; the largest speaks, or choose one with face=x,y\""
    }

    private func animate(
        _ source: VideoSource, _ options: AnimationOptions, _ writer: ResponseWriter
    ) async throws(Problem) {
        guard options.isStreamed else {
            let video = try await wholeVideo(source, options, writer.context, writer.context.work)
            return await writer.send(videoResponse(video))
        }
        _ = try await make(source, options, writer.context, writer.context.work) {
            (piece, canvas) throws(EngineError) in
            if !writer.isBegun {
                let warning = Self.facesWarning(canvas.facesSeen)
                await writer.begin(
                    type: source.format.mediaType,
                    fields: warning.map { [("Warning", $0)] } ?? [])
            }
            try await writer.write(piece)
        }
        await writer.end()
    }

    /// Server-sent events with the frames that are done, at most some ten a second, then one with
    /// the video. A client that leaves stops the work.
    private func animateTelling(
        _ source: VideoSource, _ options: AnimationOptions, _ writer: ResponseWriter
    ) async throws(Problem) {
        let context = writer.context
        // Only the newest is kept: a slow reader gets fewer.
        let (steps, reported) = AsyncStream.makeStream(
            of: WorkProgress.self, bufferingPolicy: .bufferingNewest(1))
        let work = context.work.observed { reported.yield($0) }
        let making = Task { () async -> Result<WholeVideo, Problem> in
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
                // The client has gone: the work ends, and throws that it was cancelled.
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

    private func videoFields(_ video: WholeVideo, _ context: RequestContext) -> [String:
        JSONValue]
    {
        var fields: [String: JSONValue] = [
            "video": .string(Data(video.bytes).base64EncodedString()),
            "content_type": .string(video.format.mediaType),
            "frames": .number(Double(video.report.frames)),
            "width": .number(Double(video.report.canvas.width)),
            "height": .number(Double(video.report.canvas.height)),
            "seconds": .number(video.report.seconds),
            "server_timing": .string(context.serverTiming),
        ]
        fields["warning"] = video.warning.map(JSONValue.string)
        return fields
    }

    private func wholeVideo(
        _ source: VideoSource, _ options: AnimationOptions, _ context: RequestContext,
        _ work: WorkContext
    ) async throws(Problem) -> WholeVideo {
        let start = ContinuousClock.now
        let video = Mutex<[UInt8]>([])
        let report = try await make(source, options, context, work) {
            (piece, _) throws(EngineError) in
            // A whole video comes in one piece, which then isn't copied.
            video.withLock { video in
                if video.isEmpty { video = piece } else { video += piece }
            }
        }
        let made = video.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
        let signing = signing(source.format.mediaType, claim(source))
        let bytes = try await mapping { () async throws(EngineError) in
            try await signed(made, signing, context)
        }
        return WholeVideo(
            bytes: bytes, format: source.format, report: report,
            realtimeFactor: realtimeFactor(since: start, mediaSeconds: report.seconds))
    }

    private func claim(_ source: VideoSource) -> ProvenanceClaim {
        ProvenanceClaim(
            source: .composite, engine: source.engine.id,
            models: source.request.map { speechClaim($0).models } ?? [])
    }

    /// Reads the portrait and the voice, and makes the video.
    private func make(
        _ source: VideoSource, _ options: AnimationOptions, _ context: RequestContext,
        _ work: WorkContext,
        deliver: @escaping @Sendable ([UInt8], AnimationCanvas) async throws(EngineError) -> Void
    ) async throws(Problem) -> VideoProduction.Report {
        let (sideMax, codec) = (settings.portraitSideMax, engines.codec)
        // Its first sound is made while the portrait is read and taken apart.
        let speech = try await speech(source.request, context)
        let portrait = try await mapping(field: "image") { () async throws(EngineError) in
            try await context.timed("decode") { () async throws(EngineError) in
                try await codec.decodeImage(source.image, sideMax: sideMax, work: work)
            }
        }
        var video = VideoSettings()
        video.format = source.format
        video.framesPerSecond = options.framesPerSecond
        video.isStreamed = options.isStreamed
        var recording: Recording?
        if let audio = source.audio {
            recording = try await Recording(audio, codec, secondsMax(source), context)
        }
        var imitating = options
        try await source.references.read(into: &imitating, source.engine, codec, context)
        let settled = imitating
        let session = try await mapping { () async throws(EngineError) in
            try await source.engine.open(portrait, settled, work: work)
        }
        let canvas = session.canvas
        let production = VideoProduction(session, video, codec: codec, work: work) {
            piece throws(EngineError) in try await deliver(piece, canvas)
        }
        let result: Result<VideoProduction.Report, Problem>
        do throws(Problem) {
            if let recording {
                try await recording.read(into: production, isStreamed: options.isStreamed)
            } else if let speech {
                try await speech.read(into: production, secondsMax: secondsMax(source), context)
            }
            recording = nil
            result = .success(
                try await mapping { () async throws(EngineError) in try await production.finish() })
        } catch {
            result = .failure(error)
        }
        for stage in await production.close() { context.add(stage) }
        let report = try result.get()
        metrics.made(videoSeconds: report.seconds)
        return report
    }

    private func secondsMax(_ source: VideoSource) -> Double {
        min(settings.videoSecondsMax, source.format.secondsMax)
    }

    private func speech(
        _ request: SpeechRequest?, _ context: RequestContext
    ) async throws(Problem) -> AnimatedSpeech? {
        guard let request else { return nil }
        return try await AnimatedSpeech(request, engines.speaker, context)
    }

    private func videoResponse(_ video: WholeVideo) -> Response {
        var response = Response(
            status: 200, type: video.format.mediaType, body: video.bytes,
            fields: [
                ("X-Realtime-Factor", video.realtimeFactor),
                ("X-Video-Frames", String(video.report.frames)),
                ("X-Video-Size", "\(video.report.canvas.width)x\(video.report.canvas.height)"),
            ])
        if let warning = video.warning { response.head.add("Warning", warning) }
        return response
    }

    private func talkingHead(_ fields: RequestFields) throws(Problem) -> any TalkingHeadEngine {
        let id = try fields[AnimationFields.engine]
        do throws(EngineError) {
            return try engines.talkingHeads.engine(id)
        } catch {
            throw Problem(error)
        }
    }

    private func animationOptions(_ fields: RequestFields) throws(Problem) -> AnimationOptions {
        var options = AnimationOptions()
        options.sidePixels = try fields[AnimationFields.size].pixels
        options.framesPerSecond = try fields[AnimationFields.fps]
        options.framing = try fields[AnimationFields.preprocess]
        options.isStill = try fields[AnimationFields.still]
        options.expressionScale = try fields[AnimationFields.expressionScale]
        options.expression = try fields[AnimationFields.expression]
        options.expressionIntensity = try fields[AnimationFields.expressionIntensity]
        options.poseStyle = try fields[AnimationFields.poseStyle]
        options.headPath.yaw = try fields[AnimationFields.headYaw]
        options.headPath.pitch = try fields[AnimationFields.headPitch]
        options.headPath.roll = try fields[AnimationFields.headRoll]
        options.blinks = try fields[AnimationFields.blink]
        options.seed = UInt64(try fields[AnimationFields.seed])
        options.isStreamed = try fields[AnimationFields.stream]
        options.background = try fields[AnimationFields.background]
        options.facePoint = try fields[AnimationFields.face]
        options.enhancer = try fields[AnimationFields.enhancer]
        guard options.headPath.isEmpty || !options.isStreamed else {
            throw Problem(
                .fieldsConflict,
                "Turns are spread over the whole video: how long it is, is not known while it "
                    + "is streamed.",
                field: "stream", limit: "false with head_yaw, head_pitch or head_roll", got: "true")
        }
        return options
    }
}
