import EngineAPI
import Glibc
import SignalProcessing

/// What the net that knows ends of turns hears: Whisper's log-mel spectrogram (80 bands, 100 Hz,
/// windows of 400 samples) of eight seconds brought to mean 0 and variance 1. As Hugging Face's
/// `WhisperFeatureExtractor(chunk_length=8)` with `do_normalize` has it, but in single precision.
/// Used by one thread at a time: it keeps its work space.
final class EndOfTurnFeatures {
    static let rateHz = 16_000
    static let bands = 80
    static let frames = 800
    static let samples = frames * hop
    private static let hop = 160
    private static let window = 400
    private static let bins = window / 2 + 1
    private static let framesPerBlock = 16
    private static let powerFloor: Float = 1e-10
    private static let varianceFloor = 1e-7
    /// Nothing is heard that is 80 dB under the loudest.
    private static let rangeDecades: Float = 8

    private let transform = SIMDFFT(count: window)
    /// Hann, periodic.
    private let hann: [Float]
    /// Per band: its first bin, and a weight for each bin from there.
    private let triangles: [(first: Int, weights: [Float])]
    private let real: UnsafeMutablePointer<Lanes>
    private let imaginary: UnsafeMutablePointer<Lanes>
    private let low: UnsafeMutablePointer<Lanes>
    private let high: UnsafeMutablePointer<Lanes>

    init() {
        hann = (0..<Self.window).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(Self.window)))
        }
        triangles = Self.makeTriangles()
        func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> {
            let place = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
            place.initialize(repeating: Lanes(), count: count)
            return place
        }
        (real, imaginary) = (lanes(Self.window), lanes(Self.window))
        (low, high) = (lanes(Self.bins), lanes(Self.bins))
    }

    deinit {
        real.deallocate()
        imaginary.deallocate()
        low.deallocate()
        high.deallocate()
    }

    /// Slaney's scale, linear to 1 kHz, then 27 steps to 6.4 kHz more; triangles of unit area.
    private static func makeTriangles() -> [(first: Int, weights: [Float])] {
        let step = log(6.4) / 27
        let top = 15 + log(Double(rateHz) / 2 / 1000) / step
        let edges = (0...bands + 1).map { index -> Double in
            let mel = top * Double(index) / Double(bands + 1)
            return mel < 15 ? mel * 200 / 3 : 1000 * exp(step * (mel - 15))
        }
        let hertzPerBin = Double(rateHz) / Double(window)
        return (0..<bands).map { band in
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let first = Int(bounded: (left / hertzPerBin).rounded(.up))
            let last = min(Int(bounded: (right / hertzPerBin).rounded(.down)), bins - 1)
            let weights = (first...max(first, last)).map { bin in
                let hertz = Double(bin) * hertzPerBin
                let height = min(
                    (hertz - left) / (centre - left), (right - hertz) / (right - centre))
                return Float(max(height, 0) * 2 / (right - left))
            }
            return (first, weights)
        }
    }

    /// - samples: mono, 16 000 Hz; the last eight seconds count, silence fills what lacks in front.
    /// - Returns: bands × frames, row by row.
    func features(_ samples: [Float]) -> [Float] {
        let padded = Self.padded(samples)
        var made = [Float](repeating: 0, count: Self.bands * Self.frames)
        for first in stride(from: 0, to: Self.frames, by: Self.framesPerBlock) {
            load(padded, first)
            transform.transform(real, imaginary)
            takePowers()
            addBands(&made, first)
        }
        let loudest = made.max() ?? 0
        for index in made.indices {
            made[index] = (max(made[index], loudest - Self.rangeDecades) + 4) / 4
        }
        return made
    }

    /// Eight seconds of mean 0 and variance 1, half a window mirrored on either side.
    private static func padded(_ samples: [Float]) -> [Float] {
        let tail = samples.suffix(Self.samples)
        var (sum, squares) = (0.0, 0.0)
        for sample in tail {
            sum += Double(sample)
            squares += Double(sample) * Double(sample)
        }
        let mean = sum / Double(Self.samples)
        let variance = max(squares / Double(Self.samples) - mean * mean, 0)
        let gain = 1 / (variance + varianceFloor).squareRoot()
        let half = window / 2
        var made = [Float](
            repeating: Float(-mean * gain), count: Self.samples + window)
        var at = half + Self.samples - tail.count
        for sample in tail {
            made[at] = Float((Double(sample) - mean) * gain)
            at += 1
        }
        for distance in 1...half {
            made[half - distance] = made[half + distance]
            made[half + Self.samples - 1 + distance] = made[half + Self.samples - 1 - distance]
        }
        return made
    }

    /// Sixteen frames: eight as the real parts, the next eight as the imaginary ones.
    private func load(_ padded: [Float], _ first: Int) {
        padded.withUnsafeBufferPointer { padded in
            for index in 0..<Self.window {
                var (re, im) = (Lanes(), Lanes())
                for lane in 0..<8 {
                    let at = (first + lane) * Self.hop + index
                    re[lane] = padded[at]
                    im[lane] = padded[at + 8 * Self.hop]
                }
                real[index] = re * hann[index]
                imaginary[index] = im * hann[index]
            }
        }
    }

    /// Parts the two spectra again: a real frame's has conjugate symmetry.
    private func takePowers() {
        for bin in 0..<Self.bins {
            let mirror = bin == 0 ? 0 : Self.window - bin
            let (ar, ai) = (real[bin], imaginary[bin])
            let (br, bi) = (real[mirror], imaginary[mirror])
            let (firstRe, firstIm) = (ar + br, ai - bi)
            let (secondRe, secondIm) = (ai + bi, br - ar)
            low[bin] = (firstRe * firstRe + firstIm * firstIm) * 0.25
            high[bin] = (secondRe * secondRe + secondIm * secondIm) * 0.25
        }
    }

    private func addBands(_ made: inout [Float], _ first: Int) {
        for (band, triangle) in triangles.enumerated() {
            var (one, two) = (Lanes(), Lanes())
            for (index, weight) in triangle.weights.enumerated() {
                one += low[triangle.first + index] * weight
                two += high[triangle.first + index] * weight
            }
            let row = band * Self.frames + first
            for lane in 0..<8 {
                made[row + lane] = log10f(max(one[lane], Self.powerFloor))
                made[row + 8 + lane] = log10f(max(two[lane], Self.powerFloor))
            }
        }
    }
}
