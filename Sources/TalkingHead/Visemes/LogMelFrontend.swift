import Glibc
import Media

/// What the mouth's model hears: 40 log-mel bands at 100 Hz, level and channel taken off causally.
/// scripts/models/visemes/front_end.py does the same in Python; change both or neither.
struct LogMelFrontend: Sendable {
    static let rateHz = 16_000
    static let hop = 160
    static let window = 400
    static let bands = 40

    private let spectrum = PowerSpectrum()
    /// Hann, symmetric, as numpy.hanning.
    private let hann: [Float]
    private let bank: MelBank

    init() {
        hann = (0..<Self.window).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(Self.window - 1)))
        }
        func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
        func hertz(_ mel: Double) -> Double { 700 * (pow(10, mel / 2595) - 1) }
        let (low, high) = (mel(60), mel(7600))
        let edges = (0...Self.bands + 1).map {
            hertz(low + (high - low) * Double($0) / Double(Self.bands + 1))
        }
        bank = MelBank(edges: edges, rateHz: Self.rateHz) { _, _ in 1 }
    }

    /// How many frames a clip has.
    static func frames(_ samples: Int) -> Int { samples / hop }

    /// How many frames have their whole window in so many samples.
    static func framesWithWhole(_ samples: Int) -> Int {
        max(samples - (window - hop) / 2, 0) / hop
    }

    /// Frames `range` of a clip, `bands` values each; frame i is centred on 10 i + 5 ms.
    func logMel(_ samples: [Float], _ range: Range<Int>) -> [Float] {
        var made: [Float] = []
        made.reserveCapacity(range.count * Self.bands)
        for frame in range {
            let powers = spectrum.powers(windowed(samples, frame))
            bank.eachBand(of: powers) { made.append(logf($0 + 1e-6)) }
        }
        return made
    }

    private func windowed(_ samples: [Float], _ frame: Int) -> [Float] {
        var block = [Float](repeating: 0, count: PowerSpectrum.size)
        let start = frame * Self.hop - (Self.window - Self.hop) / 2
        let from = max(start, 0)
        let to = min(start + Self.window, samples.count)
        for index in from..<max(from, to) {
            block[index - start] = samples[index] * hann[index - start]
        }
        return block
    }
}

/// Takes level and channel off, frame by frame, remembering what was heard before.
struct CepstralMeanNormalizer: Sendable {
    /// Mean spectrum of speech, from the model's file.
    let profile: [Float]
    private var peak: Float = -7
    private var sums = [Float](repeating: 0, count: LogMelFrontend.bands)
    private var count: Float = 0

    /// The peak follower's release, nats a frame; the mean's time constant, frames; how many frames
    /// of speech the profile weighs.
    private static let release: Float = 0.005
    private static let floor: Float = -7
    private static let keep = expf(-1 / 300)
    private static let shrink: Float = 60

    init(profile: [Float]) { self.profile = profile }

    /// One frame of log-mel in place.
    mutating func normalise(_ frame: inout ArraySlice<Float>) {
        let mean = frame.reduce(0, +) / Float(frame.count)
        peak = max(max(mean, Self.floor), peak - Self.release)
        let level = max(peak, Self.floor)
        let weight = 1 / (1 + expf(-2 * (mean - level + 2.5)))
        count = count * Self.keep + weight
        let first = frame.startIndex
        for band in 0..<LogMelFrontend.bands {
            let levelled = frame[first + band] - level
            sums[band] = sums[band] * Self.keep + weight * levelled
            let channel =
                (sums[band] + Self.shrink * profile[band]) / (count + Self.shrink)
            frame[first + band] = min(max((levelled - channel) / 3, -3), 2)
        }
    }
}
