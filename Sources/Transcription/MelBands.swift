import EngineAPI
import Glibc
import SignalProcessing

/// Power in bands of Slaney's mel scale, a hundred times a second: windows of 400 samples at
/// 16 000 Hz (Hann, periodic), sixteen frames at a time. Used by one thread at a time: it keeps its
/// work space.
final class MelBands {
    static let rateHz = 16_000
    static let hop = 160
    static let window = 400
    static let framesPerBlock = 16
    private static let bins = window / 2 + 1

    let count: Int
    private let transform = SIMDFFT(count: window)
    private let hann: [Float]
    /// Per band: its first bin, and a weight for each bin from there.
    private let triangles: [(first: Int, weights: [Float])]
    private let real: UnsafeMutablePointer<Lanes>
    private let imaginary: UnsafeMutablePointer<Lanes>
    private let low: UnsafeMutablePointer<Lanes>
    private let high: UnsafeMutablePointer<Lanes>

    /// - count: how many bands, from 0 Hz to half the rate.
    init(_ count: Int) {
        self.count = count
        hann = (0..<Self.window).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(Self.window)))
        }
        triangles = Self.triangles(count)
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

    /// The bands of sixteen frames.
    /// - Parameters:
    ///   - samples: from the first frame's first sample on, as many as sixteen frames have.
    ///   - take: called with each band, and the powers of the first and the last eight frames.
    func block(_ samples: UnsafeBufferPointer<Float>, _ take: (Int, Lanes, Lanes) -> Void) {
        load(samples)
        transform.transform(real, imaginary)
        takePowers()
        for (band, triangle) in triangles.enumerated() {
            var (one, two) = (Lanes(), Lanes())
            for (index, weight) in triangle.weights.enumerated() {
                one += low[triangle.first + index] * weight
                two += high[triangle.first + index] * weight
            }
            take(band, one, two)
        }
    }

    /// Samples that a block of frames has.
    static let blockSamples = (framesPerBlock - 1) * hop + window

    /// Eight frames are the real parts, the next eight the imaginary ones.
    private func load(_ samples: UnsafeBufferPointer<Float>) {
        precondition(samples.count >= Self.blockSamples)
        for index in 0..<Self.window {
            var (re, im) = (Lanes(), Lanes())
            for lane in 0..<8 {
                let at = lane * Self.hop + index
                re[lane] = samples[at]
                im[lane] = samples[at + 8 * Self.hop]
            }
            real[index] = re * hann[index]
            imaginary[index] = im * hann[index]
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

    /// Linear to 1 kHz, then 27 steps to 6.4 kHz more; triangles of unit area.
    private static func triangles(_ count: Int) -> [(first: Int, weights: [Float])] {
        let step = log(6.4) / 27
        let top = 15 + log(Double(rateHz) / 2 / 1000) / step
        let edges = (0...count + 1).map { index -> Double in
            let mel = top * Double(index) / Double(count + 1)
            return mel < 15 ? mel * 200 / 3 : 1000 * exp(step * (mel - 15))
        }
        let hertzPerBin = Double(rateHz) / Double(window)
        return (0..<count).map { band in
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
}
