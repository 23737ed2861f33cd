import EngineAPI
import Glibc
import SignalProcessing
import Testing

@testable import Speech

/// The signal chain by itself, on spectra made by formula.
@Suite struct SynthesizerTests {
    /// Spectra that own their values.
    private struct Spectra {
        var harmonic: [Float]
        var harmonicPhase: [Float]
        var noise: [Float]
        var free: [Float]
        var freePhase: [Float]
        var pitch: [Float]

        /// Nineteen frames, voiced in the middle; the expected samples were computed from the same
        /// formulas by the voice's own signal chain (hibari-tts 0.2.1, no noise).
        init() {
            func fill(_ value: (Double, Double) -> Double) -> [Float] {
                (0..<AcousticModel.bins).flatMap { bin in
                    (0..<19).map { Float(value(Double(bin), Double($0))) }
                }
            }
            harmonic = fill { 1 - $0 / 200 + sin($1 * 0.7) }
            harmonicPhase = fill { sin($0 * 0.05 + $1 * 0.3) }
            noise = fill { _, _ in -30 }
            free = fill { 1 - $0 / 100 + cos($1 * 0.5 + $0 * 0.01) }
            freePhase = fill { $0 * 1.7 + $1 * 2.3 }
            pitch = (0..<19).map { $0 > 3 && $0 < 15 ? 180 + Float($0) * 4 : -0.3 }
        }

        /// - cut: frames that come before the others; a multiple of eight.
        func samples(_ vocoder: Vocoder, _ generator: SIMDNoise?, cut: Int) -> [Float] {
            var signal = pitch.withUnsafeBufferPointer { Vocoder.Signal($0, noise: generator) }
            let branches = [harmonic, harmonicPhase, noise, free, freePhase]
            return [0..<cut, cut..<pitch.count].flatMap { part in
                // Each part lies in memory of its own, with a frame more on either side.
                let around = max(part.lowerBound - 1, 0)..<min(part.upperBound + 1, pitch.count)
                let kept = branches.map { branch in
                    stride(from: 0, to: branch.count, by: pitch.count).flatMap {
                        branch[$0 + around.lowerBound..<$0 + around.upperBound]
                    }
                }
                return Spectra.lent(kept) { lent in
                    vocoder.add(
                        AcousticSpectra(
                            lent, count: part.count, offset: part.lowerBound - around.lowerBound,
                            rowLength: around.count), to: &signal)
                }
            }
        }

        private static func lent<Made>(
            _ arrays: [[Float]], _ taken: [UnsafeBufferPointer<Float>] = [],
            _ body: ([UnsafeBufferPointer<Float>]) -> Made
        ) -> Made {
            guard taken.count < arrays.count else { return body(taken) }
            return arrays[taken.count].withUnsafeBufferPointer {
                lent(arrays, taken + [$0], body)
            }
        }

