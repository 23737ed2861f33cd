import EngineAPI
import Testing

@testable import TalkingHead

/// What of SadTalker's way needs neither networks nor a reference.
@Suite struct SadTalkerMotionTests {
    @Test("turns go through their stations at an even pace, from the first frame to the last")
    func turns() {
        let made = HeadTurns.degrees([-20, 30, 10], frames: 71)
        #expect(made.first == -20 && made.last == 10 && made.max() == 30)
        #expect(zip(made, made.dropFirst()).allSatisfy { abs(abs($1 - $0) - 1) < 1e-9 })
        #expect(HeadTurns.degrees([5], frames: 3) == [5, 5, 5])
        #expect(HeadTurns.degrees([5, 5], frames: 2) == [5, 5])
        #expect(HeadTurns.degrees([1, 2], frames: 1) == [1])
        #expect(HeadTurns.degrees([], frames: 9).isEmpty)
    }

    @Test("an axis without turns keeps the network's")
    func freeAxes() {
        let flat = [Float](repeating: 0, count: SadTalkerNetwork.angleBins)
        let nothing = [Float](repeating: 0, count: 3 * Keypoints.count)
        let outputs = [flat, flat, flat, [1, 2, 3], nothing]
        var pose = FacePose(outputs, frame: 0)
        #expect(abs(pose.yaw + 1.5) < 1e-9, "the mean of all bins")
        var path = AnimationOptions.HeadPath()
        path.yaw = [10]
        HeadTurns(path, frames: 4).apply(to: &pose, frame: 3)
        #expect(pose.yaw == 10 && abs(pose.pitch + 1.5) < 1e-9)
        let placed = Keypoints([Float](repeating: 0, count: 45)).placed(pose)
        #expect(placed.points.allSatisfy { $0 == SIMD3(0, 2, 0) }, "only the height moves")
    }

    @Test("short videos have their stretches and blinks too", arguments: [1, 2, 3, 20, 21, 33, 34])
    func shortVideos(_ frames: Int) throws {
        let kept = HeadStretch.covering(frames: frames).reduce(0) {
            $0 + HeadStretch.frames - $1.dropped
        }
        #expect(kept == frames - 1)
        var noise = MotionNoise(seed: 3)
        #expect(noise.blinks(frames: frames).count == frames)
        let line = (0..<frames).flatMap { [Double($0), -Double($0)] }
        for (own, other) in zip(SavitzkyGolay.smoothed(line, width: 2), line) {
            #expect(abs(own - other) < 1e-9, "a line stays as it is")
        }
        let mel = try SpeechMel(
            [Float](repeating: 0, count: frames * SpeechMel.frameSamples), work: .ample)
        #expect(mel.frames == frames)
        #expect(mel.window(around: frames - 1).allSatisfy { $0 == -4 }, "silence")
    }

    @Test("samples that are no number or beyond any loudness make no feature that is none")
    func hostileSamples() throws {
        let samples = (0..<SpeechMel.frameSamples).map { index -> Float in
            [.nan, .infinity, -.infinity, 1e30][index % 4]
        }
        let window = try SpeechMel(samples, work: .ample).window(around: 0)
        #expect(window.allSatisfy { $0.isFinite && abs($0) <= 4 })
    }

    @Test("a pasted rectangle takes the colours around it, and keeps its gradients")
    func pasting() {
        let canvas = [UInt8](repeating: 90, count: 40 * 30 * 3)
        let rect = PixelRect(left: 5, top: 6, right: 25, bottom: 21)
        func pasted(_ colour: (Int, Int) -> Float) -> [UInt8] {
            let values = (0..<rect.height).flatMap { y in
                (0..<rect.width).flatMap { x in [Float](repeating: colour(x, y), count: 4) }
            }
            var made = canvas
            SeamlessClone(rect).paste(
                FloatImage(values, width: rect.width, height: rect.height, channels: 4),
                into: &made, width: 40)
            return made
        }
        #expect(pasted { _, _ in 200 } == canvas, "an even rectangle vanishes")
        let dotted = pasted { x, y in x == 10 && y == 7 ? 250 : 200 }
        #expect(dotted[(13 * 40 + 15) * 3] == 140, "what stands out of it does so still")
    }

    @Test("the smallest rectangle is pasted, too")
    func smallest() {
        var canvas = [UInt8](repeating: 50, count: 3 * 3 * 3)
        let image = FloatImage(width: 3, height: 3, channels: 4, repeating: 7)
        SeamlessClone(PixelRect(left: 0, top: 0, right: 3, bottom: 3))
            .paste(image, into: &canvas, width: 3)
        #expect(canvas.allSatisfy { $0 == 50 })
    }

    @Test("a video that can't be in time is refused after its first frame, with what it needs")
    func forecast() throws {
        var forecast = WorkForecast()
        let hour = WorkContext(within: .seconds(3600))
        try forecast.add(.seconds(4), stepsLeft: 500, work: hour)
        let refusal = #expect(throws: EngineError.self) {
            try forecast.add(.seconds(9), stepsLeft: 1000, work: hour)
        }
        guard case .deadlineTooShort(let need, let left) = refusal else {
            Issue.record("1000 frames of 4 s fit in an hour")
            return
        }
        #expect(need == 4000 && left > 3000 && left <= 3600)
    }
}
