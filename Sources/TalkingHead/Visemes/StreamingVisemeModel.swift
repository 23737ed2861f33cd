import EngineAPI
import Inference

/// Speech → how likely each of the fifteen shapes is, 100 times a second.
/// The model is our own: scripts/models/visemes. It sees 61 frames back and 9 ahead, so that a
/// video can leave while it is made.
struct StreamingVisemeModel: VisemePredictor {
    private static let framesBack = 61
    private static let framesAhead = 9
    /// Where runs end at first, so that a video begins with the first second of its voice. Always
    /// at the same frames: another run is another sum of the same.
    private static let firstRuns = [80, 130, 200]
    /// A second: a run costs what it looks back and ahead besides.
    private static let framesPerRun = 100

    private static func runEnd(after frame: Int) -> Int {
        firstRuns.first { $0 > frame } ?? (frame / framesPerRun + 1) * framesPerRun
    }

    private let session: OnnxSession
    private let profile: [Float]
    private let frontend = LogMelFrontend()

    init(_ session: OnnxSession) throws(EngineError) {
        self.session = session
        let hush = Tensor(
            [Float](repeating: 0, count: LogMelFrontend.bands), shape: [1, 1, LogMelFrontend.bands])
        profile = try session.run([("mel", hush)], outputs: ["profile"])[0]
            .floats(exactly: LogMelFrontend.bands, of: "visemes.onnx")
    }

    func listener() -> any VisemeSession { Listener(model: self) }

    private struct Listener: VisemeSession {
        let model: StreamingVisemeModel
        private var normaliser: CepstralMeanNormalizer
        /// Samples from frame `tailFrame` on: the next frame's window begins in the one before it.
        private var (tail, tailFrame): ([Float], Int) = ([], 0)
        private var samplesHeard = 0
        /// Normalised frames from `kept` on.
        private var (mel, kept): ([Float], Int) = ([], 0)
        private var framesDone = 0

        init(model: StreamingVisemeModel) {
            self.model = model
            normaliser = CepstralMeanNormalizer(profile: model.profile)
        }

        mutating func hear(
            _ samples: [Float], isLast: Bool, work: WorkContext
        ) throws(EngineError) -> [SIMD16<Float>] {
            tail += samples
            samplesHeard += samples.count
            let known =
                isLast
                ? LogMelFrontend.frames(samplesHeard) : LogMelFrontend.framesWithWhole(samplesHeard)
            var rows: [SIMD16<Float>] = []
            while true {
                let run = StreamingVisemeModel.runEnd(after: framesDone)
                let end = isLast ? min(run, known) : run
                guard end > framesDone, isLast || end + framesAhead <= known else { return rows }
                try work.check()
                try rows.append(contentsOf: read(to: end, listeningTo: known))
            }
        }

        private mutating func read(
            to end: Int, listeningTo known: Int
        ) throws(EngineError) -> [SIMD16<Float>] {
            let analyzed = kept + mel.count / LogMelFrontend.bands
            let until = max(analyzed, min(end + framesAhead, known))
            let new = model.frontend.logMel(tail, analyzed - tailFrame..<until - tailFrame)
            mel += new
            for at in stride(from: mel.count - new.count, to: mel.count, by: LogMelFrontend.bands) {
                normaliser.normalise(&mel[at..<at + LogMelFrontend.bands])
            }
            let first = max(0, framesDone - framesBack)
            mel.removeFirst((first - kept) * LogMelFrontend.bands)
            kept = first
            let count = mel.count / LogMelFrontend.bands
            let input = Tensor(mel, shape: [1, count, LogMelFrontend.bands])
            let logits = try model.session.run([("mel", input)], outputs: ["logits"])[0]
                .floats(exactly: count * Viseme.allCases.count, of: "visemes.onnx")
            let rows = (framesDone - first..<end - first).map { Viseme.certainties(logits, $0) }
            framesDone = end
            let left = max(until - 1, tailFrame)
            tail.removeFirst(min((left - tailFrame) * LogMelFrontend.hop, tail.count))
            tailFrame = left
            return rows
        }
    }
}