        func samples(_ vocoder: Vocoder, _ generator: SIMDNoise?) -> [Float] {
            harmonic.withUnsafeBufferPointer { a in
                harmonicPhase.withUnsafeBufferPointer { b in
                    noise.withUnsafeBufferPointer { c in
                        free.withUnsafeBufferPointer { d in
                            freePhase.withUnsafeBufferPointer { e in
                                pitch.withUnsafeBufferPointer { f in
                                    vocoder.samples(
                                        AcousticFrames(
                                            spectra: AcousticSpectra(
                                                [a, b, c, d, e], count: pitch.count,
                                                rowLength: pitch.count),
                                            pitch: f, durations: f, rawDurations: f),
                                        noise: generator)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static let expected: [(Int, Float)] = [
        (7, 0.0001968), (290, 0.0105593), (573, -0.0352319), (856, -0.029516), (1139, 0.0310805),
        (1422, 0.002192), (1705, -0.0052963), (1988, 0.0029088), (2271, -0.0044579),
        (2554, -0.0147948), (2837, -0.0122969), (3120, 0.0026458), (3403, -0.0148777),
        (3686, 0.0076026), (3969, 0.0026959), (4252, -0.0021656), (4535, -0.0025726),
        (4818, -0.0025227), (5101, 0.0091442), (5384, -0.018333), (5667, -0.0494549),
    ]

    @Test("samples are those of the voice's own signal chain")
    func parity() {
        let samples = Spectra().samples(Vocoder(), nil)
        #expect(samples.count == 19 * 300)
        // Single precision phases of up to 160 turns are good to 1e-5 of the peak, which is 1.
        for (index, value) in SynthesizerTests.expected {
            #expect(abs(samples[index] - value) < 5e-5, "sample \(index)")
        }
    }

    @Test("spectra that come in parts make the same samples", arguments: [8, 16])
    func parts(cut: Int) {
        let (spectra, vocoder) = (Spectra(), Vocoder())
        let whole = spectra.samples(vocoder, SIMDNoise(seed: 5))
        #expect(spectra.samples(vocoder, SIMDNoise(seed: 5), cut: cut) == whole)
    }

    @Test("noise is added when it is asked for, and depends on its seed only")
    func noise() {
        var spectra = Spectra()
        for index in spectra.noise.indices {
            (spectra.noise[index], spectra.free[index]) = (0, -30)
        }
        for index in spectra.pitch.indices { spectra.pitch[index] = 0 }
        let vocoder = Vocoder()
        let first = spectra.samples(vocoder, SIMDNoise(seed: 1))
        #expect(spectra.samples(vocoder, SIMDNoise(seed: 1)) == first)
        #expect(spectra.samples(vocoder, SIMDNoise(seed: 2)) != first)
        #expect(Level(spectra.samples(vocoder, nil)).peak < 1e-6)
        // Unit variance in both parts of every bin: sqrt(2 · 1200 · 3/8 · 4) / (1200 · 1.5).
        let level = Level(first[1200..<4500]).meanSquareRoot
        #expect(abs(level - 0.0333) < 0.003)
    }

    @Test("noise has the mean and variance of a Gaussian")
    func gaussian() {
        var noise = SIMDNoise(seed: 42)
        var (sum, squares, fourths, count) = (0.0, 0.0, 0.0, 0.0)
        for _ in 0..<20_000 {
            let (re, im) = noise.next()
            for lane in 0..<8 {
                for value in [Double(re[lane]), Double(im[lane])] {
                    sum += value
                    squares += value * value
                    fourths += value * value * value * value
                    count += 1
                }
            }
        }
        #expect(abs(sum / count) < 0.01)
        #expect(abs(squares / count - 1) < 0.02)
        // Three for a Gaussian, 1.8 for a uniform, 6 for a Laplacian.
        #expect(abs(fourths / count - 3) < 0.15)
    }

    @Test("lane functions agree with the library's")
    func functions() {
        for step in -2000...2000 {
            let x = Float(step) / 100
            let lanes = Lanes(repeating: x)
            #expect(abs(SIMDMath.exp(lanes)[3] / exp(x) - 1) < 2e-6)
            #expect(abs(SIMDMath.tanh(lanes)[5] - tanh(x)) < 1e-6)
            let (sine, cosine) = SIMDMath.sineCosine(turns: lanes)
            let angle = Double(x) * 2 * .pi
            #expect(abs(Double(sine[0]) - sin(angle)) < 1e-6)
            #expect(abs(Double(cosine[7]) - cos(angle)) < 1e-6)
            if step > 0 {
                #expect(abs(SIMDMath.roughLog2(lanes)[1] - log2(x)) < 2e-5)
                #expect(abs(SIMDMath.roughRoot(lanes)[2] / x.squareRoot() - 1) < 1e-5)
            }
        }
    }

    @Test("the root of nothing is nothing")
    func root() { #expect(SIMDMath.roughRoot(Lanes())[0] == 0) }

    // MARK: clauses as clips

    private func request(_ end: BreakKind, isLast: Bool = false, speed: Double = 1) -> ClauseRequest
    {
        let clause = Clause(text: "ma", phonemes: "ma.".scalars, words: [], end: end)
        return ClauseRequest(clause: clause, speed: speed, seed: 0, isLast: isLast)
    }

    /// Pad, m, a, full stop, pad: .25 s of silence, .2 s of sound, .3 s of silence.
    private let timing = PhonemeTiming(
        symbols: [0, 1, 2], durations: [0.25, 0.1, 0.1, 0.25, 0.05],
        natural: [0.25, 0.1, 0.1, 0.25, 0.05], leadSeconds: 0.05)

    @Test(
        "the pause after a clause follows its end",
        arguments: [
            (BreakKind.none, 0.03), (.clause, 0.2), (.sentence, 0.42), (.paragraph, 0.7),
        ])
    func pauses(_ pair: (BreakKind, Double)) {
        let trim = ClauseTrim(request(pair.0), timing, sampleRateHz: 24_000)
        let clip = trim.applied(to: [Float](repeating: 0.5, count: 30 * 600))
        // 40 ms before the sound, the sound, the pause; a sound rings on for 60 ms at least.
        let pause = Double(clip.count) / 24_000 - 0.04 - 0.2
        let due = ClauseTrim.pauseSeconds(request(pair.0).clause, isLast: false)
        #expect(abs(pause - max(due, 0.06)) < 1e-3)
        #expect(abs(due - pair.1) <= pair.1 * 0.12)
        #expect(trim.start == Int(bounded: (0.25 - 0.05 - 0.04) * 24_000))
    }

    @Test("a clip in two parts is the same clip", arguments: [4_300, 6_000, 9_000])
    func openings(cut: Int) {
        let trim = ClauseTrim(request(.sentence), timing, sampleRateHz: 24_000)
        let audio = (0..<30 * 600).map { 0.9 * sin(Float($0) * 0.01) }
        #expect(trim.isDivisible(at: cut))
        let opening = trim.opening(of: Array(audio[..<cut]), decibels: -3)
        let rest = trim.rest(of: Array(audio[cut...]), after: cut, decibels: -3)
        #expect(opening + rest == trim.applied(to: audio, decibels: -3))
        #expect(opening.count == cut - trim.start)
    }

    @Test("a clip is not cut in its fades, nor where it is stretched")
    func wholeOnly() {
        let trim = ClauseTrim(request(.sentence), timing, sampleRateHz: 24_000)
        #expect(!trim.isDivisible(at: trim.start))
        #expect(!trim.isDivisible(at: trim.start + 119))
        #expect(!trim.isDivisible(at: 30 * 600))
        let quick = ClauseTrim(request(.sentence, speed: 2), timing, sampleRateHz: 24_000)
        #expect(!quick.isDivisible(at: 6_000))
    }

    @Test("a loud sample is bent, never cut, and what is no number is silence")
    func limits() {
        let trim = ClauseTrim(request(.sentence), timing, sampleRateHz: 24_000)
        var whole = [Float](repeating: 3, count: 30 * 600)
        whole[trim.start + 2000] = .nan
        let clip = trim.applied(to: whole)
        #expect(clip.allSatisfy { $0.magnitude < 1 })
        #expect(Level(clip).peak > 0.9)
        #expect(clip[2000] == 0)
    }

    @Test("a diphthong has two shapes, a stress mark belongs to its vowel, a pause is rest")
    func timeline() {
        let clause = Clause(
            text: "my", phonemes: "mˈI.".scalars, words: [.init(text: "my", range: 0..<3)],
            end: .sentence)
        let durations = [0.1, 0.05, 0.05, 0.1, 0.1, 0.05]
        let timing = PhonemeTiming(
            symbols: [0, 1, 2, 3], durations: durations, natural: durations, leadSeconds: 0.05)
        let trim = ClauseTrim(
            ClauseRequest(clause: clause, speed: 1, seed: 0, isLast: true), timing,
            sampleRateHz: 24_000)
        let timeline = ClauseTimeline(clause, timing, trim)
        func close(_ a: [Double], _ b: [Double]) -> Bool {
            a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
        }
        #expect(timeline.visemes.map(\.viseme) == [.sil, .PP, .aa, .ih, .sil])
        #expect(close(timeline.visemes.map(\.endSeconds), [0.04, 0.09, 0.165, 0.24, 0.44]))
        #expect(timeline.phonemes.map(\.text) == ["m", "ˈI"])
        #expect(close(timeline.phonemes.map(\.startSeconds), [0.04, 0.09]))
        #expect(close(timeline.words.map(\.endSeconds), [0.24]))
    }
}
