import EngineAPI
import Glibc
import SignalProcessing

/// Power in bands of a mel scale, a hundred times a second: windows of 400 samples at 16 000 Hz,
/// sixteen frames at a time. Used by one thread at a time: it keeps its work space.
final class MelBands {
    /// Whose bands they are.
    enum Kind {
        /// Slaney's scale from 0 Hz, triangles of unit area; Hann's window, periodic.
        case slaney
        /// Kaldi's: O'Shaughnessy's scale from 20 Hz, triangles of unit height over mels; each
        /// frame without its mean and with higher frequencies raised, Povey's window, zeros behind.
        case kaldi
    }

    static let rateHz = 16_000
    static let hop = 160
    static let window = 400
    static let framesPerBlock = 16
    /// Of a sample the one before it takes so much.
    private static let emphasis: Float = 0.97

    let count: Int
    private let kind: Kind
    /// Samples that are transformed, and bins that come of it.
    private let size: Int
    private let bins: Int
    private let transform: SIMDFFT
    private let weights: [Float]
    /// Per band: its first bin, and a weight for each bin from there.
    private let triangles: [(first: Int, weights: [Float])]
    private let real: UnsafeMutablePointer<Lanes>
    private let imaginary: UnsafeMutablePointer<Lanes>
    private let low: UnsafeMutablePointer<Lanes>
    private let high: UnsafeMutablePointer<Lanes>

    /// - count: how many bands, up to half the rate.
    init(_ count: Int, _ kind: Kind = .slaney) {
        (self.count, self.kind) = (count, kind)
        size = kind == .kaldi ? 512 : Self.window
        bins = size / 2 + 1
        transform = SIMDFFT(count: size)
        let period = Double(kind == .kaldi ? Self.window - 1 : Self.window)
        weights = (0..<Self.window).map {
            let hann = 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / period)
            return Float(kind == .kaldi ? pow(hann, 0.85) : hann)
        }
        let hertzPerBin = Double(Self.rateHz) / Double(size)
        triangles =
            kind == .kaldi
            ? Self.kaldiTriangles(count, bins: bins, hertzPerBin)
            : Self.slaneyTriangles(count, bins: bins, hertzPerBin)
        func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> {
            let place = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
            place.initialize(repeating: Lanes(), count: count)
            return place
        }
        (real, imaginary) = (lanes(size), lanes(size))
        (low, high) = (lanes(bins), lanes(bins))
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
            (real[index], imaginary[index]) = (re, im)
        }
        if kind == .kaldi {
            prepare(real)
            prepare(imaginary)
        }
        for index in 0..<Self.window {
            real[index] *= weights[index]
            imaginary[index] *= weights[index]
        }
        for index in Self.window..<size { (real[index], imaginary[index]) = (Lanes(), Lanes()) }
    }

    /// Takes frames' means away and raises their higher frequencies.
    private func prepare(_ frames: UnsafeMutablePointer<Lanes>) {
        var mean = Lanes()
        for index in 0..<Self.window { mean += frames[index] }
        mean /= Float(Self.window)
        var before = frames[0] - mean
        for index in 0..<Self.window {
            let sample = frames[index] - mean
            frames[index] = sample - Self.emphasis * before
            before = sample
        }
    }

    /// Parts the two spectra again: a real frame's has conjugate symmetry.
    private func takePowers() {
        for bin in 0..<bins {
            let mirror = bin == 0 ? 0 : size - bin
            let (ar, ai) = (real[bin], imaginary[bin])
            let (br, bi) = (real[mirror], imaginary[mirror])
            let (firstRe, firstIm) = (ar + br, ai - bi)
            let (secondRe, secondIm) = (ai + bi, br - ar)
            low[bin] = (firstRe * firstRe + firstIm * firstIm) * 0.25
            high[bin] = (secondRe * secondRe + secondIm * secondIm) * 0.25
        }
    }

    /// Linear to 1 kHz, then 27 steps to 6.4 kHz more; triangles of unit area.
    private static func slaneyTriangles(
        _ count: Int, bins: Int, _ hertzPerBin: Double
    ) -> [(first: Int, weights: [Float])] {
        let step = log(6.4) / 27
        let top = 15 + log(Double(rateHz) / 2 / 1000) / step
        let edges = (0...count + 1).map { index -> Double in
            let mel = top * Double(index) / Double(count + 1)
            return mel < 15 ? mel * 200 / 3 : 1000 * exp(step * (mel - 15))
        }
        return triangles(
            edges, bins: bins, place: { Double($0) * hertzPerBin }, height: { 2 / $0 })
    }

    /// Straight over mels, of height 1.
    private static func kaldiTriangles(
        _ count: Int, bins: Int, _ hertzPerBin: Double
    ) -> [(first: Int, weights: [Float])] {
        func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }
        let (first, last) = (mel(20), mel(Double(rateHz) / 2))
        let edges = (0...count + 1).map {
            first + (last - first) * Double($0) / Double(count + 1)
        }
        return triangles(
            edges, bins: bins, place: { mel(Double($0) * hertzPerBin) }, height: { _ in 1 })
    }

    /// - Parameters:
    ///   - edges: where a triangle begins, the next is highest and the one before it ends.
    ///   - place: of a bin, as the edges'.
    ///   - height: of a triangle of a width.
    private static func triangles(
        _ edges: [Double], bins: Int, place: (Int) -> Double, height: (Double) -> Double
    ) -> [(first: Int, weights: [Float])] {
        (0..<edges.count - 2).map { band in
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let inside = (0..<bins).filter { place($0) >= left && place($0) <= right }
            let weights = inside.map { bin in
                let part = min(
                    (place(bin) - left) / (centre - left), (right - place(bin)) / (right - centre))
                return Float(max(part, 0) * height(right - left))
            }
            return (inside.first ?? 0, weights)
        }
    }
}
