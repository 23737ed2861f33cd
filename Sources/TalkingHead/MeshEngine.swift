import EngineAPI
import Execution
import Glibc
import Inference
import Media

/// Animates a portrait by bending a mesh of its face: faster than real time without a GPU.
///
/// The networks are loaded on first use, on the engine's own thread, which also finds the face and
/// reads the audio; each video has its own threads for drawing and encoding.
package actor MeshEngine: Animating {
    /// Files below the models folder that this engine reads.
    package static let files = baseFiles + [wholeClipFile, matteFile]
    /// Read for every video: detector, mesh, the mouth as it streams.
    private static let baseFiles = [
        "face/face_detection.onnx", "face/face_landmarks.onnx", "face/visemes.onnx",
    ]
    /// Read only when a video that isn't streamed is to be made from audio.
    private static let wholeClipFile = "face/visemes_whole.onnx"
    /// Read only when the background is to be replaced.
    private static let matteFile = "face/person_matte.onnx"

    /// The owner joins it after the engine is gone.
    package nonisolated let thread: ThreadExecutor
    private let models: ModelDirectory
    private let openRuntime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let workers: Int
    /// At most three videos for each processor are made at once. A video whose client is slow lends
    /// its place to another meanwhile.
    private let places: ComputePermits
    private var networks: Networks?
    private var offlineVisemeModel: OfflineVisemeModel?
    private var personMatte: PersonSegmenter?

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    private struct Networks {
        let finder: FaceFinder
        let mouth: StreamingVisemeModel
        let backend: Backend
        let bytes: Int
    }

    /// - workers: threads that draw; as many as there are cores.
    package init(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        workers: Int
    ) {
        self.models = models
        openRuntime = runtime
        self.workers = max(workers, 1)
        places = ComputePermits(count: max(workers, 1) * 3)
        thread = ThreadExecutor(name: "mesh")
    }

    isolated deinit {}

    package func prepare() async throws(EngineError) -> EngineReport {
        try thread.ready()
        let started = ContinuousClock.now
        let wasLoaded = networks != nil && offlineVisemeModel != nil && personMatte != nil
        let loaded = try load()
        _ = try loadOfflineVisemeModel()
        _ = try loadPersonMatte()
        return EngineReport(
            models: Self.files, backend: loaded.backend.rawValue,
            loadMilliseconds: wasLoaded ? 0 : (.now - started).milliseconds,
            residentBytes: loaded.bytes)
    }

    private func load() throws(EngineError) -> Networks {
        if let networks { return networks }
        var paths: [String] = []
        for file in Self.baseFiles { paths.append(try models.verified(file)) }
        let runtime = try openRuntime()
        var sessions: [OnnxSession] = []
        for path in paths { sessions.append(try OnnxSession(runtime, modelPath: path)) }
        let made = Networks(
            finder: FaceFinder(
                detector: FaceDetector(sessions[0]), mesher: FaceLandmarker(sessions[1])),
            mouth: try StreamingVisemeModel(sessions[2]), backend: sessions[1].backend,
            // Weights as float32, the encoder's as bytes; activations are small.
            bytes: 18 << 20)
        networks = made
        return made
    }

    private func loadOfflineVisemeModel() throws(EngineError) -> OfflineVisemeModel {
        if let offlineVisemeModel { return offlineVisemeModel }
        // Integer products, which the CPU is best at; and the same shapes whatever else is there.
        let session = try OnnxSession(
            openRuntime(), modelPath: models.verified(Self.wholeClipFile),
            options: OnnxSession.Options(staysOnCPU: true, plansMemory: false))
        let made = OfflineVisemeModel(session)
        offlineVisemeModel = made
        return made
    }

    private func loadPersonMatte() throws(EngineError) -> PersonSegmenter {
        if let personMatte { return personMatte }
        let made = PersonSegmenter(
            try OnnxSession(openRuntime(), modelPath: models.verified(Self.matteFile)))
        personMatte = made
        return made
    }

    /// The model that reads this order's audio: what the order says decides, never the load, so
    /// that the same order gives the same video.
    private func reader(
        _ request: AnimationRequest, _ networks: Networks
    ) throws(EngineError) -> any VisemePredictor {
        guard request.visemes == nil, !request.options.isStreamed else { return networks.mouth }
        return try loadOfflineVisemeModel()
    }

    package func animate(
        _ request: AnimationRequest, work: WorkContext,
        deliver: @escaping @Sendable ([UInt8]) async throws(EngineError) -> Void
    ) async throws(EngineError) -> AnimationReport {
        try thread.ready()
        let place = VideoPlace(places)
        try await place.take(work)
        defer { place.giveBack() }
        // A whole video is delivered once, at its end.
        guard request.options.isStreamed else {
            return try await make(request, work: work, deliver: deliver)
        }
        return try await make(request, work: work) { piece throws(EngineError) in
            place.giveBack()
            try await deliver(piece)
            try await place.take(work)
        }
    }

    private func make(
        _ request: AnimationRequest, work: WorkContext,
        deliver: @escaping @Sendable ([UInt8]) async throws(EngineError) -> Void
    ) async throws(EngineError) -> AnimationReport {
        try work.check()
        let networks = try load()
        let clock = ContinuousClock()
        let started = clock.now
        let point = request.options.facePoint.map { Point2(Float($0.x), Float($0.y)) }
        let found = try networks.finder.find(in: request.portrait, at: point, work: work)
        request.onFacesFound?(found.facesSeen)
        var framed = Framing.frame(request.portrait, found.mesh, request.options)
        if let background = request.options.background {
            let face = framed.points.prefix(Landmark.count).map(\.plane)
            let matte = try loadPersonMatte().matte(of: framed.image, face: face)
            framed.image = framed.image.before(background, matte: matte)
        }
        try work.memory.charge(Self.videoBytes(framed.image))
        let renderer = FrameRenderer(portrait: framed.image, landmarks: framed.points)
        let foundAt = clock.now
        let analyzed = try await FaceAnimation.hear(
            request, reader: try reader(request, networks), work: work, on: self)
        try work.memory.charge(FaceAnimation.bytes(analyzed, request.options))
        let expressions = FaceAnimation.expressions(analyzed, request.options)
        let voicedAt = clock.now
        let settings = Self.settings(renderer, request)
        let making = RenderPipeline(
            renderer: renderer, expressions: expressions,
            voice: try await request.voice.reader(sampleRateHz: settings.audioRateHz),
            settings: settings, workers: workers, work: work, deliver: deliver)
        let times = try await making.run(on: self)
        return AnimationReport(
            frames: expressions.count, width: renderer.width, height: renderer.height,
            seconds: Double(expressions.count) / Double(request.options.framesPerSecond),
            facesSeen: found.facesSeen,
            stages: [
                StageTime(name: "find", milliseconds: (foundAt - started).milliseconds),
                StageTime(name: "mouth", milliseconds: (voicedAt - foundAt).milliseconds),
                StageTime(name: "render", milliseconds: times.render.milliseconds),
                StageTime(name: "encode", milliseconds: times.encode.milliseconds),
            ])
    }

    /// What drawing and encoding a video take: the portrait as it is sampled, frames ahead of
    /// the encoder, and the encoder's own, as `scripts/bench/memory` shows.
    private static func videoBytes(_ image: Image) -> Int {
        image.width * image.height * 64 + 8 << 20
    }

    private static func settings(
        _ renderer: FrameRenderer, _ request: AnimationRequest
    ) -> VideoSettings {
        let options = request.options
        var settings = VideoSettings()
        settings.width = renderer.width
        settings.height = renderer.height
        settings.framesPerSecond = options.framesPerSecond
        settings.format = options.format
        settings.isStreamed = options.isStreamed
        // 900 kb/s at 512²; an image four times as large needs not quite three times the bits.
        let pixels = Double(renderer.width * renderer.height) / Double(512 * 512)
        settings.bitsPerSecond = max(Int(bounded: 900_000 * pow(pixels, 0.75)), 250_000)
        settings.audioRateHz = options.format.audioRateHz(for: request.voice.sampleRateHz)
        return settings
    }
}

