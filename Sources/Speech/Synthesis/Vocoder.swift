import CLinux
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
    /// Rows of spectra that are asked of memory ahead of their use: each lies on a page of its own,
    /// where the processor's own foresight ends.
    private static let rowsAhead = 8

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
        var signal = Signal(frames.pitch, noise: noise, finish: finish)
        return add(frames.spectra, to: &signal)
    }

    /// A clause's sound under way: its spectra may come in parts.
    struct Signal {
        /// Frames of the clause, and those whose spectra are in.
        let count: Int
        fileprivate var added = 0
        fileprivate let source: [Float]
        fileprivate var sum: [Float]
        fileprivate var noise: SIMDNoise?
        fileprivate let finish: Finish

        /// - pitch: of all frames, in Hz. - noise: nil leaves the noise branch out.
        init(_ pitch: UnsafeBufferPointer<Float>, noise: SIMDNoise?, finish: Finish = Finish()) {
            count = pitch.count
            self.noise = noise
            self.finish = finish
            let length = (count + 7) / 8 * 8 * Vocoder.hop + Vocoder.size
            sum = [Float](repeating: 0, count: length)
            source = Vocoder.source(pitch, length: length)
        }
    }

    /// Samples that are whole once so many frames are in, and others follow.
    static func samplesReady(of frames: Int) -> Int { max(frames - 2, 0) * hop }

    /// Adds the spectra of the next frames: a multiple of eight, or all that are left.
    /// - Returns: the samples that are whole now.
    func add(_ spectra: AcousticSpectra, to signal: inout Signal) -> [Float] {
        let (begun, finish) = (signal.added, signal.finish)
        signal.added += spectra.count
        let isLast = signal.added == signal.count
        precondition(isLast || spectra.count % 8 == 0 && signal.added < signal.count)
        guard signal.count > 2 else {
            return [Float](repeating: 0, count: isLast ? signal.count * Vocoder.hop : 0)
        }
        var noise = signal.noise
        signal.source.withUnsafeBufferPointer { source in
            signal.sum.withUnsafeMutableBufferPointer { sum in
                for first in stride(from: 0, to: spectra.count, by: 8) {
                    let at = (begun + first) * Vocoder.hop
                    let isVoiced = analyze(source.baseAddress! + at)
                    combine(
                        spectra, first, isVoiced: isVoiced, &noise, freeGain: finish.freeGain)
                    finish.tame(outRe, outIm)
                    overlap(
                        into: sum.baseAddress! + at, frames: min(8, spectra.count - first))
                }
            }
        }
        signal.noise = noise
        // A block of samples has a part of each of the last four frames.
        let blocks = max(begun, 2)..<max(isLast ? signal.count + 2 : signal.added, 2)
        return normalized(signal, blocks)
    }

    /// Pulses between half a window of their mirror image on both sides.
    private static func source(
        _ pitch: UnsafeBufferPointer<Float>, length: Int
    ) -> [Float] {
        var source = [Float](repeating: 0, count: length)
        guard pitch.count > 2 else { return source }
        let (half, end) = (Vocoder.half, pitch.count * Vocoder.hop)
        source.withUnsafeMutableBufferPointer { buffer in
            let start = buffer.baseAddress! + half
            HarmonicSource.fill(
                pitch, hop: Vocoder.hop, sampleRateHz: Float(Vocoder.sampleRateHz), into: start)
            for index in 1...half {
                start[-index] = start[index]
                start[end - 1 + index] = start[end - 1 - index]
            }
        }
        return source
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
        _ frames: AcousticSpectra, _ first: Int, isVoiced: Bool, _ noise: inout SIMDNoise?,
        freeGain: Float
    ) {
        let limit = Lanes(repeating: 7)
        let lanes = min(8, frames.count - first)
        // Local copies stay in registers.
        let hasNoise = noise != nil
        var generator = noise ?? SIMDNoise(seed: 0)
        let (outRe, outIm) = (outRe, outIm)
        @inline(__always)
        func size(_ values: AcousticSpectra.Values, _ at: Int) -> Lanes {
            SIMDMath.exp(SIMDMath.min(load(values, at, lanes), limit))
        }
        for k in 0...Vocoder.half {
            let at = k * frames.rowLength + frames.offset + first
            if k + Vocoder.rowsAhead <= Vocoder.half {
                let next = at + Vocoder.rowsAhead * frames.rowLength
                linux_prefetch(frames.free.baseAddress! + next)
                linux_prefetch(frames.freePhase.baseAddress! + next)
                if isVoiced {
                    linux_prefetch(frames.harmonic.baseAddress! + next)
                    linux_prefetch(frames.harmonicPhase.baseAddress! + next)
                }
                if hasNoise { linux_prefetch(frames.noise.baseAddress! + next) }
            }
            let free = size(frames.free, at) * freeGain
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
    private func load(_ values: AcousticSpectra.Values, _ at: Int, _ lanes: Int) -> Lanes {
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

    /// Blocks of the sum, divided by the energy of the windows that overlap there.
    private func normalized(_ signal: Signal, _ range: Range<Int>) -> [Float] {
        let (half, hop, count) = (Vocoder.half, Vocoder.hop, signal.count)
        let (gain, start) = (signal.finish.gain, range.lowerBound * hop)
        let blocks = Vocoder.size / hop
        let squares = window.map { $0 * $0 * Float(half) * Float(half) }
        var samples = [Float](repeating: 0, count: range.count * hop)
        signal.sum.withUnsafeBufferPointer { sum in
            samples.withUnsafeMutableBufferPointer { samples in
                for block in range {
                    let at = block * hop
                    if block >= blocks - 1 && block < count {
                        for index in at..<at + hop {
                            samples[index - start] = sum[index] * gain / 1.5
                        }
                        continue
                    }
                    for index in 0..<hop {
                        var energy: Float = 0
                        for part in 0..<blocks where block - part >= 0 && block - part < count {
                            energy += squares[part * hop + index]
                        }
                        samples[at + index - start] =
                            sum[at + index] * gain / max(energy, 1e-11)
                    }
                }
            }
        }
        return samples
    }
}
