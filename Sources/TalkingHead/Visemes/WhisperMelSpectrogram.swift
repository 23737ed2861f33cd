import Glibc
import Media

/// What Whisper's encoder hears: 80 log-mel bands at 100 Hz, over the window's own loudest moment.
/// The transform has 512 points where Whisper's has 400; the model was trained on this one.
/// scripts/models/visemes/front_end.py does the same in Python; change both or neither.
struct WhisperMelSpectrogram: Sendable {
    static let rateHz = 16_000
    static let hop = 160
    static let window = 400
    static let bands = 80
    /// Whisper hears nothing that is 80 dB under the loudest.
    private static let rangeDecades: Float = 8

    private let spectrum = PowerSpectrum()
    /// Hann, periodic, as Whisper's.
    private let hann: [Float]
    private let bank: MelBank

    init() {
        hann = (0..<Self.window).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(Self.window)))
        }
        // Slaney's scale: linear to 1 kHz, then 27 steps to 6.4 kHz more.
        let step = log(6.4) / 27
        let top = 15 + log(Double(Self.rateHz) / 2 / 1000) / step
        let edges = (0...Self.bands + 1).map { index -> Double in
            let mel = top * Double(index) / Double(Self.bands + 1)
            return mel < 15 ? mel * 200 / 3 : 1000 * exp(step * (mel - 15))
        }
        // Bands of unit area; as many bins as Whisper's transform has would have summed up.
        let share = Double(Self.window) / Double(PowerSpectrum.size)
        bank = MelBank(edges: edges, rateHz: Self.rateHz) { 2 / ($1 - $0) * share }
    }

    /// - samples: 16 000 Hz.
    /// - Returns: bands × frames, row by row; frame i is centred on 10 i ms. An even number of
    ///   frames, one pair for each whole 20 ms.
    func mel(_ samples: ArraySlice<Float>) -> [Float] {
        let frames = samples.count / (2 * Self.hop) * 2
        var made = [Float](repeating: 0, count: Self.bands * frames)
        for frame in 0..<frames {
            var at = frame
            bank.eachBand(of: spectrum.powers(windowed(samples, frame))) {
                made[at] = log10f(max($0, 1e-10))
                at += frames
            }
        }
        let floor = (made.max() ?? 0) - Self.rangeDecades
        for index in made.indices { made[index] = (max(made[index], floor) + 4) / 4 }
        return made
    }

    private func windowed(_ samples: ArraySlice<Float>, _ frame: Int) -> [Float] {
        var block = [Float](repeating: 0, count: PowerSpectrum.size)
        let start = samples.startIndex + frame * Self.hop - Self.window / 2
        let from = max(start, samples.startIndex)
        let to = min(start + Self.window, samples.endIndex)
        for index in from..<max(from, to) {
            block[index - start] = samples[index] * hann[index - start]
        }
        return block
    }
}
