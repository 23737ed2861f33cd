import EngineAPI
import Inference
import Testing

@testable import TalkingHead

/// The whole engine on a real portrait: the face is found by the real models, and drawn by small
/// networks with the interface of SadTalker's.
@Suite(.serialized) struct SadTalkerEngineModelTests {
    private func small(
        _ framing: AnimationOptions.Framing, _ change: (inout AnimationOptions) -> Void = { _ in }
    ) -> AnimationOptions {
        var options = AnimationOptions()
        (options.framing, options.sidePixels) = (framing, 128)
        change(&options)
        return options
    }

    private func withEngine(
        _ body: (SadTalkerEngine, SadTalkerFolder) async throws -> Void
    ) async throws {
        let folder = try SadTalkerFolder()
        defer { folder.remove() }
        try await body(try #require(folder.engine()), folder)
    }

    @Test("a video has as many frames as its voice lasts, at any rate and in any framing")
    func makesFrames() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            for framing in AnimationOptions.Framing.allCases {
                for (rate, count) in [(25, 25), (30, 30), (12, 12)] {
                    let video = try await MadeVideo(
                        engine, portrait, babble(seconds: 1, rateHz: 24_000),
                        small(framing) { $0.framesPerSecond = rate })
                    #expect(video.frames.count == count, "\(framing)")
                    #expect(video.times == (0..<count).map { Double($0) / Double(rate) })
                    #expect(max(video.canvas.width, video.canvas.height) == 128)
                    #expect(Set(video.frames).count > count / 2, "the face moves: \(framing)")
                    #expect(video.stages.map(\.name) == ["find", "motion", "render"])
                    #expect(video.canvas.facesSeen == 1)
                }
            }
        }
    }

    @Test("a single sample is a video of one frame, and so is a voice that never came")
    func shortest() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            for samples in [[Float(0)], []] {
                let video = try await MadeVideo(
                    engine, portrait, AudioClip(samples: samples, sampleRateHz: 48_000),
                    small(.crop))
                #expect(video.frames.count == 1)
            }
        }
    }

    @Test("the whole picture stays as it is around the face's rectangle")
    func keepsSurroundings() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            let session = try await engine.open(
                portrait, small(.full) { $0.sidePixels = 256 }, work: .ample)
            try await session.add(VoicePiece(clip: babble(seconds: 0.2)))
            try await session.finish()
            let frame = try #require(try await session.next(reusing: nil))
            _ = await session.close()
            let whole = portrait.resized(
                PixelRect(left: 0, top: 0, right: portrait.width, bottom: portrait.height),
                width: frame.width, height: frame.height)
            let face = try Models.finder().find(in: portrait, at: nil, work: .ample).mesh
            let place = PortraitGeometry(
                portrait, face.points.map(\.plane), small(.full) { $0.sidePixels = 256 }
            ).place
            var (inside, changed) = (0, 0)
            for y in 0..<frame.height {
                for x in 0..<frame.width {
                    let at = (y * frame.width + x) * 3
                    let isSame = frame.rgb[at..<at + 3] == whole.rgb[at..<at + 3]
                    let isIn =
                        (place.left + 1..<place.right - 1).contains(x)
                        && (place.top + 1..<place.bottom - 1).contains(y)
                    if isIn { inside += 1 } else { #expect(isSame, "\(x), \(y)") }
                    if isIn && !isSame { changed += 1 }
                }
            }
            #expect(inside > 1_000 && changed > inside / 2)
        }
    }

    @Test("the same request gives the same video however its voice is cut, another seed another")
    func repeats() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 2, rateHz: 22_050))
        try await withEngine { engine, folder in
            func made(_ cuts: [Int] = [], seed: UInt64 = 5) async throws -> [Int] {
                try await MadeVideo(
                    engine, portrait, voice, cuts: cuts, small(.crop) { $0.seed = seed }
                ).frames
            }
            let first = try await made()
            #expect(try await made([1, 900, 30_000]) == first)
            #expect(try await made(seed: 6) != first)
            // The portrait was known; nothing is for another engine.
            let other = try #require(folder.engine())
            let fresh = try await MadeVideo(other, portrait, voice, small(.crop) { $0.seed = 5 })
            #expect(fresh.frames == first)
        }
    }

    @Test("each field that shapes the video does")
    func fieldsCount() async throws {
        let (portrait, voice) = (try await Astronaut.image(), babble(seconds: 2))
        let changes: [(inout AnimationOptions) -> Void] = [
            { $0.isStill = true }, { $0.expressionScale = 0 }, { $0.poseStyle = 9 },
            { $0.blinks = false }, { $0.headPath.yaw = [-10, 10] },
            { $0.background = .init(red: 0, green: 200, blue: 0) },
        ]
        try await withEngine { engine, _ in
            let plain = try await MadeVideo(engine, portrait, voice, small(.crop)).frames
            for (index, change) in changes.enumerated() {
                let made = try await MadeVideo(engine, portrait, voice, small(.crop, change))
                #expect(made.frames != plain, "change \(index)")
            }
        }
    }

    @Test("an expression beside speech is told to have no effect")
    func tellsExpression() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            let work = WorkContext.ample
            _ = try await MadeVideo(
                engine, portrait, babble(seconds: 0.1), small(.crop) { $0.expression = .smile },
                work: work)
            #expect(work.notes.all == [.expressionPassedOver])
        }
    }

    @Test("an image without a face and a stop end the work with their reason")
    func failsPlainly() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            await #expect(throws: EngineError.noFace(.nothingFound)) {
                _ = try await MadeVideo(engine, Nobody.image, babble(seconds: 1), small(.crop))
            }
            let work = WorkContext.ample
            let session = try await engine.open(portrait, small(.crop), work: work)
            try await session.add(VoicePiece(clip: babble(seconds: 9)))
            try await session.finish()
            for _ in 0..<3 { _ = try await session.next(reusing: nil) }
            work.cancellation.raise()
            await #expect(throws: EngineError.cancelled) {
                _ = try await session.next(reusing: nil)
            }
            _ = await session.close()
            await #expect(throws: EngineError.deadlinePassed) {
                _ = try await engine.open(
                    portrait, small(.crop), work: WorkContext(within: .zero))
            }
        }
    }

    @Test("a video that can't be drawn in time is refused after its first frame")
    func refusesEarly() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            // Three hours of frames, each of some milliseconds at least, in one minute.
            let work = WorkContext(within: .seconds(60))
            let options = small(.crop) { ($0.framesPerSecond, $0.sidePixels) = (60, 1024) }
            let session = try await engine.open(portrait, options, work: work)
            try await session.add(VoicePiece(clip: babble(seconds: 240)))
            try await session.finish()
            let refusal = await #expect(throws: EngineError.self) {
                _ = try await session.next(reusing: nil)
            }
            _ = await session.close()
            guard case .deadlineTooShort(let need, let left) = refusal else {
                Issue.record("all frames fit in a minute")
                return
            }
            #expect(need > left && left <= 60)
        }
    }

    @Test("two at once wait for each other, and get their own videos")
    func makesTwoAtOnce() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            @Sendable func make(_ seed: UInt64) async throws -> [Int] {
                var options = AnimationOptions()
                (options.seed, options.sidePixels, options.framing) = (seed, 128, .crop)
                return try await MadeVideo(engine, portrait, babble(seconds: 1), options).frames
            }
            async let first = make(1)
            async let second = make(2)
            let together = try await [first, second]
            #expect(together == [try await make(1), try await make(2)])
        }
    }

    @Test("who waits for a client lends the one place; who waits for it in vain hears so")
    func lendsPlace() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            let first = try await engine.open(portrait, small(.crop), work: .ample)
            await #expect(throws: EngineError.deadlinePassed) {
                _ = try await engine.open(
                    portrait, small(.crop), work: WorkContext(within: .milliseconds(50)))
            }
            await first.pause()
            let second = try await engine.open(portrait, small(.crop), work: .ample)
            _ = await second.close()
            try await first.add(VoicePiece(clip: babble(seconds: 0.1)))
            _ = await first.close()
        }
    }

    @Test("what a video holds is charged before it is taken, and given back with its work")
    func chargesMemory() async throws {
        let portrait = try await Astronaut.image()
        try await withEngine { engine, _ in
            let budget = MemoryBudget(bytesMax: 1 << 30)
            do {
                let work = WorkContext(within: .seconds(120), memory: MemoryAccount(budget))
                _ = try await MadeVideo(
                    engine, portrait, babble(seconds: 1), small(.crop), work: work)
                #expect(budget.bytesHeld > 48 << 20)
            }
            #expect(budget.bytesHeld == 0)
            let short = MemoryBudget(bytesMax: 16 << 20)
            let work = WorkContext(within: .seconds(120), memory: MemoryAccount(short))
            let refusal = await #expect(throws: EngineError.self) {
                _ = try await engine.open(portrait, small(.crop), work: work)
            }
            guard case .memoryShort(let need, let limit) = refusal else {
                Issue.record("it needs more than 16 MiB")
                return
            }
            #expect(need > limit && limit == 16 << 20)
        }
    }
}
