import EngineAPI
import Execution

/// A face that is shown: draws its frames on the session's clock, a little before they are due, and
/// knows when the voice's samples are.
///
/// The clock counts milliseconds from the first frame, and never restarts. One task draws; whoever
/// changes what is shown waits until the frame that is being drawn has left.
actor LiveFace {
    /// Takes what is to be sent: the type and the fields of an event.
    typealias Send = @Sendable (_ type: String, _ fields: [String: JSONValue]) -> Void

    private let animation: any LiveAnimationSession
    private let encoder: any LiveVideoEncoding
    private let codecName: String
    private let output: RealtimeOutput
    private let metrics: RealtimeMetrics
    private let place: Permit
    private let send: Send
    private let frameMilliseconds: Double
    /// The stream's clock is at 0 then.
    private let origin: ContinuousClock.Instant
    /// Where on the stream's clock the animation's own began.
    private let begin: Int
    private var lead: Int
    private var isPaused: Bool
    private var isClosed = false
    /// Nothing is drawn any more: it failed, or is being closed.
    private var isStopped = false
    /// When the next frame is due; those before it have left.
    private var next: Int
    private var needsKeyframe = true
    private var keyframeAt: Int
    /// Every other frame is left out: the processors are busy.
    private var isHalved = false
    /// Frames in a row that were on time while every other one is left out.
    private var onTimeCount = 0
    /// A frame is being drawn, or the voice is being cut.
    private var isHeld = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var usedFrame: VideoFrame?
    /// Where what the voice has said so far ends.
    private var voiceEnd = 0
    private var drawing: Task<Void, Never>?

    /// Four seconds of frames that are on time bring the others back.
    private static let onTimeFrames = 50
    /// Of H.264: a keyframe comes at least so often.
    private static let keyframeMilliseconds = 4_000

    /// - origin: when the stream's clock was at 0; nil begins it now.
    init(
        _ animation: any LiveAnimationSession, _ encoder: any LiveVideoEncoding,
        _ head: LiveVideoHead, _ avatar: AvatarConfiguration, output: RealtimeOutput,
        metrics: RealtimeMetrics, place: Permit, origin: ContinuousClock.Instant?,
        send: @escaping Send
    ) {
        self.animation = animation
        self.encoder = encoder
        (self.output, self.metrics, self.place, self.send) = (output, metrics, place, send)
        codecName = head.codec
        lead = avatar.leadMilliseconds
        isPaused = avatar.isPaused
        frameMilliseconds = 1_000 / Double(avatar.framesPerSecond)
        // The first frame leaves at once, and is due `lead` later.
        let started = origin ?? .now + .milliseconds(avatar.leadMilliseconds)
        self.origin = started
        begin = max(0, Int(bounded: (ContinuousClock.now - started) / .milliseconds(1)) + lead)
        next = begin
        keyframeAt = begin
        send(
            "response.video.delta",
            [
                "codec": .string(head.codec), "delta": .string(base64Text(head.bytes)),
                "init": true, "stream_ms": .number(Double(begin)), "duration_ms": 0,
                "output_index": 0, "response_id": .null,
            ])
    }

    /// The stream's clock began then.
    nonisolated var startedAt: ContinuousClock.Instant { origin }

    /// Begins to draw.
    func start() { drawing = Task { await draw() } }

    /// Milliseconds on the stream's clock.
    var now: Int { Int(bounded: (ContinuousClock.now - origin) / .milliseconds(1)) }

    // MARK: drawing

    private func draw() async {
        while !isStopped {
            let at = origin + .milliseconds(next - lead)
            if ContinuousClock.now < at {
                guard (try? await Task.sleep(until: at, clock: .continuous)) != nil else { return }
            }
            guard !isStopped else { return }
            catchUp()
            guard !isPaused, !output.isFull else {
                metrics.add(.frames, "skipped")
                skip()
                continue
            }
            await take()
            do throws(EngineError) {
                if !isStopped { try await drawOne() }
            } catch {
                isStopped = true
            }
            giveBack()
        }
    }

    /// Waits until no frame is being drawn and nothing is being changed, and holds that.
    private func take() async {
        while isHeld { await withCheckedContinuation { waiters.append($0) } }
        isHeld = true
    }

    private func giveBack() {
        isHeld = false
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    private var step: Int { Int(bounded: (frameMilliseconds * (isHalved ? 2 : 1)).rounded()) }

    /// The frame is not sent; the next one is a keyframe.
    private func skip() {
        next += step
        needsKeyframe = true
    }

    /// Where drawing is behind, frames are left out until it is not.
    private func catchUp() {
        let behind = now - (next - lead)
        if behind > 2 * step {
            (isHalved, onTimeCount) = (true, 0)
            // Whole frames; the times between two that are sent only grow.
            let count = (behind - step) / max(step, 1)
            if count > 2 {
                metrics.add(.frames, "skipped", Double(count))
                next += count * step
                needsKeyframe = true
            }
        } else if isHalved {
            onTimeCount = behind < step / 2 ? onTimeCount + 1 : 0
            if onTimeCount >= Self.onTimeFrames { isHalved = false }
        }
    }

    private func drawOne() async throws(EngineError) {
        let (at, duration) = (next, step)
        let frame = try await animation.frame(
            at: Double(at - begin) / 1_000, reusing: usedFrame)
        let isKeyframe = needsKeyframe || at - keyframeAt >= Self.keyframeMilliseconds
        let fragment = try await encoder.add(
            frame, atMilliseconds: at, durationMilliseconds: duration, isKeyframe: isKeyframe)
        usedFrame = frame
        if fragment.isKeyframe { (needsKeyframe, keyframeAt) = (false, at) }
        next = at + duration
        metrics.add(.frames, "sent")
        send(
            "response.video.delta",
            [
                "codec": .string(codecName), "delta": .string(base64Text(fragment.bytes)),
                "init": false, "keyframe": .bool(fragment.isKeyframe),
                "stream_ms": .number(Double(at)), "duration_ms": .number(Double(duration)),
                "output_index": 0, "response_id": .null,
            ])
    }

    // MARK: the voice

    /// The face will say a clause; returns when its first sample is due.
    func hear(_ clause: SpokenClause) async -> Int {
        let start = max(voiceEnd, next)
        voiceEnd = start + Int(bounded: (clause.clip.seconds * 1_000).rounded())
        let visemes = clause.visemes.map {
            TimedViseme(
                viseme: $0.viseme, startSeconds: $0.startSeconds - clause.startSeconds,
                endSeconds: $0.endSeconds - clause.startSeconds)
        }
        try? await animation.hear(
            clause.clip, visemes: visemes, at: Double(start - begin) / 1_000)
        return start
    }

    /// Waits until what is due at a time may be sent.
    func wait(until milliseconds: Int) async {
        try? await Task.sleep(
            until: origin + .milliseconds(milliseconds - lead), clock: .continuous)
    }

    /// Waits until all that was said is over.
    func waitForVoiceEnd() async {
        while now < voiceEnd, !isStopped {
            guard
                (try? await Task.sleep(for: .milliseconds(min(100, max(voiceEnd - now, 1))))) != nil
            else { return }
        }
    }

    /// The voice is cut: tells the first picture that knows of it, which is the very next one.
    func cutVoice(of responseID: String) async {
        await take()
        needsKeyframe = true
        voiceEnd = min(voiceEnd, next)
        await animation.cutVoice(at: Double(next - begin) / 1_000)
        tellVoice("output_audio_buffer.cleared", responseID, at: next)
        giveBack()
    }

    /// The voice has ended.
    func endVoice(of responseID: String) {
        tellVoice("output_audio_buffer.stopped", responseID, at: voiceEnd)
    }

    private func tellVoice(_ type: String, _ responseID: String, at time: Int) {
        send(
            type, ["response_id": .string(responseID), "stream_ms": .number(Double(time))])
        send("session.avatar.switch_to_idle", ["stream_ms": .number(Double(time))])
    }

    func attend(_ isAttending: Bool) async { await animation.attend(isAttending) }

    // MARK: settings

    /// Takes what needs no other face.
    func take(_ avatar: AvatarConfiguration) async {
        pause(avatar.isPaused, leadMilliseconds: avatar.leadMilliseconds)
        await animation.show(avatar.expression, intensity: avatar.expressionIntensity)
    }

    private func pause(_ isPaused: Bool, leadMilliseconds: Int) {
        if self.isPaused, !isPaused { needsKeyframe = true }
        self.isPaused = isPaused
        // Frames that have left stay.
        lead = leadMilliseconds
    }

    /// Ends its threads; frees its place.
    func close() async {
        guard !isClosed else { return }
        (isClosed, isStopped) = (true, true)
        drawing?.cancel()
        await drawing?.value
        await animation.close()
        await encoder.close()
        place.lend()
    }
}