/// One video's place among those that are made at once.
private final class VideoPlace: Sendable {
    private let places: ComputePermits
    private let held = Mutex(0)

    init(_ places: ComputePermits) { self.places = places }

    func take(_ work: WorkContext) async throws(EngineError) {
        let granted = try await places.acquire(upTo: 1, work: work)
        held.withLock { $0 = granted }
    }

    func giveBack() {
        let granted = held.withLock { held in
            defer { held = 0 }
            return held
        }
        if granted > 0 { places.release(granted) }
    }
}

extension VideoFormat {
    /// The rate of a video's audio: the voice's own where the format's codec knows it, else the
    /// next higher one, from 16 000 Hz on. AAC: ISO 14496-3, table 1.18, as far as
    /// hearing goes; Opus: RFC 6716 §2.1.3.
    fileprivate func audioRateHz(for voiceRateHz: Int) -> Int {
        let rates =
            self == .webm
            ? [16_000, 24_000, 48_000] : [16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
        return rates.first { $0 >= voiceRateHz } ?? 48_000
    }
}

extension AudioTrack {
    /// From the voice's start.
    func reader(sampleRateHz: Int) async throws(EngineError) -> any AudioSource {
        switch self {
        case .clip(let clip): BufferedAudioSource(clip.resampled(to: sampleRateHz))
        case .file(_, let open): try await open(sampleRateHz)
        }
    }
}

extension Duration {
    var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
    }
}
