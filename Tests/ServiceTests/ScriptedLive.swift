import EngineAPI

/// What a live conversation asks of the engines, from a script.
extension ScriptedTranscriber {
    func openDetector(work: WorkContext) async throws(EngineError) -> any SpeechDetecting {
        ScriptedDetector()
    }

    func endOfTurnDetector() -> (any EndOfTurnDetecting)? { endOfTurn }
}

/// A turn of which less than a second was said is not over.
struct ScriptedEndOfTurn: EndOfTurnDetecting {
    func probability(_ samples: [Float], work: WorkContext) throws(EngineError) -> Float {
        guard samples.count <= 8 * 16_000 else {
            throw .backendFailed(code: 1)
        }
        return samples.count(where: { abs($0) > 0.01 }) < 16_000 ? 0.1 : 0.9
    }
}

/// Speech is what is not silent.
actor ScriptedDetector: SpeechDetecting {
    private var pending: [Float] = []

    func probabilities(_ samples: [Float]) -> [Float] {
        pending += samples
        let frames = pending.count / 512
        defer { pending.removeFirst(frames * 512) }
        return (0..<frames).map { frame in
            let block = pending[frame * 512..<(frame + 1) * 512]
            return block.reduce(0) { $0 + abs($1) } / 512 > 0.01 ? 0.95 : 0.02
        }
    }

    func reset() { pending = [] }
}

extension ScriptedTalkingHead {
    func openLive(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any LiveAnimationSession {
        if portrait.width == 1 { throw .noFace(.nothingFound) }
        return ScriptedLiveFace(width: options.sidePixels)
    }
}

/// A face whose frames count themselves.
actor ScriptedLiveFace: LiveAnimationSession {
    nonisolated let canvas: AnimationCanvas
    private var drawn = 0

    init(width: Int) { canvas = AnimationCanvas(width: width, height: 2, facesSeen: 1) }

    func hear(_ clip: AudioClip, visemes: [TimedViseme], at seconds: Double) {}
    func cutVoice(at seconds: Double) {}
    func attend(_ isAttending: Bool) {}
    func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) {}
    func frame(at seconds: Double, reusing used: VideoFrame?) -> VideoFrame {
        let frame = used ?? VideoFrame(width: canvas.width, height: canvas.height)
        (frame.index, frame.seconds) = (drawn, seconds)
        drawn += 1
        return frame
    }
    func close() {}
}

extension ScriptedCodec {
    func liveVideoEncoder(
        _ settings: LiveVideoSettings, work: WorkContext
    ) throws(EngineError) -> any LiveVideoEncoding { ScriptedLiveEncoder() }

    func rateConverter(
        fromHz: Int, toHz: Int
    ) throws(EngineError) -> any AudioRateConverting {
        ScriptedRateConverter(fromHz: fromHz, toHz: toHz)
    }
}

/// "head", and each frame's time.
actor ScriptedLiveEncoder: LiveVideoEncoding {
    private var hasBegun = false

    func start() -> LiveVideoHead {
        LiveVideoHead(bytes: Array("head".utf8), codec: "avc1.42C01E")
    }
    func add(
        _ frame: VideoFrame, atMilliseconds milliseconds: Int, durationMilliseconds duration: Int,
        isKeyframe: Bool
    ) -> LiveVideoFragment {
        defer { hasBegun = true }
        return LiveVideoFragment(
            bytes: Array("\(milliseconds)".utf8), isKeyframe: isKeyframe || !hasBegun)
    }
    func close() {}
}

/// Takes the nearest sample.
final class ScriptedRateConverter: AudioRateConverting {
    private let (fromHz, toHz): (Int, Int)
    private let counts = Mutex((taken: 0, made: 0))

    init(fromHz: Int, toHz: Int) { (self.fromHz, self.toHz) = (fromHz, toHz) }

    func convert(_ samples: [Float]) throws(EngineError) -> [Float] {
        counts.withLock { counts in
            let end = counts.taken + samples.count
            var made: [Float] = []
            while (counts.made * fromHz) / toHz < end {
                made.append(samples[(counts.made * fromHz) / toHz - counts.taken])
                counts.made += 1
            }
            counts.taken = end
            return made
        }
    }

    func finish() throws(EngineError) -> [Float] {
        counts.withLock { $0 = (0, 0) }
        return []
    }
}
