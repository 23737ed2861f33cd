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
            if min(before, here, after) > voicedMin {
                let glide = Glide(before, here, after, hop: hop, rate: sampleRateHz)
                glide.fill(&curve, &phases, from: Float(phase))
                phase += glide.turns
                phase -= phase.rounded(.down)
            } else {
                // The voice sets in or ends: the curve is cut at the lowest pitch.
                for index in 0..<hop {
                    let u = (Float(index) + 0.5) / Float(hop) - 0.5
                    let value = u < 0 ? here + (before - here) * -u : here + (after - here) * u
                    curve[index] = value
                    phase += Double(max(value, voicedMin)) / Double(sampleRateHz)
                    if phase >= 1 { phase -= 1 }
                    phases[index] = Float(phase)
                }
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
                    if count == 8 {
                        UnsafeMutableRawPointer(out + at).storeBytes(of: value, as: Lanes.self)
                    } else {
                        for lane in 0..<count { out[at + lane] = value[lane] }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func load(_ from: UnsafePointer<Float>) -> Lanes {
        UnsafeRawPointer(from).loadUnaligned(as: Lanes.self)
    }
}

/// The pitch of one frame, which leads on two straight lines from halfway to the frame before to
/// halfway to the one after; its phases are the sums of the lines in closed form.
struct Glide {
    private let here: Float
    /// Hz that a sample's line rises by: on the left counted backwards, on the right forwards.
    private let left: Float
    private let right: Float
    private let hop: Int
    private let rate: Float
    /// Turns of the vocal folds in the frame.
    let turns: Double

    /// Three values in Hz; `hop` samples at `rate` a second.
    init(_ before: Float, _ here: Float, _ after: Float, hop: Int, rate: Float) {
        self.here = here
        self.hop = hop
        self.rate = rate
        left = (before - here) / Float(hop)
        right = (after - here) / Float(hop)
        let sum = (Double(before) + 6 * Double(here) + Double(after)) / 8
        turns = sum * Double(hop) / Double(rate)
    }

    /// Hz at the middles of the samples, and the phase in turns, 0…1, at their ends. Both arrays
    /// have eight values more than the frame has samples.
    func fill(_ curve: inout [Float], _ phases: inout [Float], from start: Float) {
        precondition(curve.count >= hop + 8 && phases.count >= hop + 8)
        let half = Float(hop) / 2
        let middle = half * (here + left * half * 0.5)
        let perSample = 1 / rate
        curve.withUnsafeMutableBytes { curve in
            phases.withUnsafeMutableBytes { phases in
                var passed = Lanes(1, 2, 3, 4, 5, 6, 7, 8)
                for at in stride(from: 0, to: hop, by: 8) {
                    let ahead = half - passed
                    let isLate = ahead .< Lanes(repeating: 0)
                    let slope = Lanes(repeating: left).replacing(with: -right, where: isLate)
                    let value = here + slope * (ahead + 0.5)
                    let early = passed * (here + left * (half - passed * 0.5))
                    let late = middle - ahead * (here - right * 0.5 * ahead)
                    let turns = start + early.replacing(with: late, where: isLate) * perSample
                    let part = turns - SIMDMath.rounded(turns)
                    let phase = part.replacing(with: part + 1, where: part .< Lanes())
                    let place = at * MemoryLayout<Float>.stride
                    curve.storeBytes(of: value, toByteOffset: place, as: Lanes.self)
                    phases.storeBytes(of: phase, toByteOffset: place, as: Lanes.self)
                    passed += 8
                }
            }
        }
    }
}
