import EngineAPI
import Execution
import Glibc
import Inference

/// Hears how voices sound: CAM++ as `scripts/models/voices/convert.py` lays it out (input `fbank`
/// float32 `[N, T, 80]`; outputs `voice` `[N, 192]`, `traits` `[N, 192]` and `spread` `[192]`), on
/// a thread of its own, loaded on first use.
actor SpeakerNet {
    static let file = "speakers/voices.onnx"
    private static let width = 192
    private static let traitCount = 192
    private static let bands = 80
    /// The quietest power whose logarithm is taken, as in training.
    private static let powerMin: Float = 1.1921e-7
    private static let framesMin = 32
    /// Windows of a run: memory is bounded and cancelling is prompt.
    private static let windowsMax = 8

    private let thread = ThreadExecutor(name: "speakers")
    private let runtime: @Sendable () throws(EngineError) -> OnnxRuntime
    private let models: ModelDirectory
    private var loaded: Loaded?

    private struct Loaded {
        let session: OnnxSession
        let mel: MelBands
        let statistics: VoiceStatistics
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        runtime: @escaping @Sendable () throws(EngineError) -> OnnxRuntime, models: ModelDirectory
    ) {
        self.runtime = runtime
        self.models = models
    }

    /// Whether its file is here.
    nonisolated var isPresent: Bool { models.has(Self.file) }

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.runtimeRefused`, and where
    ///   no thread can be made.
    nonisolated func load() async throws(EngineError) {
        try thread.ready()
        try await open()
    }

    private func open() throws(EngineError) { _ = try net() }

    private func net() throws(EngineError) -> Loaded {
        if let loaded { return loaded }
        let path = try models.verified(Self.file)
        let session = try OnnxSession(
            try runtime(), modelPath: path,
            options: OnnxSession.Options(staysOnCPU: true, plansMemory: false))
        try session.require(
            inputs: [TensorSpec("fbank", [nil, nil, Self.bands])],
            outputs: [
                TensorSpec("voice", [nil, Self.width]),
                TensorSpec("traits", [nil, Self.traitCount]),
                TensorSpec("spread", [Self.traitCount]),
            ], of: path)
        let silence = Tensor(
            [Float](repeating: 0, count: Self.bands * Self.framesMin),
            shape: [1, Self.framesMin, Self.bands])
        let spread = try session.run([("fbank", silence)], outputs: ["spread"])[0]
            .floats(exactly: Self.traitCount, of: Self.file)
        guard spread.allSatisfy({ $0 > 0 }) else { throw .modelDamaged(path: path) }
        let new = Loaded(
            session: session, mel: MelBands(Self.bands, .kaldi),
            statistics: VoiceStatistics(spread: spread))
        loaded = new
        return new
    }

    /// Work on voices that were heard, which takes its time.
    func run<Made: Sendable>(
        _ body: @Sendable (VoiceStatistics) throws(EngineError) -> Made
    ) throws(EngineError) -> Made { try body(try net().statistics) }

    /// The voices of a piece's speech.
    /// - after: what lies before this sample of the clip is known already.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.modelDamaged`, and what loading throws.
    func voices(
        of pieces: [SpokenPiece], after: Int, work: WorkContext
    ) throws(EngineError) -> [VoiceWindow] {
        let net = try net()
        var end = after
        var ranges: [SampleRange] = []
        var spectra: [[Float]] = []
        for piece in pieces {
            for region in piece.regions {
                let inside = region.clamped(
                    to: max(
                        end, piece.range.lowerBound)..<max(
                            end, piece.range.upperBound))
                let windows = VoiceWindow.ranges(in: inside)
                guard let first = windows.first, let last = windows.last else { continue }
                let all = first.lowerBound..<last.upperBound
                let spectrum = Self.spectrum(of: piece, all, net.mel)
                for window in windows {
                    let from = (window.lowerBound - all.lowerBound) / MelBands.hop * Self.bands
                    let count = window.count / MelBands.hop * Self.bands
                    spectra.append(Array(spectrum[from..<from + count]))
                }
                ranges += windows
                end = max(end, inside.upperBound)
            }
        }
        let voices = try Self.voices(spectra, net.session, work)
        return zip(ranges, voices).map {
            VoiceWindow(range: $0, voice: $1.voice, traits: $1.traits)
        }
    }

    /// Bands by frames, each with its bands, of a stretch of a piece brought to one level.
    private static func spectrum(
        of piece: SpokenPiece, _ range: SampleRange, _ mel: MelBands
    ) -> [Float] {
        let half = MelBands.window / 2
        let frames = range.count / MelBands.hop
        let blocks = (frames + MelBands.framesPerBlock - 1) / MelBands.framesPerBlock
        var padded = [Float](
            repeating: 0, count: blocks * MelBands.framesPerBlock * MelBands.hop + MelBands.window)
        let wanted = range.lowerBound - half..<range.lowerBound - half + padded.count
        let there = wanted.clamped(to: piece.range)
        let offset = piece.samples.startIndex - piece.range.lowerBound
        padded.replaceSubrange(
            there.lowerBound - wanted.lowerBound..<there.upperBound - wanted.lowerBound,
            with: piece.samples[there.lowerBound + offset..<there.upperBound + offset])
        level(&padded)
        var made = [Float](repeating: 0, count: blocks * MelBands.framesPerBlock * bands)
        padded.withUnsafeBufferPointer { samples in
            for block in 0..<blocks {
                let first = block * MelBands.framesPerBlock
                let part = UnsafeBufferPointer(rebasing: samples[(first * MelBands.hop)...])
                mel.block(part) { band, one, two in
                    for lane in 0..<8 {
                        made[(first + lane) * bands + band] = logf(max(one[lane], powerMin))
                        made[(first + 8 + lane) * bands + band] = logf(max(two[lane], powerMin))
                    }
                }
            }
        }
        return made
    }

    /// What the net was trained on: 30 dB below full scale.
    private static let wantedPower: Float = 0.001

    private static func level(_ samples: inout [Float]) {
        let power = samples.reduce(0) { $0 + $1 * $1 } / Float(max(1, samples.count))
        guard power > 1e-12, power.isFinite else { return }
        let gain = (wantedPower / power).squareRoot()
        for index in samples.indices { samples[index] *= gain }
    }

    /// Windows of one length are read together.
    private static func voices(
        _ spectra: [[Float]], _ session: OnnxSession, _ work: WorkContext
    ) throws(EngineError) -> [(voice: [Float], traits: [Float])] {
        var voices = [(voice: [Float], traits: [Float])](
            repeating: ([], []), count: spectra.count)
        let order = spectra.indices.sorted { (spectra[$0].count, $0) < (spectra[$1].count, $1) }
        var rest = order[...]
        while let first = rest.first {
            try work.check()
            let count = spectra[first].count
            let batch = rest.prefix(windowsMax).prefix { spectra[$0].count == count }
            rest = rest.dropFirst(batch.count)
            let input = Tensor(
                batch.flatMap { spectra[$0] }, shape: [batch.count, count / bands, bands])
            let made = try session.run([("fbank", input)], outputs: ["voice", "traits"])
            let voice = try made[0].floats(exactly: batch.count * width, of: file)
            let traits = try made[1].floats(exactly: batch.count * traitCount, of: file)
            for (place, index) in batch.enumerated() {
                voices[index] = (
                    Array(voice[place * width..<(place + 1) * width]),
                    Array(traits[place * traitCount..<(place + 1) * traitCount])
                )
            }
        }
        return voices
    }
}
