import EngineAPI
import Execution
import Inference

/// Animates a portrait by SadTalker's networks, which an operator exports from their own weights:
/// much slower than real time without a GPU.
///
/// One video is drawn at a time. Its networks are loaded for it and let go with it: they are
/// hundreds of megabytes, and to load them takes less than to draw a frame. All of it is charged to
/// the video's work.
package actor SadTalkerEngine: TalkingHeadEngine {
    package nonisolated let id = "sadtalker"

    /// The owner joins it after the engine is gone.
    package nonisolated let thread: ThreadExecutor
    private let files: SadTalkerFiles
    private let openRuntime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let rateConverter: AudioRateConverterFactory
    private let threads: Int
    private let places = ComputePermits(count: 1)
    private let enhancement: FaceEnhancement
    private var loader: SadTalkerLoader?
    private var finder: FaceFinder?
    private var segmenter: PersonSegmenter?
    private var cache = PortraitCache<KnownPortrait>()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// A face that was found, and how it is to be drawn.
    private struct FoundFace {
        /// 478, in the portrait's pixels.
        let points: [Point2]
        let facesSeen: Int
        let geometry: PortraitGeometry
        /// Pixels a side that the renderer draws.
        let side: Int
    }

    private struct KnownPortrait {
        let face: FoundFace
        let prepared: PreparedPortrait
        let composer: FrameComposer
    }

    /// nil where the models folder has no file of it: then there is no such engine.
    /// - rateConverter: brings voices of any rate to the networks'.
    /// - threads: inside one operator; as many as there are cores.
    package init?(
        models: ModelDirectory, runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime,
        rateConverter: @escaping AudioRateConverterFactory, threads: Int
    ) {
        files = SadTalkerFiles(models: models)
        guard files.isInstalled else { return nil }
        openRuntime = runtime
        self.rateConverter = rateConverter
        self.threads = max(threads, 1)
        enhancement = FaceEnhancement(models: models, runtime: runtime, threads: max(threads, 1))
        thread = ThreadExecutor(name: "sadtalker")
    }

    isolated deinit {}

    package nonisolated var isPresent: Bool { files.isComplete }

    package nonisolated var hasEnhancer: Bool { enhancement.isPresent }

    /// Opens each file, one after the other, and checks it: nothing of them stays.
    package func prepare() async throws(EngineError) -> EngineReport {
        try thread.ready()
        let started = ContinuousClock.now
        _ = try faceFinder()
        var networks: [SadTalkerNetwork] = [.expressions, .headMotion, .reconstruction]
        networks += files.mappings
        for side in try files.presentSides() {
            networks += [
                .keypoints(side: side), .appearance(side: side),
                try networkLoader().renderer(side: side),
            ]
        }
        var backend = Backend.cpu
        for network in networks { backend = try open(network).backend }
        return EngineReport(
            models: networks.map(\.file), backend: backend.rawValue,
            loadMilliseconds: (.now - started).milliseconds)
    }

    package nonisolated func open(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any AnimationSession {
        try thread.ready()
        // Not on the engine's thread, which may be in a run of seconds. Given back with the place,
        // where opening fails.
        let place = VideoPlace(places)
        try await place.take(work)
        return try await session(portrait, options, place: place, work: work)
    }

    /// Expression and head of each image, as the reconstruction sees them.
    package nonisolated func motion(
        of video: any VideoSource, _ parts: ReferenceParts, work: WorkContext
    ) async throws(EngineError) -> ReferenceMotion? {
        try thread.ready()
        let place = VideoPlace(places)
        try await place.take(work)
        return try await coefficients(of: video, work)
    }

    private func coefficients(
        of video: any VideoSource, _ work: WorkContext
    ) async throws(EngineError) -> ReferenceMotion {
        let bytes = SadTalkerMemory.reconstructionBytes(in: files)
        try work.memory.charge(bytes)
        defer { work.memory.release(bytes) }
        let loading = ContinuousClock.now
        var reader = CoefficientReader(try open(.reconstruction))
        work.notes.addLoad(since: loading)
        var faces = ReferenceFaces(try faceFinder())
        return try await faces.motion(of: video, width: CoefficientReader.width, work: work) {
            image, points throws(EngineError) in
            try reader.row(of: image, points.map(\.plane), work: work)
        }
    }

    private func session(
        _ portrait: Image, _ options: AnimationOptions, place: VideoPlace, work: WorkContext
    ) throws(EngineError) -> any AnimationSession {
        try work.check()
        let enhancer = try enhancement.load(options, work: work)
        let started = ContinuousClock.now
        if options.expression != .neutral { work.notes.add(.expressionPassedOver) }
        let cached = cache.item(of: portrait, options)
        let face =
            if let cached { cached.face } else { try find(portrait, options, work: work) }
        let mapping = SadTalkerNetwork.mapping(options.framing)
        let renderer = try networkLoader().renderer(side: face.side)
        try work.memory.charge(
            SadTalkerMemory.bytes(
                [.expressions, .headMotion, mapping, renderer], in: files, side: face.side,
                face.geometry))
        // Before anything is heard or drawn: what is wrong with a file is told at once.
        let loading = ContinuousClock.now
        let motion = MotionPredictor(
            expressions: try open(.expressions), head: try open(.headMotion))
        let (openMapping, openRenderer) = (try open(mapping), try open(renderer))
        work.notes.addLoad(since: loading)
        let known =
            if let cached { cached } else {
                try prepare(portrait, face, options, work: work)
            }
        let neural = try NeuralRenderer(
            mapping: openMapping, renderer: openRenderer, framing: options.framing,
            portrait: known.prepared, work: work)
        let session = SadTalkerSession(
            SadTalkerSession.Parts(
                motion: motion, renderer: neural, composer: known.composer, side: face.side,
                facesSeen: face.facesSeen),
            options, place: place, findTime: .now - started, thread: thread,
            rateConverter: rateConverter, work: work)
        let points = face.geometry.inVideo(face.points, of: portrait)
        return enhancement.session(
            session, enhancer, try faceFinder().mesher, points: points.map { Point3($0, 0) },
            work: work)
    }

    private func find(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) throws(EngineError) -> FoundFace {
        let point = options.facePoint.map {
            Point2(Float($0.x), Float($0.y)) / Float(portrait.reduction)
        }
        let found = try faceFinder().find(in: portrait, at: point, work: work)
        let points = found.mesh.points.map(\.plane)
        let geometry = PortraitGeometry(portrait, points, options)
        return FoundFace(
            points: points, facesSeen: found.facesSeen, geometry: geometry,
            side: try files.side(for: max(geometry.place.width, geometry.place.height)))
    }

    /// What is made of a portrait once.
    private func prepare(
        _ portrait: Image, _ face: FoundFace, _ options: AnimationOptions, work: WorkContext
    ) throws(EngineError) -> KnownPortrait {
        let (geometry, side) = (face.geometry, face.side)
        let points = geometry.inCut(face.points, side: side)
        let square = try before(
            options.background, portrait.resized(geometry.cut, width: side, height: side), points)
        let prepared = try PreparedPortrait(square, points, work: work) {
            (network) throws(EngineError) in try open(network)
        }
        var surrounding: Image?
        if options.framing == .full {
            surrounding = try before(
                options.background,
                portrait.resized(
                    PixelRect(left: 0, top: 0, right: portrait.width, bottom: portrait.height),
                    width: geometry.width, height: geometry.height),
                geometry.inVideo(face.points, of: portrait))
        }
        let known = KnownPortrait(
            face: face, prepared: prepared,
            composer: FrameComposer(geometry, surrounding: surrounding))
        cache.keep(
            known, of: portrait, options,
            itemBytes: prepared.bytes + (surrounding?.rgb.count ?? 0))
        return known
    }

    /// The person before a colour, where one is asked for.
    private func before(
        _ background: AnimationOptions.Colour?, _ image: Image, _ points: [Point2]
    ) throws(EngineError) -> Image {
        guard let background else { return image }
        let face = Array(points.prefix(Landmark.count))
        let matte = try personSegmenter().matte(of: image, face: face)
        return image.before(background, matte: matte)
    }

    private func faceFinder() throws(EngineError) -> FaceFinder {
        if let finder { return finder }
        var sessions: [OnnxSession] = []
        for file in FaceFinder.files {
            sessions.append(
                try OnnxSession(openRuntime(), modelPath: files.models.verified(file)))
        }
        let made = FaceFinder(
            detector: FaceDetector(sessions[0]), mesher: FaceLandmarker(sessions[1]))
        finder = made
        return made
    }

    private func personSegmenter() throws(EngineError) -> PersonSegmenter {
        if let segmenter { return segmenter }
        let path = try files.models.verified(PersonSegmenter.file)
        let made = PersonSegmenter(try OnnxSession(openRuntime(), modelPath: path))
        segmenter = made
        return made
    }

    private func open(_ network: SadTalkerNetwork) throws(EngineError) -> LoadedNetwork {
        var loader = try networkLoader()
        defer { self.loader = loader }
        return try loader.open(network)
    }

    private func networkLoader() throws(EngineError) -> SadTalkerLoader {
        if let loader { return loader }
        let made = SadTalkerLoader(files, try openRuntime(), threads: threads)
        loader = made
        return made
    }
}
