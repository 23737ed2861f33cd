import SignalProcessing

/// The voice's source: at every sample the sum of all harmonics below 11 kHz, in phase, where the
/// pitch curve says that the vocal folds swing.
enum HarmonicSource {
    /// A pitch below this is unvoiced, Hz.
    private static let voicedMin: Float = 40
    private static let topHz: Float = 11_000

    /// Adds the pulses of `frames` pitch values, `hop` samples each, at `out`, which is zero.
    /// Sum of cosines 1…H by Dirichlet's kernel: sin((H + ½)·t) / (2·sin(t/2)) − ½.
    static func fill(
        _ pitch: UnsafeBufferPointer<Float>, hop: Int, sampleRateHz: Float,
        into out: UnsafeMutablePointer<Float>
    ) {
        let frames = pitch.count
        precondition(hop % 8 == 4 || hop % 8 == 0)
        var curve = [Float](repeating: 0, count: hop + 8)
        var phases = [Float](repeating: 0, count: hop + 8)
        var phase = 0.0
        for frame in 0..<frames {
            let (before, here) = (pitch[max(frame - 1, 0)], pitch[frame])
            let after = pitch[min(frame + 1, frames - 1)]
            let isVoiced = max(before, here, after) > voicedMin
            if !isVoiced {
                // Silent, but the phase runs on at the lowest pitch.
                phase += Double(voicedMin) * Double(hop) / Double(sampleRateHz)
                phase -= phase.rounded(.down)
                continue
            }
            for index in 0..<hop {
                let u = (Float(index) + 0.5) / Float(hop) - 0.5
                let value = u < 0 ? here + (before - here) * -u : here + (after - here) * u
                curve[index] = value
                phase += Double(max(value, voicedMin)) / Double(sampleRateHz)
                if phase >= 1 { phase -= 1 }
                phases[index] = Float(phase)
            }
            pulses(curve, phases, hop, topHz, out + frame * hop)
        }
    }

    private static func pulses(
        _ curve: [Float], _ phases: [Float], _ hop: Int, _ top: Float,
        _ out: UnsafeMutablePointer<Float>
    ) {
        curve.withUnsafeBufferPointer { curve in
            phases.withUnsafeBufferPointer { phases in
                for at in stride(from: 0, to: hop, by: 8) {
                    let f = load(curve.baseAddress! + at)
                    let p = load(phases.baseAddress! + at)
                    let voiced = f .> Lanes(repeating: voicedMin)
                    let limited = SIMDMath.max(f, Lanes(repeating: voicedMin))
                    let quotient = Lanes(repeating: top) / limited
                    let whole = SIMDMath.rounded(quotient)
                    let floor = whole.replacing(with: whole - 1, where: whole .> quotient)
                    let order = floor + 0.5
                    let s = SIMDMath.sineCosine(turns: p * 0.5).sine * 2
                    let e = SIMDMath.sineCosine(turns: order * p).sine
                    // sin(t/2) is never negative here; near zero the quotient tends to H + ½.
                    let isSmall = s .<= Lanes(repeating: 2e-3)
                    let ratio = (e / s).replacing(with: order, where: isSmall) - 0.5
                    let value = Lanes().replacing(with: ratio, where: voiced)
                    let count = min(8, hop - at)
                    for lane in 0..<count { out[at + lane] = value[lane] }
                }
            }
        }
    }

    @inline(__always)
    private static func load(_ from: UnsafePointer<Float>) -> Lanes {
        UnsafeRawPointer(from).loadUnaligned(as: Lanes.self)
    }
}
