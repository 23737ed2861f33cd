/// A face that lives while it is looked at: it listens, and says what it is told, on a clock of
/// seconds since it began. What it will say may be told and taken back at any time, but for what
/// was drawn. Used by one task at a time.
package protocol LiveAnimationSession: Sendable {
    var canvas: AnimationCanvas { get }

    /// What will be heard from a time on; it takes the place of what was told of that time.
    /// - visemes: times from the clip's first sample.
    /// - seconds: on the session's clock, not before what was drawn last.
    /// - Throws: `.cancelled`, `.memoryShort`.
    func hear(
        _ clip: AudioClip, visemes: [TimedViseme], at seconds: Double
    ) async throws(EngineError)

    /// Nothing is heard from then on: the mouth comes to rest within 120 ms.
    func cutVoice(at seconds: Double) async

    /// Whether somebody talks to the face: it is a shade livelier, and nods now and then.
    func attend(_ isAttending: Bool) async

    /// What the face shows beside speech from now on: it comes within a second or two.
    /// - intensity: 0…1.
    func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) async

    /// The face at a time, later than that of the frame before.
    /// - used: a frame of this session that nobody needs any more; it is drawn over.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    func frame(
        at seconds: Double, reusing used: VideoFrame?
    ) async throws(EngineError) -> VideoFrame

    /// Ends its threads.
    func close() async
}
