import EngineAPI
import Glibc

/// What SadTalker's motion networks hear: Wav2Lip's mel spectrogram, 80 bands from 55 to 7600 Hz
/// each 12.5 ms, −4…4 for −100…0 dB.
struct SpeechMel: Sendable {
    static let rateHz = 16_000
    static let bands = 80
    /// Rows that a frame of the video is read from: a fifth of a second.
    static let windowRows = 16
    /// Samples of a frame of 25 a second.
    static let frameSamples = rateHz / Coefficients.framesPerSecond

    private static let hop = 200
    private static let (outer, inner) = (25, 32)
    /// The first difference that voices are sharpened by.
    private static let sharpening = 0.97
    private static let (lowestHz, highestHz) = (55.0, 7_600.0)
    private static let silence = 1e-5
    /// What a second of sound takes.
    static let bytesPerSecond = rateHz / hop * bands * MemoryLayout<Float>.stride

    /// Frames of 25 a second.
    let frames: Int
    /// `bands` values each.
    private var rows: [Float] = []

    /// - samples: at `rateHz`, of whole frames.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    init(_ samples: [Float], work: WorkContext) throws(EngineError) {
        frames = samples.count / Self.frameSamples
        var dft = CompositeDFT(outer: Self.outer, inner: Self.inner)
        let size = dft.count
        let window = (0..<size).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(size)) }
        let bank = Self.bank(bins: dft.bins, binHz: Double(Self.rateHz) / Double(size))
        let count = 1 + samples.count / Self.hop
        rows.reserveCapacity(count * Self.bands)
        var block = [Double](repeating: 0, count: size)
        for row in 0..<count {
            if row % 256 == 0 { try work.check() }
            let start = row * Self.hop - size / 2
            for index in 0..<size {
                let at = start + index
                guard samples.indices.contains(at) else {
                    block[index] = 0
                    continue
                }
                let before = at > 0 ? Double(samples[at - 1]) : 0
                block[index] = (Double(samples[at]) - Self.sharpening * before) * window[index]
            }
            let magnitudes = dft.magnitudes(block)
            for band in bank {
                var sum = 0.0
                for (index, weight) in band.weights.enumerated() {
                    sum += weight * magnitudes[band.first + index]
                }
                let decibels = 20 * log10(max(Self.silence, sum)) - 20
                rows.append(Float(min(max(8 * (decibels + 100) / 100 - 4, -4), 4)))
            }
        }
    }

    /// The rows around a frame, bands × rows; beyond the ends the first and the last go on.
    func window(around frame: Int) -> [Float] {
        // Towards zero, as the authors' int(): frames 0 and 1 begin at −6 and −3.
        let start = Int(bounded: 80 * (Double(frame - 2) / 25))
        let last = rows.count / Self.bands - 1
        var made: [Float] = []
        made.reserveCapacity(Self.bands * Self.windowRows)
        for band in 0..<Self.bands {
            for row in start..<start + Self.windowRows {
                made.append(rows[min(max(row, 0), last) * Self.bands + band])
            }
        }
        return made
    }

    /// Slaney's triangles: linear below 1 kHz, logarithmic above, each of the same area.
    private static func bank(bins: Int, binHz: Double) -> [(first: Int, weights: [Double])] {
        let logStep = log(6.4) / 27
        func mel(_ hertz: Double) -> Double {
            hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) / logStep
        }
        func hertz(_ mel: Double) -> Double {
            mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * logStep)
        }
        let (low, high) = (mel(lowestHz), mel(highestHz))
        let edges = (0...bands + 1).map {
            hertz(low + (high - low) * Double($0) / Double(bands + 1))
        }
        return (0..<bands).map { band in
            let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
            let first = Int(bounded: (left / binHz).rounded(.up))
            let last = min(Int(bounded: (right / binHz).rounded(.down)), bins - 1)
            let weights = (first...max(first, last)).map { bin in
                let at = Double(bin) * binHz
                let height = min((at - left) / (centre - left), (right - at) / (right - centre))
                return max(height, 0) * 2 / (right - left)
            }
            return (first, weights)
        }
    }
}
