/// Makes a portrait speak. The actor behind it loads its networks on first use.
package protocol Animating: Sendable {
    /// Loads what animation needs; costs nothing when it is loaded.
    func prepare() async throws(EngineError) -> EngineReport

    /// Draws the video and hands on its bytes as they are made. Reports frames to `work`.
    /// - Throws: `.noFace`, `.cancelled`, `.deadlinePassed`, `.encoderFailed`, `.modelMissing`,
    ///   and whatever `deliver` throws.
    func animate(
        _ request: AnimationRequest, work: WorkContext,
        deliver: @escaping @Sendable ([UInt8]) async throws(EngineError) -> Void
    ) async throws(EngineError) -> AnimationReport
}

/// A portrait, what it says, and how the video is made.
package struct AnimationRequest: Sendable {
    package var portrait: Image
    /// The voice as it is to be heard in the video.
    package var voice: AudioTrack
    /// Mouth shapes with their times; nil reads them from the audio.
    package var visemes: [TimedViseme]?
    package var options: AnimationOptions
    /// Told how many faces the portrait shows, before the first piece of the video is delivered.
    package var onFacesFound: (@Sendable (Int) -> Void)?

    package init(
        portrait: Image, voice: AudioTrack, visemes: [TimedViseme]?, options: AnimationOptions
    ) {
        self.portrait = portrait
        self.voice = voice
        self.visemes = visemes
        self.options = options
    }
}

/// The fields of `/animate` that shape the video; the defaults are the contract's.
package struct AnimationOptions: Sendable, Equatable {
    /// What of the portrait the video shows: the face's square, or all of it, kept or scaled to a
    /// square.
    package enum Framing: String, Sendable, CaseIterable { case crop, full, resize }

    /// Longer side of a full image, both sides of a crop; pixels, even.
    package var sidePixels = 512
    package var framesPerSecond = 25
    package var framing = Framing.full
    /// No head motion.
    package var isStill = false
    /// Strength of mouth and brows, 0…2.
    package var expressionScale = 1.0
    /// 0…45: which of the motion styles.
    package var poseStyle = 0
    package var blinks = true
    package var seed: UInt64 = 0
    /// Point in the portrait's pixels that picks one of several faces; nil takes the largest.
    package var facePoint: FacePoint?
    /// Painted instead of what is behind the person; nil keeps the portrait's own background.
    package var background: Colour?
    package var format = VideoFormat.mp4
    /// Fragments that leave while they are made, instead of a whole file.
    package var isStreamed = false

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

/// What was made, and how long each stage took.
package struct AnimationReport: Sendable, Equatable {
    package var frames: Int
    package var width: Int
    package var height: Int
    package var seconds: Double
    /// Faces that the portrait shows; more than one asks for a warning.
    package var facesSeen: Int
    /// Wall time by stage, in the order they ran: find, mouth, render, encode.
    package var stages: [StageTime]

    package init(
        frames: Int, width: Int, height: Int, seconds: Double, facesSeen: Int, stages: [StageTime]
    ) {
        self.frames = frames
        self.width = width
        self.height = height
        self.seconds = seconds
        self.facesSeen = facesSeen
        self.stages = stages
    }
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
