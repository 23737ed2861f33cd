import EngineAPI
import Execution
import HTTPWire
import Logging

/// One socket of `/v1/realtime`: reads its messages, and ends its session with it.
final class RealtimeConnection: WebSocketHandling {
    private let hub: RealtimeHub
    private let kind: RealtimeConfiguration.Kind
    private let model: String
    private let requestID: String
    private let trace: String?
    /// nil where none is exported.
    private let span: RequestSpan?
    /// Given back when the connection goes.
    private let place: Permit
    private let visit: ClientVisit?
    private let memory: MemoryAccount
    private let session = Mutex<RealtimeSession?>(nil)
    private let isStopping = Mutex(false)

    let subprotocol: String?
    let responseFields: [(String, String)]
    let limits: WebSocketLimits

    /// - fields: what every response bears.
    init(
        _ head: RequestHead, hub: RealtimeHub, requestID: String, visit: ClientVisit?,
        fields: [(String, String)], span: RequestSpan? = nil
    ) throws(Problem) {
        let query = formPairs(head.query.utf8) ?? []
        let intent = query.first { $0.0 == "intent" }?.1
        kind = intent == "transcription" ? .transcription : .conversation
        model = String((query.first { $0.0 == "model" }?.1 ?? "").prefix(256))
        self.hub = hub
        self.span = span
        self.requestID = requestID
        self.visit = visit
        trace = traceID(head)
        place = try hub.place()
        memory = MemoryAccount(hub.memory)
        do throws(EngineError) {
            try memory.charge(RealtimeSettings.sessionBytes)
        } catch {
            throw Problem(error)
        }
        // Never the one that holds the key.
        subprotocol = Self.subprotocols(head).contains("realtime") ? "realtime" : nil
        responseFields = [("X-Request-Id", requestID)] + fields
        var limits = WebSocketLimits()
        limits.messageBytesMax = hub.settings.messageBytesMax
        limits.takesBinary = false
        self.limits = limits
    }

    private static func subprotocols(_ head: RequestHead) -> [String] {
        head.values("sec-websocket-protocol").flatMap { $0.split(separator: ",") }
            .map { String($0).trimmingBlanks() }
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) { try memory.charge(bytes) } catch { throw .overloaded }
    }

    func release(_ bytes: Int) { memory.release(bytes) }

    func run(_ socket: any WebSocketConnection) async {
        let output = RealtimeOutput(socket, ids: hub.ids)
        let session = RealtimeSession(
            kind, model: model, hub: hub, output: output, memory: memory, span: span)
        self.session.withLock { $0 = session }
        hub.metrics.opened(kind.label)
        let started = ContinuousClock.now
        await session.begin()
        if isStopping.withLock({ $0 }) { await session.stop() }
        let sending = Task { await output.run() }
        let watching = Task { await session.watch() }
        var (bytes, rate) = (0, EventRate())
        var ending = WebSocketClose(code: WebSocketClose.abnormal)
        reading: while true {
            switch await socket.next() {
            case .closed(let close):
                ending = close
                break reading
            case .binary: break
            // Nobody is there for what it would do.
            case .text where socket.isClosed: break
            case .text(let message):
                bytes += message.count
                guard rate.takes(at: .now) else {
                    await session.refuseRate()
                    continue
                }
                await session.receive(message)
            }
        }
        watching.cancel()
        let report = await session.end()
        output.close(ending.code ?? WebSocketClose.normal, "")
        await sending.value
        self.session.withLock { $0 = nil }
        hub.metrics.ended(kind.label)
        tell(report, ending, output, bytesIn: bytes, .now - started)
        place.lend()
    }

    /// One line in the log, and the end of its trace: nothing of what was said.
    private func tell(
        _ report: RealtimeReport, _ ending: WebSocketClose, _ output: RealtimeOutput,
        bytesIn: Int, _ time: Duration
    ) {
        let code = output.closeCode ?? ending.code ?? WebSocketClose.normal
        let lost = ending.code == WebSocketClose.abnormal
        hub.metrics.add(.closed, String(lost ? WebSocketClose.abnormal : code))
        endSpan(report, code: code)
        var notes: Logger.Metadata = [
            "id": "\(requestID)", "route": "realtime", "status": "101",
            "ms": "\(Int(bounded: time / .milliseconds(1)))", "code": "\(code)",
            "by": "\(lost ? "lost" : report.endedByServer ? "server" : "client")",
            "turns": "\(report.turns)", "interruptions": "\(report.interruptions)",
            "bytes_in": "\(bytesIn)", "bytes_out": "\(output.bytesSent)",
            "heard_ms": "\(report.heardMilliseconds)", "said_ms": "\(report.saidMilliseconds)",
        ]
        if let first = report.firstSoundMilliseconds { notes["first_sound_ms"] = "\(first)" }
        if let trace { notes["trace"] = "\(trace)" }
        hub.log.info("conversation ended", metadata: notes)
    }

    private func endSpan(_ report: RealtimeReport, code: UInt16) {
        span?.end(
            "GET /v1/realtime", kind: .server,
            attributes: [
                ("http.request.method", "GET"), ("http.route", "/v1/realtime"),
                ("http.response.status_code", 101), ("avatar.request.id", .string(requestID)),
                ("avatar.conversation.kind", .string(kind.label)),
                ("avatar.conversation.close_code", .number(Double(code))),
                ("avatar.conversation.turns", .number(Double(report.turns))),
                ("avatar.conversation.heard_ms", .number(Double(report.heardMilliseconds))),
                ("avatar.conversation.said_ms", .number(Double(report.saidMilliseconds))),
            ], isFault: code == WebSocketClose.internalError)
    }

    func willStop() {
        isStopping.withLock { $0 = true }
        guard let session = session.withLock({ $0 }) else { return }
        Task { await session.stop() }
    }

    func cancel(_ reason: CancellationReason) {
        guard let session = session.withLock({ $0 }) else { return }
        Task { await session.cancelAll() }
    }
}

extension RealtimeConfiguration.Kind {
    /// As metrics have it.
    var label: String { self == .conversation ? "conversation" : "transcription" }
}

/// How many events came lately: a bucket that fills with time.
private struct EventRate {
    private var room = RealtimeSettings.eventsBurstMax
    private var last: ContinuousClock.Instant?

    mutating func takes(at now: ContinuousClock.Instant) -> Bool {
        if let last {
            let seconds = (now - last) / .seconds(1)
            room = min(
                room + seconds * RealtimeSettings.eventsPerSecondMax,
                RealtimeSettings.eventsBurstMax)
        }
        last = now
        guard room >= 1 else { return false }
        room -= 1
        return true
    }
}

/// What a session came to.
struct RealtimeReport: Sendable {
    var turns = 0
    var interruptions = 0
    var heardMilliseconds = 0
    var saidMilliseconds = 0
    /// Median, from the end of speech.
    var firstSoundMilliseconds: Int?
    var endedByServer = false
}
