import Glibc
import Media
import Testing

@Suite struct PowerSpectrumTests {
    private let spectrum = PowerSpectrum()

    @Test(
        "a tone is in its own bin, at its power, and in no other",
        arguments: [0, 1, 3, 40, 255, 256])
    func tones(bin: Int) {
        let size = PowerSpectrum.size
        let tone = (0..<size).map {
            Float(cos(2 * Double.pi * Double(bin * $0) / Double(size)))
        }
        let powers = spectrum.powers(tone)
        #expect(powers.count == PowerSpectrum.bins)
        // Half of a tone is at the negative frequency, but for the two that have none.
        let peak = Float(size * size) / (bin == 0 || bin == size / 2 ? 1 : 4)
        #expect(abs(powers[bin] - peak) < peak * 1e-4)
        for other in powers.indices where other != bin { #expect(powers[other] < peak * 1e-6) }
    }

    @Test("what was transformed before changes nothing")
    func keepsNothing() {
        let ramp = (0..<PowerSpectrum.size).map { Float($0) / 512 }
        let first = spectrum.powers(ramp)
        _ = spectrum.powers(ramp.reversed())
        #expect(spectrum.powers(ramp) == first)
        let silence = [Float](repeating: 0, count: PowerSpectrum.size)
        #expect(spectrum.powers(silence).allSatisfy { $0 == 0 })
    }
}
