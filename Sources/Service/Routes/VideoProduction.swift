import EngineAPI

/// Makes one video: the voice goes into an engine's session, its frames and the voice into an
/// encoder, whose bytes leave. Used by one task at a time; whoever made it closes it.
///
/// A streamed video's frames leave as soon as they are known. A whole one reads all of its voice
/// first, so that audio which is too long costs no drawing and progress knows its end; the audio is
/// kept encoded until then.
actor VideoProduction {
    typealias Deliver = @Sendable ([UInt8]) async throws(EngineError) -> Void

    /// What was made, and how long each stage took.
    struct Report: Sendable {
        var frames: Int
        var canvas: AnimationCanvas
        var seconds: Double
    }

    nonisolated let session: any AnimationSession
    private var settings: VideoSettings
    private let codec: any MediaCoding
    private let work: WorkContext
    private let deliver: Deliver
    private var encoder: (any VideoEncoding)?
    /// Samples that came and were given to no frame yet.
    private var samples: [Float] = []
    private var samplesGiven = 0
    private var framesDone = 0
    /// One that is drawn over next.
    private var usedFrame: VideoFrame?
    /// How long others waited for a piece of the voice to be taken.
    private(set) var busyTime = Duration.zero
    /// The error was the session's, the encoder's or the client's, not the voice's.
    private(set) var hasFailed = false

    /// - settings: but for the session's size and the voice's rate.
    init(
        _ session: any AnimationSession, _ settings: VideoSettings, codec: any MediaCoding,
        work: WorkContext, deliver: @escaping Deliver
    ) {
        self.session = session
        self.codec = codec
        self.work = work
        self.deliver = deliver
        var settings = settings
        (settings.width, settings.height) = (session.canvas.width, session.canvas.height)
        self.settings = settings
    }

    /// Takes the next piece of the voice. A streamed video's frames leave meanwhile.
    func add(_ piece: VoicePiece) async throws(EngineError) {
        let started = ContinuousClock.now
        defer { busyTime += .now - started }
        try await failing { production throws(EngineError) in try await production.take(piece) }
    }

    private func take(_ piece: VoicePiece) async throws(EngineError) {
        try work.check()
        // As it came, at the session's rate, and what waits for its frames.
        let bytes = piece.clip.samples.count * MemoryLayout<Float>.stride * 3
        try work.memory.charge(bytes)
        defer { work.memory.release(bytes) }
        let encoder = try encoder(sampleRateHz: piece.clip.sampleRateHz)
        if settings.isStreamed {
            try await session.add(piece)
            samples += piece.clip.samples
            try await draw(of: nil, encoder)
        } else {
            // Side by side: nothing is drawn yet.
            let audio = Task { () async -> Result<Void, EngineError> in
                await Result { () async throws(EngineError) in
                    try await encoder.add(piece.clip.samples)
                }
            }
            let added = await Result { () async throws(EngineError) in try await session.add(piece)
            }
            try await audio.value.get()
            try added.get()
        }
        // The next piece may take its time.
        await session.pause()
    }

    /// The voice ends here; returns when the last bytes have left.
    func finish() async throws(EngineError) -> Report {
        try await failing { production throws(EngineError) in try await production.end() }
        return Report(
            frames: framesDone, canvas: session.canvas,
            seconds: Double(framesDone) / Double(settings.framesPerSecond))
    }

    private func end() async throws(EngineError) {
        try await session.finish()
        let encoder = try encoder(sampleRateHz: settings.sampleRateHz)
        try await draw(of: await session.frameCount, encoder)
        try await encoder.add(samples)
        try await send(try await encoder.finish())
    }

    /// A frame that is being encoded with its audio.
    private struct Encoding {
        let frame: VideoFrame
        let bytes: Task<Result<[UInt8], EngineError>, Never>
    }

    /// Draws and encodes all frames that are known: the next is taken while one is encoded.
    private func draw(of total: Int?, _ encoder: any VideoEncoding) async throws(EngineError) {
        var encoding: Encoding?
        do throws(EngineError) {
            while let frame = try await session.next(reusing: takeUsedFrame()) {
                if let current = encoding {
                    encoding = nil
                    try await end(current, of: total)
                }
                encoding = encode(frame, encoder)
            }
        } catch {
            // Nobody may close an encoder that is at work.
            _ = await encoding?.bytes.value
            throw error
        }
        if let encoding { try await end(encoding, of: total) }
    }

    private func takeUsedFrame() -> VideoFrame? {
        defer { usedFrame = nil }
        return usedFrame
    }

    private func encode(_ frame: VideoFrame, _ encoder: any VideoEncoding) -> Encoding {
        let samples = samplesOfFrame(frame.index)
        return Encoding(
            frame: frame,
            bytes: Task {
                await Result { () async throws(EngineError) in
                    if !samples.isEmpty { try await encoder.add(samples) }
                    return try await encoder.add(frame)
                }
            })
    }

    private func end(_ encoding: Encoding, of total: Int?) async throws(EngineError) {
        let bytes = try await encoding.bytes.value.get()
        usedFrame = encoding.frame
        try work.check()
        framesDone += 1
        work.report(framesDone, of: total, .frames)
        try await send(bytes)
    }

    /// The samples that are heard while a frame is seen, where there are so many.
    private func samplesOfFrame(_ index: Int) -> [Float] {
        let end = (index + 1) * settings.sampleRateHz / settings.framesPerSecond
        let count = min(end - samplesGiven, samples.count)
        guard count > 0 else { return [] }
        defer { samples.removeFirst(count) }
        samplesGiven += count
        return Array(samples[..<count])
    }

    private func send(_ bytes: [UInt8]) async throws(EngineError) {
        guard !bytes.isEmpty else { return }
        // A slow client must not hold others up.
        if settings.isStreamed { await session.pause() }
        try await deliver(bytes)
    }

    private func encoder(sampleRateHz: Int) throws(EngineError) -> any VideoEncoding {
        if let encoder { return encoder }
        settings.sampleRateHz = sampleRateHz
        let made = try codec.videoEncoder(settings, work: work)
        encoder = made
        return made
    }

    private func failing(
        _ body: (isolated VideoProduction) async throws(EngineError) -> Void
    ) async throws(EngineError) {
        do throws(EngineError) {
            try await body(self)
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// Ends the threads of both; returns the time of each stage.
    func close() async -> [StageTime] {
        let stages = await session.close()
        guard let encoder else { return stages }
        let time = await encoder.close()
        return stages + [StageTime(name: "encode", milliseconds: time / .milliseconds(1))]
    }
}

extension Result where Failure == EngineError, Success: Sendable {
    fileprivate init(
        _ body: @Sendable () async throws(EngineError) -> Success
    ) async {
        do throws(EngineError) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
