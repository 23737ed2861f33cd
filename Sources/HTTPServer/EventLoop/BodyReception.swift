import HTTPWire

/// What a loop keeps of a body while it comes.
final class BodyReception {
    private enum State { case coming, whole, failed }

    let body: ConnectionRequestBody
    var reader: BodyReader
    /// Starts the task that responds; taken when it has been started.
    var start: (() -> Void)?
    private var state = State.coming
    /// When the body began, monotonic milliseconds, without the time in which nobody wanted it.
    private var began: UInt64
    private var pausedSince: UInt64?

    init(_ body: ConnectionRequestBody, _ reader: BodyReader, now: UInt64) {
        self.body = body
        self.reader = reader
        began = now
    }

    var isComing: Bool { state == .coming }
    var isWhole: Bool { state == .whole }

    /// Whether to read from the client now. While nobody wants its bytes, its time stands still.
    func wantsInput(now: UInt64) -> Bool {
        guard isComing else { return false }
        guard body.hasRoom() else {
            pausedSince = pausedSince ?? now
            return false
        }
        if let since = pausedSince { began += now - since }
        pausedSince = nil
        return true
    }

    /// Whether the client was too slow. A body may take as long as it comes at the least rate, as
    /// large ones do.
    func isLate(now: UInt64, _ settings: ServerSettings) -> Bool {
        isComing && pausedSince == nil
            && now >= began + settings.milliseconds(settings.readSeconds, bytes: reader.received)
    }

    func finish() {
        state = .whole
        body.finish()
    }

    /// - Returns: false where it had ended already.
    func fail(_ error: HTTPError) -> Bool {
        guard isComing else { return false }
        state = .failed
        body.fail(error)
        return true
    }
}
