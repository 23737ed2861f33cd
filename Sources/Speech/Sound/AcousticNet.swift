import EngineAPI
import Inference

/// What the acoustic network says of a clause: per frame of 300 samples and per bin of 40 Hz·½ the
/// log magnitude and phase of three branches, and the pitch.
struct AcousticFrames: Sendable {
    let count: Int
    /// Each [bins, count]: harmonic log magnitude, its phase before tanh, log noise, log magnitude
    /// and phase of the free branch.
    let harmonic: [Float]
    let harmonicPhase: [Float]
    let noise: [Float]
    let free: [Float]
    let freePhase: [Float]
    /// Pitch in Hz; below 40 unvoiced.
    let pitch: [Float]
    /// Per id: duration in units of 600 samples.
    let durations: [Float]
}

/// The network from phoneme ids to spectra.
struct AcousticNet: Sendable {
    static let bins = 601
    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

    /// - ids: with the pad 0 at both ends. - speed: 1 is the voice's own.
    /// - Throws: `.runtimeRefused`, `.modelDamaged` when the shapes are not the voice's.
    func frames(_ ids: [Int64], speed: Float) throws(EngineError) -> AcousticFrames {
        let out = try session.run(
            [
                ("ids", Tensor(ids, shape: [1, ids.count])), ("speed", Tensor([speed], shape: [1])),
            ], outputs: ["lh", "theta", "ln", "lr", "phi", "f0", "/Clip_output_0"])
        let count = out[5].floats.count
        let isSound =
            out[6].floats.count == ids.count
            && out[..<5].allSatisfy { $0.floats.count == AcousticNet.bins * count }
        guard isSound else { throw .modelDamaged(path: "hibari.onnx") }
        return AcousticFrames(
            count: count, harmonic: out[0].floats, harmonicPhase: out[1].floats,
            noise: out[2].floats, free: out[3].floats, freePhase: out[4].floats,
            pitch: out[5].floats, durations: out[6].floats)
    }
}
