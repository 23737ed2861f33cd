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

/// What the network has in mind for a clause before it makes audio of it.
struct AcousticCurves {
    /// Hz per frame of 12.5 ms; below 40 unvoiced.
    var pitch: [Float]
    /// Per frame, the network's measure of loudness: one more is roughly 4 dB.
    let energy: [Float]
    /// Per id, in units of two frames.
    let durations: [Float]
}

/// The network from phoneme ids to spectra, in two halves: the first tells durations and pitch, the
/// second makes spectra of whatever pitch it is given.
struct AcousticModel: Sendable {
    static let bins = 601
    /// No pitch in Hz and no duration in units of 25 ms comes near it.
    private static let valueMax: Float = 1e5
    /// Pitch in Hz, energy, and features, which the second half takes as its inputs.
    private static let handed = ["f0", "/Mul_62_output_0", "/Reshape_42_output_0"]
    private static let durations = ["/Clip_output_0", "/Sub_output_0"]
    private static let spectra = ["lh", "theta", "ln", "lr", "phi"]
    private let text: OnnxSession
    private let decoder: OnnxSession

    /// - text: from ids to durations and pitch. - decoder: from there to spectra.
    init(text: OnnxSession, decoder: OnnxSession) {
        self.text = text
        self.decoder = decoder
    }

    /// - ids: with the pad 0 at both ends. - speed: 1 is the voice's own.
    /// - bend: changes the pitch that the first half has in mind.
    /// - Throws: `.runtimeRefused`, `.modelDamaged` when the shapes are not the voice's.
    func withFrames<Made>(
        _ ids: [Int64], speed: Float,
        bend: (inout AcousticCurves) -> Void = { _ in },
        _ body: (AcousticFrames) -> Made
    ) throws(EngineError) -> Made {
        let inputs = [
            (name: "ids", tensor: Tensor(ids, shape: [1, ids.count])),
            (name: "speed", tensor: Tensor([speed], shape: [1])),
        ]
        let reported = try text.run(inputs, outputs: AcousticModel.handed + AcousticModel.durations)
        var handed = Array(reported.prefix(3))
        let (durations, rawDurations) = (reported[3].floats, reported[4].floats)
        // They become lengths and places; the spectra become samples only.
        let areNumbers = [handed[0].floats, handed[1].floats, durations, rawDurations].allSatisfy {
            values in
            values.allSatisfy { abs($0) < AcousticModel.valueMax }
        }
        var curves = AcousticCurves(
            pitch: handed[0].floats, energy: handed[1].floats, durations: durations)
        let count = curves.pitch.count
        guard count > 0, areNumbers, curves.energy.count == count, durations.count == ids.count,
            rawDurations.count == ids.count
        else { throw .modelDamaged(path: "hibari.onnx") }
        bend(&curves)
        let pitch = curves.pitch
        precondition(pitch.count == count)
        handed[0] = Tensor(pitch, shape: handed[0].shape)
        let given = zip(AcousticModel.handed, handed).map { (name: $0, tensor: $1) }
        return try decoder.run(given, lending: AcousticModel.spectra) { (out) throws(EngineError) in
            guard out.allSatisfy({ $0.count == AcousticModel.bins * count }) else {
                throw .modelDamaged(path: "hibari_decoder.onnx")
            }
            return pitch.withUnsafeBufferPointer { pitch in
                durations.withUnsafeBufferPointer { durations in
                    rawDurations.withUnsafeBufferPointer { rawDurations in
                        body(
                            AcousticFrames(
                                count: count, harmonic: out[0], harmonicPhase: out[1],
                                noise: out[2], free: out[3], freePhase: out[4], pitch: pitch,
                                durations: durations, rawDurations: rawDurations))
                    }
                }
            }
        }
    }
}
