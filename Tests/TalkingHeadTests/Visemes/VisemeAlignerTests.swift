import EngineAPI
import Testing

@testable import TalkingHead

/// Shapes of which both are known: when a voice says they come, and when they are heard.
@Suite struct VisemeAlignerTests {
    private static func row(_ shape: Int, _ certainty: Float = 1) -> SIMD16<Float> {
        var row = SIMD16<Float>()
        for lane in 0..<Viseme.allCases.count {
            row[lane] = (1 - certainty) / Float(Viseme.allCases.count - 1)
        }
        row[shape] = certainty
        return row
    }

    /// A voice's rows and what is heard of it, borders some rows apart.
    private struct Speech {
        var told: [SIMD16<Float>] = []
        var heard: [SIMD16<Float>] = []
        var truth: [Int] = []

        /// - way: how far a border is heard from where it is told.
        init(seed: UInt64, certainty: Float, way: Int) {
            var generator = SeededGenerator(seed: seed)
            var (toldEnd, heardEnd, shape) = (0, 0, 0)
            for index in 0..<60 {
                // Now and then a pause, longer than anything is looked ahead.
                let length = index % 17 == 9 ? 90 : 5 + Int(generator.next() % 12)
                toldEnd += length
                let offset = index == 59 ? 0 : Int(generator.next() % UInt64(2 * way + 1)) - way
                let end = max(toldEnd + offset, heardEnd + 3)
                told += Array(repeating: row(shape), count: toldEnd - told.count)
                heard += Array(repeating: row(shape, certainty), count: end - heard.count)
                truth += Array(repeating: shape, count: end - truth.count)
                heardEnd = end
                shape = (shape + 1 + Int(generator.next() % 13)) % 15
            }
            let count = min(told.count, heard.count)
            (told, heard, truth) = (
                Array(told[..<count]), Array(heard[..<count]), Array(truth[..<count])
            )
        }
    }

    private func shapes(_ rows: [SIMD16<Float>]) -> [Int] {
        rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    }

    private func aligned(_ speech: Speech, cutAt cuts: [Int] = []) -> [SIMD16<Float>] {
        var aligner = VisemeAligner()
        var made: [SIMD16<Float>] = []
        var start = 0
        for cut in cuts + [speech.told.count] {
            made += aligner.add(
                Array(speech.told[start..<cut]), heard: Array(speech.heard[start..<cut]),
                isLast: cut == speech.told.count)
            start = cut
        }
        return made
    }

    @Test("borders go to where they are heard", arguments: [1, 2, 3] as [UInt64])
    func borders(seed: UInt64) {
        let speech = Speech(seed: seed, certainty: 0.7, way: 4)
        let made = shapes(aligned(speech))
        #expect(made.count == speech.told.count)
        func agreement(_ shapes: [Int]) -> Double {
            Double(zip(shapes, speech.truth).count { $0 == $1 }) / Double(shapes.count)
        }
        #expect(agreement(made) > 0.99, "\(agreement(made))")
        #expect(agreement(shapes(speech.told)) < 0.9)
    }

    @Test("where nothing sure is heard, times stay as they are told")
    func nothingHeard() {
        let speech = Speech(seed: 4, certainty: 1 / 15, way: 4)
        #expect(aligned(speech) == speech.told)
    }

    @Test("shapes keep their order, whatever is heard")
    func order() {
        let speech = Speech(seed: 5, certainty: 0.9, way: 4)
        var noise = speech
        noise.heard = speech.heard.reversed()
        func runs(_ rows: [SIMD16<Float>]) -> [Int] {
            shapes(rows).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        }
        #expect(runs(aligned(noise)) == runs(speech.told))
        #expect(aligned(noise).count == speech.told.count)
    }

    @Test("how a voice was cut makes no difference", arguments: [1, 7, 40, 97])
    func cuts(step: Int) {
        let speech = Speech(seed: 6, certainty: 0.6, way: 6)
        let cuts = Array(stride(from: step, to: speech.told.count, by: step))
        #expect(aligned(speech, cutAt: cuts) == aligned(speech))
    }

    @Test("a pause is told while it lasts")
    func pauses() {
        var aligner = VisemeAligner()
        let silent = Self.row(0)
        let made = aligner.add(
            Array(repeating: silent, count: 500), heard: Array(repeating: silent, count: 500),
            isLast: false)
        #expect(made == Array(repeating: silent, count: made.count) && made.count >= 480)
    }

    @Test("nothing is nothing, and what is heard may be missing")
    func odd() {
        var aligner = VisemeAligner()
        #expect(aligner.add([], heard: [], isLast: true).isEmpty)
        let speech = Speech(seed: 7, certainty: 0.6, way: 3)
        var deaf = VisemeAligner()
        #expect(deaf.add(speech.told, heard: [], isLast: true) == speech.told)
        var broken = VisemeAligner()
        let nonsense = speech.heard.map { _ in SIMD16<Float>(repeating: .nan) }
        #expect(broken.add(speech.told, heard: nonsense, isLast: true).count == speech.told.count)
    }
}
