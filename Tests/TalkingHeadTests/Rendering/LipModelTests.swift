import EngineAPI
import Testing

@testable import TalkingHead

/// What a viewer would measure: the face found again on drawn frames.
@Suite(.serialized) struct LipModelTests {
    /// Vowels, closures and a pause, a tenth of a second each.
    private static let spoken: [TimedViseme] = {
        let words: [Viseme] = [
            .aa, .PP, .aa, .E, .PP, .oh, .DD, .aa, .PP, .ih, .FF, .aa, .nn, .oh, .PP, .E, .SS, .aa,
            .kk, .ou, .PP, .aa, .RR, .E, .PP, .aa,
        ]
        return words.enumerated().map { index, viseme in
            let start = 0.5 + 0.12 * Double(index)
            return TimedViseme(viseme: viseme, startSeconds: start, endSeconds: start + 0.12)
        }
    }()

    private struct Performed {
        let portrait: Image
        let matte: FloatImage
        let renderer: FrameRenderer
        let expressions: [Expression]
    }

    private func perform(seed: UInt64 = 5, isStill: Bool = false) async throws -> Performed {
        let portrait = try await Astronaut.image()
        var options = AnimationOptions()
        (options.framing, options.seed, options.isStill) = (.crop, seed, isStill)
        let found = try Models.finder().find(in: portrait, at: nil, work: .ample)
        let framed = Framing.frame(portrait, found.mesh, options)
        let reader = try StreamingVisemeModel(Models.session("visemes.onnx"))
        let expressions = try TalkingHeadTests.expressions(
            babble(seconds: 4.2), reader, visemes: Self.spoken, options)
        let face = framed.points.prefix(468).map(\.plane)
        let matte = try PersonSegmenter(Models.session("person_matte.onnx")).matte(
            of: framed.image, face: face)
        return Performed(
            portrait: framed.image, matte: matte,
            renderer: FrameRenderer(
                portrait: framed.image, landmarks: framed.points,
                person: PersonCutout(framed.image, matte: matte, landmarks: face)),
            expressions: expressions)
    }

    @Test("lips found again on drawn frames open as they were told to, without delay")
    func lipsFollowIntent() async throws {
        // A head that nods shows its lips from above and below.
        let performed = try await perform(isStill: true)
        let renderer = performed.renderer
        let finder = try Models.finder()
        let buffer = VideoFrame(width: renderer.width, height: renderer.height)
        var (gaps, intents, closed, open): ([Float], [Float], [Float], [Float]) = ([], [], [], [])
        for (index, expression) in performed.expressions.enumerated()
        where index > 11 && index < 94 && index % 2 == 0 {
            renderer.draw(expression, into: buffer)
            let image = Image(width: renderer.width, height: renderer.height, rgb: buffer.rgb)
            let points = try finder.find(in: image, at: nil, work: .ample).mesh.points
            let lips = Landmark.innerLips
            let eyes = (points[33] - points[263]).plane.length
            let gap = (points[lips.upper] - points[lips.lower]).plane.length / eyes
            gaps.append(gap)
            let rig = renderer.mesh.rig
            let intended = rig.deformed(expression)
            intents.append((intended[lips.upper] - intended[lips.lower]).length)
            // What of the jaw's opening a closure leaves.
            let angles = rig.jawAngles(expression.mouth, ease: expression.ease)
            let jaw = angles.spoken / Rig.jawOpenMax
            if expression.mouth.close > 0.99 { closed.append(gap) }
            if jaw > 0.5 { open.append(gap) }
        }
        let r = correlation(gaps, intents)
        #expect(r >= 0.9, "r = \(r)")
        #expect(closed.count > 3 && open.count > 3)
        let (widest, narrowest) = (closed.max() ?? 1, open.min() ?? 0)
        #expect(widest < narrowest, "closed \(widest), open \(narrowest)")
        // A broad smile that shuts: the model sees a fortieth of an eye distance at most.
        #expect(widest < 0.03)
    }

    @Test("at rest a frame is the portrait, and what is no person never changes")
    func backgroundStays() async throws {
        let performed = try await perform()
        let renderer = performed.renderer
        let buffer = VideoFrame(width: renderer.width, height: renderer.height)
        renderer.draw(.rest, into: buffer)
        let rest = buffer.rgb
        #expect(rest == performed.portrait.rgb)
        // Where no frame's head comes near.
        let near = performed.matte.dilated(.square(40))
        let far = near.values.indices.filter { near.values[$0] == 0 }
        #expect(!far.isEmpty)
        #expect(performed.expressions.first == .rest && performed.expressions.last == .rest)
        for expression in performed.expressions.enumerated().filter({ $0.offset % 9 == 0 }) {
            renderer.draw(expression.element, into: buffer)
            let frame = buffer.rgb
            let isSame = far.allSatisfy {
                frame[3 * $0..<3 * $0 + 3] == rest[3 * $0..<3 * $0 + 3]
            }
            #expect(isSame, "frame \(expression.offset)")
        }
    }

    @Test("the same order and seed give the same frames to the bit, another seed does not")
    func seedDecidesFrames() async throws {
        func frames(seed: UInt64) async throws -> [[UInt8]] {
            let performed = try await perform(seed: seed)
            let renderer = performed.renderer
            return stride(from: 0, to: performed.expressions.count, by: 7).map { index in
                let buffer = VideoFrame(width: renderer.width, height: renderer.height)
                renderer.draw(performed.expressions[index], into: buffer)
                return buffer.rgb
            }
        }
        let first = try await frames(seed: 5)
        let other = try await frames(seed: 6)
        #expect(try await frames(seed: 5) == first)
        #expect(zip(first, other).count { $0 != $1 } > first.count / 2)
    }

    @Test("speech is read from audio: a closed buzz and an open vowel differ, silence is silence")
    func readsAudio() throws {
        let model = try StreamingVisemeModel(Models.session("visemes.onnx"))
        let quiet = try model.shapes([Float](repeating: 0, count: 32_000), work: .ample)
        #expect(quiet.count == 200)
        #expect(quiet.allSatisfy { $0[Int(Viseme.sil.rawValue)] > 0.5 })
        #expect(quiet.allSatisfy { abs($0.sum() - 1) < 1e-3 })
    }

    @Test("a long clip read in runs of ten seconds is read as if at once")
    func runsJoin() throws {
        let model = try StreamingVisemeModel(Models.session("visemes.onnx"))
        let voice = babble(seconds: 12).samples
        let all = try model.shapes(voice, work: .ample)
        // Nothing after what the model sees ahead may matter: the first seconds alone say the same.
        let first = try model.shapes(Array(voice.prefix(16_000 * 11)), work: .ample)
        let worst = zip(all, first).prefix(1085).map { abs($0 - $1).max() }.max() ?? 1
        #expect(worst < 1e-3)
    }
}

private func abs(_ vector: SIMD16<Float>) -> SIMD16<Float> {
    vector.replacing(with: -vector, where: vector .< 0)
}
