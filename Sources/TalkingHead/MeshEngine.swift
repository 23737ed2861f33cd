import EngineAPI
import Execution
import Inference

/// Animates a portrait by bending a mesh of its face: faster than real time without a GPU.
///
/// The models are loaded on first use, on the engine's own thread, which also finds the face and
/// reads the audio; each video has threads of its own for drawing.
package actor MeshEngine: TalkingHeadEngine {
    package nonisolated let id = "mesh"

    /// Files below the models folder that this engine reads.
    package static let files = baseFiles + [wholeClipFile, HandLandmarker.file]
    /// Read for every video: detector, mesh, the mouth as it streams, the person, palms.
    private static let baseFiles =
        FaceFinder.files + [streamedMouthFile, PersonSegmenter.file, PalmDetector.file]
    private static let streamedMouthFile = "face/visemes.onnx"
    /// Read only when a video that isn't streamed is to be made from audio.
    private static let wholeClipFile = "face/visemes_whole.onnx"

    /// The owner joins it after the engine is gone.
    package nonisolated let thread: ThreadExecutor
    private let models: ModelDirectory
    private let openRuntime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let rateConverter: AudioRateConverterFactory
    private let workers: Int
    /// At most three videos for each processor are made at once. A video whose client is slow lends
    /// its place to another meanwhile.
    private let places: ComputePermits
    private let enhancement: FaceEnhancement
    private var networks: Networks?
    private var offlineVisemeModel: OfflineVisemeModel?
    private var handLandmarker: HandLandmarker?
    private var cache = PortraitCache<DrawnFace>()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    private struct DrawnFace {
        let renderer: FrameRenderer
        let facesSeen: Int
    }

    private struct Networks {
        let finder: FaceFinder
        let mouth: StreamingVisemeModel
        let segmenter: PersonSegmenter
        let palms: PalmDetector
        let backend: Backend
    }

    /// - rateConverter: brings voices of any rate to the models'.
    /// - workers: threads that draw; as many as there are cores.
    package init(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        rateConverter: @escaping AudioRateConverterFactory, workers: Int
    ) {
        self.models = models
        openRuntime = runtime
        self.rateConverter = rateConverter
        self.workers = max(workers, 1)
        places = ComputePermits(count: max(workers, 1) * 3)
        enhancement = FaceEnhancement(models: models, runtime: runtime, threads: max(workers, 1))
        thread = ThreadExecutor(name: "mesh")
    }

    isolated deinit {}

    package nonisolated var isPresent: Bool {
        Self.baseFiles.allSatisfy { (try? models.file($0)) != nil }
    }

    package nonisolated var hasEnhancer: Bool { enhancement.isPresent }

    package func prepare() async throws(EngineError) -> EngineReport {
        try thread.ready()
        let started = ContinuousClock.now
        let wasLoaded = networks != nil && offlineVisemeModel != nil
        let reading = offlineVisemeModel == nil ? startLoadingOfflineVisemeModel() : nil
        let loaded = try load()
        if let reading { offlineVisemeModel = OfflineVisemeModel(try reading.session()) }
        return EngineReport(
            models: Self.files, backend: loaded.backend.rawValue,
            loadMilliseconds: wasLoaded ? 0 : (.now - started).milliseconds)
    }

    private func load() throws(EngineError) -> Networks {
        if let networks { return networks }
        for file in Self.baseFiles { _ = try models.file(file) }
        // Opening the mesh takes as long as opening all others, half of it for rewriting its graph,
        // which would save 4 ms a portrait, and one of the detector.
        let asItIs = OnnxSession.Options(optimizesGraph: false)
        let mesh = SessionLoading(FaceFinder.landmarkerFile, models, openRuntime, asItIs)
        // One thread for the rest would be at work when all other engines have long been loaded.
        let palms = SessionLoading(PalmDetector.file, models, openRuntime, OnnxSession.Options())
        let segmenter = PersonSegmenter(try session(PersonSegmenter.file, asItIs))
        let detector = FaceDetector(try session(FaceFinder.detectorFile, asItIs))
        let mouth = try StreamingVisemeModel(session(Self.streamedMouthFile, asItIs))
        let palmDetector = PalmDetector(try palms.session())
        let opened = try mesh.session()
        let made = Networks(
            finder: FaceFinder(detector: detector, mesher: FaceLandmarker(opened)), mouth: mouth,
            segmenter: segmenter, palms: palmDetector, backend: opened.backend)
        networks = made
        return made
    }

    private func loadOfflineVisemeModel() throws(EngineError) -> OfflineVisemeModel {
        if let offlineVisemeModel { return offlineVisemeModel }
        let made = OfflineVisemeModel(try startLoadingOfflineVisemeModel().session())
        offlineVisemeModel = made
        return made
    }

    private func startLoadingOfflineVisemeModel() -> SessionLoading {
        // Integer products, which the CPU is best at; and the same shapes whatever else is there.
        SessionLoading(
            Self.wholeClipFile, models, openRuntime,
            OnnxSession.Options(optimizesGraph: false, staysOnCPU: true, plansMemory: false))
    }

    private func loadHandLandmarker() throws(EngineError) -> HandLandmarker {
        if let handLandmarker { return handLandmarker }
        let made = HandLandmarker(try session(HandLandmarker.file))
        handLandmarker = made
        return made
    }

    private func session(
        _ file: String, _ options: OnnxSession.Options = OnnxSession.Options()
    ) throws(EngineError) -> OnnxSession {
        try OnnxSession(openRuntime(), modelPath: models.verified(file), options: options)
    }

    package func open(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any AnimationSession {
        try thread.ready()
        // Given back with the place, where opening fails.
        let place = VideoPlace(places)
        try await place.take(work)
        try work.check()
        // Before anything is drawn: what is wrong with a file is told at once.
        let enhancer = try enhancement.load(options, work: work)
        let started = ContinuousClock.now
        let (renderer, facesSeen) = try renderer(portrait, options, work)
        for note in renderer.notes { work.notes.add(note) }
        if renderer.limits.cuts(options.headPath)
            || options.poseReference.map(renderer.limits.cuts) == true
        {
            work.notes.add(.turnsCut)
        }
        let canvas = AnimationCanvas(
            width: renderer.width, height: renderer.height, facesSeen: facesSeen)
        let mesher = try load().finder.mesher
        let pipeline = try FramePipeline(
            renderer, workers: workers, framesPerSecond: options.framesPerSecond)
        let session = MeshSession(
            canvas, options, pipeline, place: place, findTime: .now - started, thread: thread,
            rateConverter: rateConverter, work: work
        ) { [self] hasVisemes async throws(EngineError) in
            let began = ContinuousClock.now
            defer { work.notes.addLoad(since: began) }
            return try await predictor(isSmall: options.isStreamed || hasVisemes)
        }
        return enhancement.session(
            session, enhancer, mesher, points: renderer.landmarks, work: work)
    }

    /// The head's turns alone, in degrees: yaw, pitch and roll, as they differ from the first
    /// image's that shows the face.
    package func motion(
        of video: any VideoSource, _ parts: ReferenceParts, work: WorkContext
    ) async throws(EngineError) -> ReferenceMotion? {
        try thread.ready()
        if parts.contains(.blinks) { work.notes.add(.blinkReferencePassedOver) }
        guard parts.contains(.pose) else { return nil }
        var faces = ReferenceFaces(try load().finder)
        var first: [Double]?
        return try await faces.motion(of: video, width: 3, work: work) { _, points in
            let turns = HeadPose.degrees(points)
            let start = first ?? turns
            first = start
            return zip(turns, start).map { $0 - $1 }
        }
    }

    /// A live face takes no video's place: whoever opens it bounds how many there are.
    package func openLive(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any LiveAnimationSession {
        try thread.ready()
        try work.check()
        let (renderer, facesSeen) = try renderer(portrait, options, work)
        for note in renderer.notes { work.notes.add(note) }
        return try LiveMeshSession(
            renderer, options, facesSeen: facesSeen, rateConverter: rateConverter, work: work)
    }

    /// Finds the face, where it is not known already; what draws it is charged to the work.
    private func renderer(
        _ portrait: Image, _ options: AnimationOptions, _ work: WorkContext
    ) throws(EngineError) -> (FrameRenderer, facesSeen: Int) {
        let began = ContinuousClock.now
        let networks = try load()
        work.notes.addLoad(since: began)
        if let known = cache.item(of: portrait, options) {
            try work.memory.charge(videoBytes(known.renderer.width, known.renderer.height))
            return (known.renderer, known.facesSeen)
        }
        let point = options.facePoint.map {
            Point2(Float($0.x), Float($0.y)) / Float(portrait.reduction)
        }
        let found = try networks.finder.find(in: portrait, at: point, work: work)
        var framed = Framing.frame(portrait, found.mesh, options)
        let face = framed.points.prefix(Landmark.count).map(\.plane)
        let (width, height) = (framed.image.width, framed.image.height)
        try work.memory.charge(videoBytes(width, height))
        let layerBytes = Self.layerBytes(width, height)
        if cache.makeRoom(forBytes: layerBytes) { FreeMemory.giveBack() }
        let parting = SideTask("person") { [framed] () throws(EngineError) in
            try MeshEngine.parted(framed, options, networks.segmenter)
        }
        let finder = HandFinder(detector: networks.palms, landmarker: loadHandLandmarker)
        // Another background changes what is looked at; else both are found side by side.
        let before = options.background == nil ? nil : try parting.value()
        if let before { framed.image = before.image }
        let hands = try finder.hands(in: framed.image, by: face)
        let isTongueOut = ProtrudingTongue(framed.image, face).isSeen
        if !isTongueOut {
            framed.points = try LipRefit(networks.finder.mesher).refined(
                framed.points, of: framed.image)
        }
        let parted: Parted
        if let before { parted = before } else { parted = try parting.value() }
        let made = FrameRenderer(
            portrait: framed.image, landmarks: framed.points, person: parted.person, hands: hands,
            isTongueOut: isTongueOut)
        cache.keep(
            DrawnFace(renderer: made, facesSeen: found.facesSeen), of: portrait, options,
            itemBytes: layerBytes)
        // Frames are larger than what the heaps hold.
        FreeMemory.giveBack()
        return (made, found.facesSeen)
    }

    /// A portrait before its background, and the person in it.
    private struct Parted: Sendable {
        let image: Image
        /// nil where nobody can tell.
        let person: PersonCutout?
    }

    /// - Throws: `.noSilhouette` where the background is to be replaced, and nobody can tell who is
    ///   the person.
    private static func parted(
        _ framed: (image: Image, points: [Point3]), _ options: AnimationOptions,
        _ segmenter: PersonSegmenter
    ) throws(EngineError) -> Parted {
        let face = framed.points.prefix(Landmark.count).map(\.plane)
        do throws(EngineError) {
            let matte = try segmenter.matte(of: framed.image, face: face)
            let image = options.background.map { framed.image.before($0, matte: matte) }
            let person = PersonCutout(
                image ?? framed.image, matte: matte, landmarks: face,
                background: options.background)
            return Parted(image: image ?? framed.image, person: person)
        } catch .noSilhouette where options.background == nil {
            return Parted(image: framed.image, person: nil)
        } catch {
            throw error
        }
    }

    /// The model that reads the mouth from audio: what the request says decides, never the load, so
    /// that the same request gives the same video. Where shapes are known and only their times are
    /// asked for, the small one does.
    private func predictor(isSmall: Bool) throws(EngineError) -> any VisemePredictor {
        isSmall ? try load().mouth : try loadOfflineVisemeModel()
    }

    /// What drawing and encoding a video take: the portrait as it is sampled, once for each
    /// thread, frames ahead of the encoder, and the encoder's own, as `scripts/bench/memory` shows.
    private func videoBytes(_ width: Int, _ height: Int) -> Int {
        width * height * (64 + 4 * workers) + 8 << 20
    }

    /// What a portrait's layers take while they are kept: its pixels as they are, with coverage and
    /// without the person, and what is painted over them.
    private static func layerBytes(_ width: Int, _ height: Int) -> Int {
        width * height * 24 + 1 << 20
    }
}
