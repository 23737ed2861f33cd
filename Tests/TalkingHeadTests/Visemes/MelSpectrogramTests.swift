import EngineAPI
import Glibc
import Testing

@testable import TalkingHead

@Suite struct MelSpectrogramTests {
    /// The chirp that front_end.py was asked about.
    private let chirp = (0..<8000).map { index -> Float in
        let t = Double(index) / 16_000
        return Float(0.3 * sin(2 * Double.pi * (200 * t + 3000 * t * t)))
    }

    /// front_end.py's numbers: frame → bands 0, 13, 26, 39.
    @Test(
        "bands are those of the training's front end",
        arguments: [
            (0, [3.122, -3.393, -6.782, -8.362]),
            (10, [-12.430, 0.167, -13.799, -13.815]),
            (25, [-13.786, -11.695, -13.481, -13.815]),
            (49, [-3.684, -2.616, 5.350, -2.521]),
        ] as [(Int, [Float])])
    func bandsMatch(frame: Int, wanted: [Float]) {
        let mel = LogMelFrontend().logMel(chirp, 0..<50)
        for (index, band) in [0, 13, 26, 39].enumerated() {
            #expect(abs(mel[frame * LogMelFrontend.bands + band] - wanted[index]) < 0.02)
        }
    }

    @Test("normalised bands are those of the training's front end")
    func normalisedMatch() {
        var mel = LogMelFrontend().logMel(chirp, 0..<50)
        var normaliser = CepstralMeanNormalizer(
            profile: (0..<LogMelFrontend.bands).map { Float($0) * -0.05 })
        for frame in 0..<50 {
            normaliser.normalise(
                &mel[frame * LogMelFrontend.bands..<(frame + 1) * LogMelFrontend.bands])
        }
        let wanted: [Float] = [-0.753, -0.163, 2.000, 0.311]
        for (index, band) in [0, 13, 26, 39].enumerated() {
            #expect(abs(mel[49 * LogMelFrontend.bands + band] - wanted[index]) < 0.02)
        }
    }

    /// front_end.whisper_mel's numbers: frame → bands 0, 26, 52, 79.
    @Test(
        "Whisper's bands are those of the training's front end",
        arguments: [
            (0, [0.902, 0.198, -0.224, -0.515]),
            (10, [-0.694, 0.158, -0.694, -0.694]),
            (25, [-0.694, -0.694, -0.694, -0.694]),
            (49, [-0.256, -0.229, 0.058, -0.391]),
        ] as [(Int, [Float])])
    func whisperBandsMatch(frame: Int, wanted: [Float]) {
        let mel = WhisperMelSpectrogram().mel(chirp[...])
        #expect(mel.count == WhisperMelSpectrogram.bands * 50)
        for (index, band) in [0, 26, 52, 79].enumerated() {
            #expect(abs(mel[band * 50 + frame] - wanted[index]) < 0.005)
        }
    }

    @Test("frames heard in pieces are frames heard at once")
    func piecesMatch() {
        let frontend = LogMelFrontend()
        let pieces = frontend.logMel(chirp, 0..<13) + frontend.logMel(chirp, 13..<50)
        let whole = frontend.logMel(chirp, 0..<50)
        #expect(zip(pieces, whole).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("resampling keeps a tone's level and length, and takes off what the new rate cannot hold")
    func resamples() throws {
        func tone(_ hertz: Double, _ rateHz: Int) -> AudioClip {
            AudioClip(
                samples: (0..<rateHz).map {
                    Float(sin(2 * Double.pi * hertz * Double($0) / Double(rateHz)))
                }, sampleRateHz: rateHz)
        }
        func heard(_ clip: AudioClip) throws -> [Float] {
            try resampled(clip.samples, from: clip.sampleRateHz, to: 16_000)
        }
        func level(_ clip: AudioClip) throws -> Float {
            let middle = try heard(clip).dropFirst(500).dropLast(500)
            return (middle.reduce(0) { $0 + $1 * $1 } / Float(middle.count)).squareRoot()
        }
        for rate in [8_000, 22_050, 24_000, 44_100, 48_000] {
            #expect(try heard(tone(1000, rate)).count == 16_000)
            #expect(abs(try level(tone(1000, rate)) - 0.7071) < 0.01)
        }
        #expect(try level(tone(11_000, 48_000)) < 0.01)
    }
}
