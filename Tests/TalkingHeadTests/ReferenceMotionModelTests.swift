import EngineAPI
import Inference
import Testing

@testable import TalkingHead

/// Short videos of a face, read and followed by both engines.
@Suite(.serialized) struct ReferenceMotionModelTests {
    /// Images that are there.
    private actor Shown: VideoSource {
        private var images: ArraySlice<Image>
        private var seconds = 0.0

        init(_ images: [Image]) { self.images = images[...] }

        func next() -> TimedImage? {
            guard let image = images.popFirst() else { return nil }
            defer { seconds += 0.04 }
            return TimedImage(image: image, seconds: seconds)
        }
    }

    /// A video by the mesh whose head turns from one side to the other, with a person's lids.
    private func turning(_ engine: MeshEngine) async throws -> [Image] {
        var options = AnimationOptions()
        (options.sidePixels, options.headPath.yaw) = (384, [-8, 8])
        let session = try await engine.open(try await Astronaut.image(), options, work: .ample)
        try await session.add(VoicePiece(clip: babble(seconds: 1)))
        try await session.finish()
        var (made, used): ([Image], VideoFrame?) = ([], nil)
        while let frame = try await session.next(reusing: used) {
            made.append(Image(width: frame.width, height: frame.height, rgb: frame.rgb))
            used = frame
        }
        _ = await session.close()
        return made
    }

    private func withFolder(_ body: (SadTalkerFolder) async throws -> Void) async throws {
        let folder = try SadTalkerFolder()
        defer { folder.remove() }
        try await body(folder)
    }

    @Test("the mesh reads how a head turns, from where it begins")
    func meshReads() async throws {
        try await withFolder { folder in
            let engine = folder.meshEngine()
            let work = WorkContext.ample
            let motion = try #require(
                try await engine.motion(
                    of: Shown(try await turning(engine)), [.pose, .blinks], work: work))
            #expect(work.notes.all == [.blinkReferencePassedOver])
            #expect(motion.width == 3 && motion.rows == 25)
            let yaws = (0..<25).map { motion[$0, 0] }
            // Of 16°: the mesh bends what a head would hide, and looks less turned than it is.
            #expect(yaws[0] == 0 && yaws[24] > 5 && yaws[24] < 20, "\(yaws)")
            let way = (0..<25).map { Float($0) }
            #expect(correlation(yaws.map { Float($0) }, way) > 0.98)
            #expect(
                try await engine.motion(of: Shown([]), .blinks, work: .ample) == nil)
        }
    }

    @Test("both engines' videos follow what was read")
    func followed() async throws {
        try await withFolder { folder in
            let shown = try await turning(folder.meshEngine())
            let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 1))
            for engine in folder.engines {
                let motion = try #require(
                    try await engine.motion(of: Shown(shown), .pose, work: .ample))
                func made(
                    _ change: (inout AnimationOptions) -> Void = { _ in }
                ) async throws -> [Int] {
                    var options = AnimationOptions()
                    (options.sidePixels, options.framing) = (128, .crop)
                    change(&options)
                    return try await MadeVideo(engine, portrait, voice, options).frames
                }
                let plain = try await made()
                let posed = try await made { $0.poseReference = motion }
                #expect(posed != plain, "\(engine.id)")
                #expect(try await made { $0.poseReference = motion } == posed)
                let still = try await made { $0.isStill = true }
                #expect(
                    try await made { ($0.isStill, $0.poseReference) = (true, motion) } == still)
                guard engine.id == "sadtalker" else { continue }
                #expect(motion.width == 70 && motion.rows == 25)
                #expect(try await made { $0.blinkReference = motion } != plain)
            }
        }
    }

    @Test(
        "SadTalker's head moves as the video's from its own place, and its eyes instead of its own")
    func coefficients() async throws {
        let predictor = MotionPredictor(
            expressions: try SadTalkerReference.open(.expressions),
            head: try SadTalkerReference.open(.headMotion))
        let portrait = (0..<73).map { 0.01 * Double($0) }
        let mel = try SpeechMel(babble(seconds: 2).samples, work: .ample)
        let motion = ReferenceMotion(
            (0..<20 * 70).map { 0.1 + 0.003 * Double($0 % 37) }, width: 70)
        func track(_ change: (inout AnimationOptions) -> Void) throws -> CoefficientTrack {
            var options = AnimationOptions()
            options.seed = 3
            change(&options)
            return try predictor.track(mel, portrait: portrait, options, work: .ample)
        }
        let plain = try track { _ in }
        let posed = try track { $0.poseReference = motion }
        let blinking = try track { $0.blinkReference = motion }
        #expect(plain.frames == 50)
        for frame in 0..<50 {
            for column in 64..<70 {
                let way = motion[frame % 20, column] - motion[0, column]
                #expect(abs(posed[frame, column] - plain[frame, column] - way) < 1e-9)
                #expect(blinking[frame, column] == plain[frame, column])
            }
            #expect((0..<64).allSatisfy { posed[frame, $0] == plain[frame, $0] })
        }
        #expect((0..<50).contains { blinking[$0, 5] != plain[$0, 5] })
        // As if each frame's row were the portrait's own, and nobody blinked.
        let row = Array(motion.values[7 * 70..<8 * 70]) + [0, 0, 0]
        let alone = try predictor.expressions(
            mel, portrait: row, blink: [Float](repeating: 0, count: 50), work: .ample)
        for frame in [7, 27, 47] {
            for column in 0..<64 {
                #expect(abs(blinking[frame, column] - Double(alone[frame * 64 + column])) < 1e-5)
            }
        }
    }

    @Test("a video that shows nobody is refused after a second; where the face goes, it stays")
    func nobody() async throws {
        try await withFolder { folder in
            let grey = Image(width: 64, height: 64, rgb: [UInt8](repeating: 90, count: 64 * 64 * 3))
            let portrait = try await Astronaut.image()
            for engine in folder.engines {
                for count in [0, 3, 200] {
                    let shown = Shown([Image](repeating: grey, count: count))
                    await #expect(throws: EngineError.noFace(.nothingFound)) {
                        _ = try await engine.motion(of: shown, .pose, work: .ample)
                    }
                }
                let blank = Image(
                    width: 512, height: 512, rgb: [UInt8](repeating: 90, count: 512 * 512 * 3))
                let motion = try #require(
                    try await engine.motion(
                        of: Shown([blank, portrait, portrait, blank, blank]), .pose, work: .ample))
                #expect(motion.rows == 4, "from the first image with a face on")
                for column in 0..<motion.width {
                    #expect(abs(motion[3, column] - motion[1, column]) < 1e-9)
                }
            }
        }
    }

    @Test("reading ends with its work, and gives back what it held")
    func ends() async throws {
        try await withFolder { folder in
            let portrait = try await Astronaut.image()
            for engine in folder.engines {
                let stopped = WorkContext.ample
                stopped.cancellation.raise()
                await #expect(throws: EngineError.cancelled) {
                    _ = try await engine.motion(of: Shown([portrait]), .pose, work: stopped)
                }
            }
            let engine = try #require(folder.engine())
            let budget = MemoryBudget(bytesMax: 1 << 30)
            let work = WorkContext(within: .seconds(120), memory: MemoryAccount(budget))
            _ = try await engine.motion(of: Shown([portrait]), .pose, work: work)
            #expect(budget.bytesHeld == 0)
        }
    }
}
