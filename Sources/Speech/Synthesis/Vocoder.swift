import Glibc
import SignalProcessing

/// Spectra → samples: pulses filtered by the harmonic branch, shaped noise, a free branch, then
/// one inverse transform with overlap (1200 samples, hop 300, Hann, 24 kHz). Eight frames at a
/// time pass through both transforms while they are in the cache.
/// Used by one thread at a time: it keeps its work space.
final class Vocoder {
    static let sampleRateHz = 24_000
    static let size = 1200
    static let hop = 300
    private static let half = size / 2

    private let fft = SIMDFFT(count: half)
    /// Hann, periodic; and the same scaled so that exp(lh) is a harmonic's magnitude.
    private let window: [Float]
    private let sourceWindow: [Float]
    private let cosines: [Float]
    private let sines: [Float]
    private let re: UnsafeMutablePointer<Lanes>
    private let im: UnsafeMutablePointer<Lanes>
    private let outRe: UnsafeMutablePointer<Lanes>
    private let outIm: UnsafeMutablePointer<Lanes>
    /// Eight samples of eight frames on their way between the signal and the lanes.
    private let block: UnsafeMutablePointer<Lanes>

    init() {
        let size = Double(Vocoder.size)
        let hann = (0..<Vocoder.size).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / size) }
        window = hann.map { Float($0) / Float(Vocoder.half) }
        sourceWindow = hann.map { Float($0) / Float(Vocoder.hop) }
        cosines = (0...Vocoder.half).map { Float(cos(2 * .pi * Double($0) / size)) }
        sines = (0...Vocoder.half).map { Float(sin(2 * .pi * Double($0) / size)) }
        func lanes(_ count: Int = Vocoder.half + 1) -> UnsafeMutablePointer<Lanes> {
            let place = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
            place.initialize(repeating: Lanes(), count: count)
            return place
        }
        (re, im, outRe, outIm) = (lanes(), lanes(), lanes(), lanes())
        block = lanes(8)
    }

    deinit {
        re.deallocate()
        im.deallocate()
        outRe.deallocate()
        outIm.deallocate()
        block.deallocate()
    }

    /// `frames.count` · 300 samples. - noise: nil leaves the noise branch out.
    func samples(
        _ frames: AcousticFrames, noise: SIMDNoise?, finish: Finish = Finish()
    ) -> [Float] {
        let count = frames.count
        guard count > 2 else { return [Float](repeating: 0, count: count * Vocoder.hop) }
        let padded = (count + 7) / 8 * 8
        let length = padded * Vocoder.hop + Vocoder.size
        var source = [Float](repeating: 0, count: length)
        fill(&source, frames)
        var sum = [Float](repeating: 0, count: length)
        var noise = noise
        source.withUnsafeBufferPointer { source in
            sum.withUnsafeMutableBufferPointer { sum in
                for first in stride(from: 0, to: count, by: 8) {
                    let at = first * Vocoder.hop
                    let isVoiced = analyze(source.baseAddress! + at)
                    combine(frames, first, isVoiced: isVoiced, &noise)
                    finish.tame(outRe, outIm)
                    overlap(into: sum.baseAddress! + at, frames: min(8, count - first))
                }
            }
        }
        return normalized(sum, count, gain: finish.gain)
    }

    /// Pulses between half a window of their mirror image on both sides.
    private func fill(_ source: inout [Float], _ frames: AcousticFrames) {
        let half = Vocoder.half
        let length = frames.count * Vocoder.hop
        source.withUnsafeMutableBufferPointer { buffer in
            let start = buffer.baseAddress! + half
            HarmonicSource.fill(
                frames.pitch, hop: Vocoder.hop,
                sampleRateHz: Float(Vocoder.sampleRateHz), into: start)
            for index in 1...half {
                start[-index] = start[index]
                start[length - 1 + index] = start[length - 1 - index]
            }
        }
    }

    /// The spectra of eight frames of the source into `outRe`, `outIm`; false when all are silent.
    private func analyze(_ source: UnsafePointer<Float>) -> Bool {
        let (half, hop) = (Vocoder.half, Vocoder.hop)
        var isVoiced = false
        for index in 0..<7 * hop + Vocoder.size where source[index] != 0 {
            isVoiced = true
            break
        }
        guard isVoiced else { return false }
        sourceWindow.withUnsafeBufferPointer { window in
            for n in stride(from: 0, to: half, by: 4) {
                for frame in 0..<8 {
                    block[frame] = UnsafeRawPointer(source + frame * hop + 2 * n)
                        .loadUnaligned(as: Lanes.self)
                }
                LaneBlock.transpose(block)
                for part in 0..<4 {
                    let at = n + part
                    re[at] = block[2 * part] * window[2 * at]
                    im[at] = block[2 * part + 1] * window[2 * at + 1]
                }
            }
        }
        fft.transform(re, im)
        (re[half], im[half]) = (re[0], im[0])
        for k in 0...half {
            let (ar, ai, br, bi) = (re[k], im[k], re[half - k], im[half - k])
            let (er, ei) = ((ar + br) * 0.5, (ai - bi) * 0.5)
            let (dr, di) = ((ai + bi) * 0.5, (br - ar) * 0.5)
            let (c, s) = (cosines[k], sines[k])
            outRe[k] = er + dr * c + di * s
            outIm[k] = ei + di * c - dr * s
        }
        return true
    }

    /// The sum of the branches for eight frames, in `outRe`, `outIm`.
    private func combine(
        _ frames: AcousticFrames, _ first: Int, isVoiced: Bool, _ noise: inout SIMDNoise?
    ) {
        let limit = Lanes(repeating: 7)
        let lanes = min(8, frames.count - first)
        // Local copies stay in registers.
        let hasNoise = noise != nil
        var generator = noise ?? SIMDNoise(seed: 0)
        let (outRe, outIm) = (outRe, outIm)
        @inline(__always)
        func size(_ values: AcousticFrames.Values, _ at: Int) -> Lanes {
            SIMDMath.exp(SIMDMath.min(load(values, at, lanes), limit))
        }
        for k in 0...Vocoder.half {
            let at = k * frames.count + first
            let free = size(frames.free, at)
            let turns = load(frames.freePhase, at, lanes) * 0.159_154_943
            let (sine, cosine) = SIMDMath.sineCosine(turns: turns)
            var (sumRe, sumIm) = (free * cosine, free * sine)
            if isVoiced {
                let harmonic = size(frames.harmonic, at)
                let half = SIMDMath.tanh(load(frames.harmonicPhase, at, lanes)) * 0.5
                let (sine, cosine) = SIMDMath.sineCosine(turns: half)
                sumRe += (outRe[k] * cosine - outIm[k] * sine) * harmonic
                sumIm += (outRe[k] * sine + outIm[k] * cosine) * harmonic
            }
            if hasNoise {
                let shape = size(frames.noise, at)
                let value = generator.next()
                sumRe += value.re * shape
                sumIm += value.im * shape
            }
            (outRe[k], outIm[k]) = (sumRe, sumIm)
        }
        if hasNoise { noise = generator }
        // A real signal has real ends of its spectrum.
        (outIm[0], outIm[Vocoder.half]) = (Lanes(), Lanes())
    }

    /// Eight frames of a row; where fewer are left the other lanes are zero.
    @inline(__always)
    private func load(_ values: AcousticFrames.Values, _ at: Int, _ lanes: Int) -> Lanes {
        if lanes == 8 {
            return UnsafeRawPointer(values.baseAddress! + at).loadUnaligned(as: Lanes.self)
        }
        var out = Lanes()
        for lane in 0..<lanes { out[lane] = values[at + lane] }
        return out
    }

    /// Inverse transform of eight spectra, windowed and added to the signal.
    private func overlap(into signal: UnsafeMutablePointer<Float>, frames: Int) {
        let (half, hop) = (Vocoder.half, Vocoder.hop)
        for k in 0..<half {
            let (ar, ai, br, bi) = (outRe[k], outIm[k], outRe[half - k], outIm[half - k])
            let (er, ei) = ((ar + br) * 0.5, (ai - bi) * 0.5)
            let (dr, di) = ((ar - br) * 0.5, (ai + bi) * 0.5)
            let (c, s) = (cosines[k], sines[k])
            let (or, oi) = (dr * c - di * s, dr * s + di * c)
            re[k] = er - oi
            im[k] = ei + or
        }
        fft.transform(im, re)
        window.withUnsafeBufferPointer { window in
            for n in stride(from: 0, to: half, by: 4) {
                for part in 0..<4 {
                    let at = n + part
                    block[2 * part] = re[at] * window[2 * at]
                    block[2 * part + 1] = im[at] * window[2 * at + 1]
                }
                LaneBlock.transpose(block)
                for frame in 0..<frames {
                    let place = UnsafeMutableRawPointer(signal + 2 * n + frame * hop)
                    let sum = place.loadUnaligned(as: Lanes.self) + block[frame]
                    place.storeBytes(of: sum, as: Lanes.self)
                }
            }
        }
    }

    /// The middle of the sum, divided by the energy of the windows that overlap there.
    private func normalized(_ sum: [Float], _ count: Int, gain: Float) -> [Float] {
        let (half, hop) = (Vocoder.half, Vocoder.hop)
        let blocks = Vocoder.size / hop
        let squares = window.map { $0 * $0 * Float(half) * Float(half) }
        var samples = [Float](repeating: 0, count: count * hop)
        for block in 2..<count + 2 {
            let at = block * hop
            if block >= blocks - 1 && block < count {
                sum.withUnsafeBufferPointer { sum in
                    samples.withUnsafeMutableBufferPointer { samples in
                        for index in at..<at + hop {
                            samples[index - half] = sum[index] * gain / 1.5
                        }
                    }
                }
                continue
            }
            for index in 0..<hop {
                var energy: Float = 0
                for part in 0..<blocks where block - part >= 0 && block - part < count {
                    energy += squares[part * hop + index]
                }
                samples[at + index - half] = sum[at + index] * gain / max(energy, 1e-11)
            }
        }
        return samples
    }
}
