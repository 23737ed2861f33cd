import EngineAPI
import Inference

/// What the acoustic network says of a clause: per frame of 300 samples and per bin of 20 Hz the
/// log magnitude and phase of three branches, and the pitch. Lent for the length of one closure.
struct AcousticFrames {
    typealias Values = UnsafeBufferPointer<Float>

    let count: Int
    /// Each [bins, count]: harmonic log magnitude, its phase before tanh, log noise, log magnitude
    /// and phase of the free branch.
    let harmonic: Values
    let harmonicPhase: Values
    let noise: Values
    let free: Values
    let freePhase: Values
    /// Pitch in Hz; below 40 unvoiced.
    let pitch: Values
    /// Per id: duration in units of 600 samples, and the same before it was divided by the speed
    /// and rounded.
    let durations: Values
    let rawDurations: Values
}

/// The network from phoneme ids to spectra.
struct AcousticNet: Sendable {
    static let bins = 601
    /// No pitch in Hz and no duration in units of 25 ms comes near it.
    private static let valueMax: Float = 1e5
    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// - ids: with the pad 0 at both ends. - speed: 1 is the voice's own.
    /// - Throws: `.runtimeRefused`, `.modelDamaged` when the shapes are not the voice's.
    func withFrames<Made>(
        _ ids: [Int64], speed: Float, _ body: (AcousticFrames) -> Made
    ) throws(EngineError) -> Made {
        let inputs = [
            (name: "ids", tensor: Tensor(ids, shape: [1, ids.count])),
            (name: "speed", tensor: Tensor([speed], shape: [1])),
        ]
        let names = ["lh", "theta", "ln", "lr", "phi", "f0", "/Clip_output_0", "/Sub_output_0"]
        return try session.run(inputs, lending: names) { (out) throws(EngineError) in
            let count = out[5].count
            let isSound =
                count > 0 && out[6].count == ids.count && out[7].count == ids.count
                && out[..<5].allSatisfy { $0.count == AcousticNet.bins * count }
            // They become lengths and places; the spectra become samples only.
            let areNumbers = out[5...7].allSatisfy { values in
                values.allSatisfy { abs($0) < AcousticNet.valueMax }
            }
            guard isSound, areNumbers else { throw .modelDamaged(path: "hibari.onnx") }
            return body(
                AcousticFrames(
                    count: count, harmonic: out[0], harmonicPhase: out[1], noise: out[2],
                    free: out[3], freePhase: out[4], pitch: out[5], durations: out[6],
                    rawDurations: out[7]))
        }
    }
}
