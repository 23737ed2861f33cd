import EngineAPI
import Inference

/// Speech → how likely each of the fifteen shapes is, 100 times a second.
/// The net is our own: scripts/models/visemes. It sees 61 frames back and 9 ahead, so that a film
/// can leave while it is made.
struct MouthNet: ShapeReading {
    private static let framesBack = 61
    private static let framesAhead = 9
    /// Ten seconds: bounds memory for long clips.
    private static let framesPerRun = 1000

    private let session: OnnxSession
    private let profile: [Float]
    private let ear = MouthEar()

    init(_ session: OnnxSession) throws(EngineError) {
        self.session = session
        let hush = Tensor(
            [Float](repeating: 0, count: MouthEar.bands), shape: [1, 1, MouthEar.bands])
        profile = try session.run([("mel", hush)], outputs: ["profile"])[0].floats
    }

    func shapes(_ samples: [Float], work: Work) throws(EngineError) -> [SIMD16<Float>] {
        let frames = MouthEar.frames(samples.count)
        var rows: [SIMD16<Float>] = []
        rows.reserveCapacity(frames)
        var normaliser = Normaliser(profile: profile)
        // Normalised frames from `kept` on, always up to the end of the next run.
        var (mel, kept): ([Float], Int) = ([], 0)
        while rows.count < frames {
            try work.check()
            let (start, end) = (rows.count, min(rows.count + Self.framesPerRun, frames))
            let heard = kept + mel.count / MouthEar.bands
            let new = ear.logMel(samples, heard..<max(heard, min(end + Self.framesAhead, frames)))
            mel += new
            for at in stride(from: mel.count - new.count, to: mel.count, by: MouthEar.bands) {
                normaliser.normalise(&mel[at..<at + MouthEar.bands])
            }
            let first = max(0, start - Self.framesBack)
            mel.removeFirst((first - kept) * MouthEar.bands)
            kept = first
            let count = mel.count / MouthEar.bands
            let input = Tensor(mel, shape: [1, count, MouthEar.bands])
            let logits = try session.run([("mel", input)], outputs: ["logits"])[0].floats
            for frame in start - first..<end - first {
                rows.append(Viseme.certainties(logits, frame))
            }
        }
        return rows
    }
}
