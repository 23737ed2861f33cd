/// Makes portraits speak. The actor behind it loads its models on first use.
package protocol TalkingHeadEngine: Sendable {
    /// Its name in `engine=`: small letters, digits and "-".
    var id: String { get }

    /// Whether its files are in the models folder. Loads nothing, but looks at files.
    var isPresent: Bool { get }

    /// Whether a network that restores faces is in the models folder. Looks at files.
    var hasEnhancer: Bool { get }

    /// Loads what animation needs; costs nothing when it is loaded.
    func prepare() async throws(EngineError) -> EngineReport

    /// Finds the face and opens a session, which whoever opened it closes.
    /// - Throws: `.noFace`, `.noSilhouette`, `.cancelled`, `.deadlinePassed`, `.modelMissing`.
    func open(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any AnimationSession

    /// Reads how a face moves in a video, as `open` takes it in its options.
    /// - Returns: nil where the engine follows none of those parts, which a note tells.
    /// - Throws: `.noFace`, and what the video's reader throws.
    func motion(
        of video: any VideoSource, _ parts: ReferenceParts, work: WorkContext
    ) async throws(EngineError) -> ReferenceMotion?

    /// Finds the face and lets it live, on a clock that begins with its first frame; whoever opened
    /// it closes it.
    /// - Throws: as `open`; `.backendFailed` where the engine is too slow for that.
    func openLive(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any LiveAnimationSession
}

extension TalkingHeadEngine {
    /// Of an engine that restores none.
    package var hasEnhancer: Bool { false }

    /// Of an engine that follows no video.
    package func motion(
        of video: any VideoSource, _ parts: ReferenceParts, work: WorkContext
    ) async throws(EngineError) -> ReferenceMotion? {
        if parts.contains(.pose) { work.notes.add(.poseReferencePassedOver) }
        if parts.contains(.blinks) { work.notes.add(.blinkReferencePassedOver) }
        return nil
    }

    /// Of an engine that is too slow for it.
    package func openLive(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any LiveAnimationSession { throw .backendFailed(code: 0) }
}

/// One video being drawn: a voice in any pieces in, frames out. The same voice gives the same
/// frames however it was cut. Used by one task at a time.
package protocol AnimationSession: Sendable {
    var canvas: AnimationCanvas { get }

    /// Adds the next piece of the voice.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.memoryShort`, and what a model throws.
    func add(_ piece: VoicePiece) async throws(EngineError)

    /// The voice ends here.
    func finish() async throws(EngineError)

    /// The next frame; nil where it depends on what has not come yet, and after the last one. The
    /// frames that follow are drawn meanwhile, a few at most.
    /// - used: a frame of this session that nobody needs any more; it is drawn over.
    func next(reusing used: VideoFrame?) async throws(EngineError) -> VideoFrame?

    /// Frames so far; of all of the voice once `finish` was called.
    var frameCount: Int { get async }

    /// Whoever uses the session is about to wait for somebody: what it holds of the engine is free
    /// for others until it is called again.
    func pause() async

    /// Ends its threads; returns the time of each stage.
    func close() async -> [StageTime]
}

/// A piece of the voice as it comes.
package struct VoicePiece: Sendable {
    /// Any rate, the same in each piece of a voice.
    package var clip: AudioClip
    /// The mouth's shapes that are heard in it, with their times from the voice's beginning; nil
    /// reads them from the audio. Told of every piece of a voice or of none.
    package var visemes: [TimedViseme]?

    package init(clip: AudioClip, visemes: [TimedViseme]? = nil) {
        self.clip = clip
        self.visemes = visemes
    }
}

/// What a session draws on, known before its voice.
package struct AnimationCanvas: Sendable, Equatable {
    /// Pixels, even.
    package let width: Int
    package let height: Int
    /// Faces that the portrait shows; more than one asks for a warning.
    package let facesSeen: Int

    package init(width: Int, height: Int, facesSeen: Int) {
        self.width = width
        self.height = height
        self.facesSeen = facesSeen
    }
}

/// The talking-head engines that are here, the default first.
package struct TalkingHeadEngines: Sendable {
    package let all: [any TalkingHeadEngine]

    package init(_ first: any TalkingHeadEngine, _ others: [any TalkingHeadEngine] = []) {
        all = [first] + others
    }

    package var standard: any TalkingHeadEngine { all[0] }
    package var ids: [String] { all.map(\.id) }

    /// - id: nil is the default.
    /// - Throws: `.engineUnknown`.
    package func engine(_ id: String?) throws(EngineError) -> any TalkingHeadEngine {
        guard let id else { return standard }
        guard let engine = all.first(where: { $0.id == id }) else {
            throw .engineUnknown(name: id, known: ids)
        }
        return engine
    }
}

/// The fields of `/animate` that shape the video; the defaults are the contract's.
package struct AnimationOptions: Sendable, Equatable {
    /// What of the portrait the video shows: the face's square, or all of it, kept or scaled to a
    /// square.
    package enum Framing: String, Sendable, CaseIterable { case crop, full, resize }

    /// What the face shows beside speech.
    package enum FacialExpression: String, Sendable, CaseIterable {
        case neutral, smile, serious, surprised
    }

    /// What is done with each frame once it is drawn.
    package enum Enhancer: String, Sendable, CaseIterable { case none, face }

    /// Longer side of a full image, both sides of a crop; pixels, even.
    package var sidePixels = 512
    package var framesPerSecond = 25
    package var framing = Framing.full
    /// No head motion.
    package var isStill = false
    /// Strength of mouth and brows, 0…2.
    package var expressionScale = 1.0
    package var expression = FacialExpression.neutral
    /// How strongly it shows, 0…1.
    package var expressionIntensity = 1.0
    /// How the head turns instead of by itself.
    package var headPath = HeadPath()
    /// 0…45: which of the motion styles.
    package var poseStyle = 0
    package var blinks = true
    /// A video's head to move as, where `isStill` does not hold it; of the engine's own reading.
    package var poseReference: ReferenceMotion?
    /// A video's eyes to blink as.
    package var blinkReference: ReferenceMotion?
    package var seed: UInt64 = 0
    /// Point in the portrait's pixels that picks one of several faces; nil takes the largest.
    package var facePoint: FacePoint?
    /// Painted instead of what is behind the person; nil keeps the portrait's own background.
    package var background: Colour?
    package var enhancer = Enhancer.none
    /// Frames are wanted as early as they can be known, not when the voice is whole: what reads the
    /// mouth from audio may look ahead a little only.
    package var isStreamed = false

    /// Turns of the head, degrees, spread evenly over the video and joined by lines; an axis
    /// without any moves by itself. Yaw is to the image's left, pitch down, roll to the image's
    /// right.
    package struct HeadPath: Sendable, Equatable {
        package var yaw: [Double] = []
        package var pitch: [Double] = []
        package var roll: [Double] = []

        package init() {}

        package var isEmpty: Bool { yaw.isEmpty && pitch.isEmpty && roll.isEmpty }
    }

    /// A point in the portrait's pixels, from its top left corner.
    package struct FacePoint: Sendable, Equatable {
        package let x: Double
        package let y: Double
        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// An opaque sRGB colour.
    package struct Colour: Sendable, Equatable {
        package let red: UInt8
        package let green: UInt8
        package let blue: UInt8
        package init(red: UInt8, green: UInt8, blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }
    }

    package init() {}
}

/// A stage of the work and the wall time it took.
package struct StageTime: Sendable, Equatable {
    package let name: String
    package let milliseconds: Double

    package init(name: String, milliseconds: Double) {
        self.name = name
        self.milliseconds = milliseconds
    }
}
