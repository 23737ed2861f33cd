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
        profile = try session.run([("mel", hush)], outputs: ["profile"])[0]
            .floats(exactly: MouthEar.bands, of: "visemes.onnx")
    }

    func listener() -> any ShapeListening { Listener(net: self) }

    private struct Listener: ShapeListening {
        let net: MouthNet
        private var normaliser: Normaliser
        /// Samples from frame `tailFrame` on: the next frame's window begins in the one before it.
        private var (tail, tailFrame): ([Float], Int) = ([], 0)
        private var samplesHeard = 0
        /// Normalised frames from `kept` on.
        private var (mel, kept): ([Float], Int) = ([], 0)
        private var framesDone = 0

        init(net: MouthNet) {
            self.net = net
            normaliser = Normaliser(profile: net.profile)
        }

        mutating func hear(
            _ samples: [Float], isLast: Bool, work: Work
        ) throws(EngineError) -> [SIMD16<Float>] {
            tail += samples
            samplesHeard += samples.count
            let known =
                isLast
                ? MouthEar.frames(samplesHeard) : MouthEar.framesWithWhole(samplesHeard)
            var rows: [SIMD16<Float>] = []
            while true {
                let run = framesDone + framesPerRun
                let end = isLast ? min(run, known) : run
                guard end > framesDone, isLast || end + framesAhead <= known else { return rows }
                try work.check()
                try rows.append(contentsOf: read(to: end, listeningTo: known))
            }
        }

        private mutating func read(
            to end: Int, listeningTo known: Int
        ) throws(EngineError) -> [SIMD16<Float>] {
            let heard = kept + mel.count / MouthEar.bands
            let until = max(heard, min(end + framesAhead, known))
            let new = net.ear.logMel(tail, heard - tailFrame..<until - tailFrame)
            mel += new
            for at in stride(from: mel.count - new.count, to: mel.count, by: MouthEar.bands) {
                normaliser.normalise(&mel[at..<at + MouthEar.bands])
            }
            let first = max(0, framesDone - framesBack)
            mel.removeFirst((first - kept) * MouthEar.bands)
            kept = first
            let count = mel.count / MouthEar.bands
            let input = Tensor(mel, shape: [1, count, MouthEar.bands])
            let logits = try net.session.run([("mel", input)], outputs: ["logits"])[0]
                .floats(exactly: count * Viseme.allCases.count, of: "visemes.onnx")
            let rows = (framesDone - first..<end - first).map { Viseme.certainties(logits, $0) }
            framesDone = end
            let left = max(until - 1, tailFrame)
            tail.removeFirst(min((left - tailFrame) * MouthEar.hop, tail.count))
            tailFrame = left
            return rows
        }
    }
}
