import EngineAPI
import Glibc
import Media
import Testing

/// Samples at another rate, as a live conversation has them.
@Suite struct RateConverterTests {
    private let codec = FFmpegCodec(threads: 1)

    private func tone(_ count: Int, rateHz: Int) -> [Float] {
        (0..<count).map { 0.5 * sinf(2 * .pi * 440 * Float($0) / Float(rateHz)) }
    }

    @Test(
        "a stream keeps its length and its tone however it is cut, and can begin again",
        arguments: [
            (24_000, 16_000), (48_000, 16_000), (8_000, 16_000), (24_000, 8_000), (16_000, 16_000),
        ])
    func converts(fromHz: Int, toHz: Int) throws {
        let converter = try codec.rateConverter(fromHz: fromHz, toHz: toHz)
        var generator = SeededGenerator(seed: 3)
        let samples = tone(fromHz, rateHz: fromHz)
        for _ in 0..<2 {
            var (made, from): ([Float], Int) = ([], 0)
            while from < samples.count {
                let end = min(from + Int.random(in: 0...2_000, using: &generator), samples.count)
                made += try converter.convert(Array(samples[from..<end]))
                // What is held back is a few milliseconds.
                #expect(made.count * 1_000 / toHz >= end * 1_000 / fromHz - 10)
                from = end
            }
            made += try converter.finish()
            #expect(abs(made.count - toHz) <= 2, "\(made.count)")
            let wanted = tone(toHz, rateHz: toHz)
            let worst = zip(made, wanted).dropFirst(100).dropLast(100).map { abs($0 - $1) }.max()
            #expect((worst ?? 1) < 0.02, "\(worst ?? 1)")
        }
    }

    @Test(
        "samples at another rate are the same however they are cut",
        arguments: [8_000, 22_050, 24_000, 44_100, 48_000])
    func cutsChangeNothing(fromHz: Int) throws {
        var generator = SeededGenerator(seed: 5)
        let voice = (0..<fromHz * 17 / 10).map { _ in Float.random(in: -1...1, using: &generator) }
        let converter = try codec.rateConverter(fromHz: fromHz, toHz: 16_000)
        let all = try converter.convert(voice) + converter.finish()
        #expect(abs(all.count - 27_200) <= 1, "\(all.count)")
        for longest in [3, 50, 3_000] {
            var (pieces, cut): ([Float], Int) = ([], 0)
            while cut < voice.count {
                let next = min(cut + Int.random(in: 1...longest, using: &generator), voice.count)
                pieces += try converter.convert(Array(voice[cut..<next]))
                cut = next
            }
            pieces += try converter.finish()
            #expect(pieces == all, "pieces of up to \(longest)")
        }
    }

    @Test("rates that there are none of are refused")
    func refuses() {
        #expect(throws: EngineError.self) { try codec.rateConverter(fromHz: 0, toHz: 16_000) }
    }
}
