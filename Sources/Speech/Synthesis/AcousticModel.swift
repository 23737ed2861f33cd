import EngineAPI
import Inference

/// What the acoustic network says of a clause or a part of it: per frame of 300 samples and per bin
/// of 20 Hz the log magnitude and phase of three branches. Lent for the length of one closure.
struct AcousticSpectra {
    typealias Values = UnsafeBufferPointer<Float>

    /// Frames, and which of those that lie in memory is the first.
    let count: Int
    let offset: Int
    /// Values from a bin to the next.
    let rowLength: Int
    /// Each [bins, rowLength]: harmonic log magnitude, its phase before tanh, log noise, log
    /// magnitude and phase of the free branch.
    let harmonic: Values
    let harmonicPhase: Values
    let noise: Values
    let free: Values
    let freePhase: Values

    /// - branches: five, in the order of the properties.
    init(_ branches: [Values], count: Int, offset: Int = 0, rowLength: Int) {
        (self.count, self.offset, self.rowLength) = (count, offset, rowLength)
        (harmonic, harmonicPhase, noise) = (branches[0], branches[1], branches[2])
        (free, freePhase) = (branches[3], branches[4])
    }
}

/// The same of a whole clause, with its pitch and times.
struct AcousticFrames {
    typealias Values = AcousticSpectra.Values

    let spectra: AcousticSpectra
    /// Pitch in Hz; below 40 unvoiced.
    let pitch: Values
    /// Per id: duration in units of 600 samples, and the same before it was divided by the speed
    /// and rounded.
    let durations: Values
    let rawDurations: Values

    var count: Int { pitch.count }
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

    /// Frames on both sides that a part is made with. Nine convolutions of seven look 27 far, but
    /// what lies beyond sixteen changes less than the rounding of the network's bytes does.
    static let context = 16

    /// A clause as the first half of the network means it.
    struct Outline {
        /// Bent already.
        fileprivate(set) var curves: AcousticCurves
        /// Per id, before it was divided by the speed and rounded.
        fileprivate(set) var rawDurations: [Float]
        /// What the second half takes: [1, frames] or [1, features, frames] each.
        fileprivate var handed: [Tensor]

        var count: Int { curves.pitch.count }

        /// A part of the frames.
        fileprivate func handed(_ part: Range<Int>) -> [Tensor] {
            guard part != 0..<count else { return handed }
            return handed.map { tensor in
                let values = tensor.floats
                var shape = tensor.shape
                shape[shape.count - 1] = part.count
                return Tensor(
                    stride(from: 0, to: values.count, by: count).flatMap {
                        values[$0 + part.lowerBound..<$0 + part.upperBound]
                    }, shape: shape)
            }
        }
    }

    /// - ids: with the pad 0 at both ends. - speed: 1 is the voice's own.
    /// - bend: changes the pitch that the first half has in mind.
    /// - Throws: `.runtimeRefused`, `.modelDamaged` when the shapes are not the voice's.
    func outline(
        _ ids: [Int64], speed: Float, bend: (inout AcousticCurves) -> Void = { _ in }
    ) throws(EngineError) -> Outline {
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
            rawDurations.count == ids.count, handed.allSatisfy({ $0.shape.last == count })
        else { throw .modelDamaged(path: "hibari.onnx") }
        bend(&curves)
        precondition(curves.pitch.count == count)
        handed[0] = Tensor(curves.pitch, shape: handed[0].shape)
        return Outline(curves: curves, rawDurations: rawDurations, handed: handed)
    }

    /// The spectra of a part of a clause: those of the whole, but for the rounding of the bytes
    /// that the network multiplies, whose scale is the part's own.
    /// - Throws: as `outline`.
    func withSpectra<Made>(
        of outline: Outline, _ part: Range<Int>, _ body: (AcousticSpectra) -> Made
    ) throws(EngineError) -> Made {
        let start = max(part.lowerBound - AcousticModel.context, 0)
        let around = start..<min(part.upperBound + AcousticModel.context, outline.count)
        let given = zip(AcousticModel.handed, outline.handed(around)).map {
            (name: $0, tensor: $1)
        }
        return try decoder.run(given, lending: AcousticModel.spectra) { (out) throws(EngineError) in
            guard out.allSatisfy({ $0.count == AcousticModel.bins * around.count }) else {
                throw .modelDamaged(path: "hibari_decoder.onnx")
            }
            return body(
                AcousticSpectra(
                    out, count: part.count, offset: part.lowerBound - start,
                    rowLength: around.count))
        }
    }

    /// A whole clause at once; as `outline`.
    func withFrames<Made>(
        _ ids: [Int64], speed: Float,
        bend: (inout AcousticCurves) -> Void = { _ in },
        _ body: (AcousticFrames) -> Made
    ) throws(EngineError) -> Made {
        let outline = try outline(ids, speed: speed, bend: bend)
        return try withSpectra(of: outline, 0..<outline.count) { spectra in
            outline.curves.pitch.withUnsafeBufferPointer { pitch in
                outline.curves.durations.withUnsafeBufferPointer { durations in
                    outline.rawDurations.withUnsafeBufferPointer { rawDurations in
                        body(
                            AcousticFrames(
                                spectra: spectra, pitch: pitch, durations: durations,
                                rawDurations: rawDurations))
                    }
                }
            }
        }
    }
}
