import EngineAPI
import Testing

@testable import TalkingHead

/// p, b, m, f and v in frames.
@Suite struct LipClosureTests {
    /// A vowel, a phone and a vowel, a second of silence around them.
    private func rows(_ viseme: Viseme, from start: Double, to end: Double) -> [SIMD16<Float>] {
        TalkingHeadTests.rows(
            [
                TimedViseme(viseme: .sil, startSeconds: 0, endSeconds: 1),
                TimedViseme(viseme: .aa, startSeconds: 1, endSeconds: start),
                TimedViseme(viseme: viseme, startSeconds: start, endSeconds: end),
                TimedViseme(viseme: .oh, startSeconds: end, endSeconds: end + 0.5),
            ], frames: Int(bounded: (end + 1.5) * 100))
    }

    private func shapes(_ rows: [SIMD16<Float>], rate: Int) -> [MouthShape] {
        var options = AnimationOptions()
        options.framesPerSecond = rate
        let levels = [Float](repeating: 0.6, count: rows.count)
        return expressions(rows, levels, options).map(\.mouth)
    }

    @Test("two frames are wholly shut at any frame rate and any time and length of a phone")
    func shutsTwoFrames() {
        var generator = SeededGenerator(seed: 31)
        for rate in 15...60 {
            let start = 1.4 + Double(generator.uniform(0, 0.2))
            let end = start + Double(generator.uniform(0.02, 0.16))
            let made = shapes(rows(.PP, from: start, to: end), rate: rate)
            let middle = (start + end) / 2 - Double(FaceAnimation.leadSeconds)
            // Rows are 10 ms long.
            let near = 1 / Double(rate) + 0.012
            let shut = made.indices.filter {
                abs(Double($0) / Double(rate) - middle) <= near && made[$0].close == 1
            }
            #expect(shut.count >= 2, "\(rate) frames a second, \(start)…\(end): \(shut)")
            // And the vowels around it stay open.
            let far = made.indices.filter {
                let time = Double($0) / Double(rate)
                return abs(time - middle) > (end - start) / 2 + 0.11 && (1.2...1.75).contains(time)
            }
            #expect(far.allSatisfy { made[$0].close < 0.2 }, "\(rate)")
        }
    }

    @Test("f and v tuck the lip on a frame at any rate, and leave lips apart")
    func tucksOneFrame() {
        var generator = SeededGenerator(seed: 33)
        for rate in 15...60 {
            let start = 1.4 + Double(generator.uniform(0, 0.2))
            let end = start + Double(generator.uniform(0.02, 0.16))
            let made = shapes(rows(.FF, from: start, to: end), rate: rate)
            let tucked = made.filter { $0.tuck == 1 }
            #expect(!tucked.isEmpty && tucked.allSatisfy { $0.close == 0 }, "\(rate)")
        }
    }

    @Test("lips come and go within 75 ms, as a smooth step")
    func ramps() {
        var closures = LipClosures(framesPerSecond: 100)
        closures.add(rows(.PP, from: 1.5, to: 1.6))
        // The phone is rows 150 to 160, a row at either end still on its way.
        #expect(closures.amount(at: 155).closed == 1)
        #expect(closures.amount(at: 143.4).closed == 0)
        #expect(closures.amount(at: 166.6).closed == 0)
        #expect(abs(closures.amount(at: 151 - 3.75).closed - 0.5) < 1e-4)
        #expect(abs(closures.amount(at: 159 + 3.75).closed - 0.5) < 1e-4)
        let rise = stride(from: Float(143), through: 151, by: 0.5).map {
            closures.amount(at: $0).closed
        }
        #expect(rise == rise.sorted())
    }

    @Test("an unsure model closes lips too, and silence alone closes none")
    func hearsHalfSure() {
        var unsure = Viseme.silence * 0.5
        unsure[Int(Viseme.PP.rawValue)] = 0.4
        var closures = LipClosures(framesPerSecond: 25)
        closures.add(
            [SIMD16<Float>](repeating: Viseme.silence, count: 20) + [unsure, unsure]
                + [SIMD16<Float>](repeating: Viseme.silence, count: 20))
        #expect(closures.amount(at: 21).closed == 1)
        #expect(closures.amount(at: 5).closed == 0 && closures.amount(at: 40).closed == 0)
    }

    @Test("what is forgotten is long over")
    func forgets() {
        var closures = LipClosures(framesPerSecond: 25)
        closures.add(rows(.PP, from: 1.5, to: 1.6))
        closures.drop(before: 200)
        #expect(closures.amount(at: 155).closed == 1)
        closures.drop(before: 300)
        #expect(closures.amount(at: 155).closed == 0)
    }

    @Test("a closure beats a tuck, and takes raised lips along")
    func combines() {
        let mouth = SIMD8<Float>(0.3, 0, 0, 0.4, 0.4, 0.6, 0, 0.2)
        let both = LipClosures.Amount(closed: 1, tucked: 1).applied(to: mouth)
        #expect(both[5] == 1 && both[6] == 0 && both[3] == 0 && both[4] == 0)
        let tucked = LipClosures.Amount(closed: 0, tucked: 1).applied(to: mouth)
        #expect(tucked[5] == 0 && tucked[6] == 1 && tucked[3] == 0.4 && tucked[0] == 0.3)
    }
}
