import EngineAPI
import FoundationEssentials
import HTTPWire

/// One live conversation: hears a person, answers by voice, and shows a face. Everything that
/// happens in it happens here, one thing at a time; work that takes long runs in tasks that come
/// back with what they made.
actor RealtimeSession {
    let id: String
    let hub: RealtimeHub
    let output: RealtimeOutput
    let memory: MemoryAccount
    /// nil where none is exported.
    private let span: RequestSpan?
    let expiresAt: Int
    var configuration: RealtimeConfiguration
    var conversation = Conversation()
    let conversationID: String
    var hearing = Hearing()
    var active: ActiveResponse?
    /// A turn was heard and shall be answered once what is being said has ended.
    var owesAnswer = false
    var face: LiveFace?
    var report = RealtimeReport()
    var firstSounds: [Int] = []
    /// Items whose sound is still being read, in order of the conversation.
    var unread: Set<String> = []
    var unreadWaiters: [CheckedContinuation<Void, Never>] = []
    /// The clock of a face that was shown before.
    var streamOrigin: ContinuousClock.Instant?
    private var lastMessageAt = ContinuousClock.now
    private let startedAt = ContinuousClock.now
    private(set) var isEnded = false
    /// Bytes of `memory` that are charged for what is kept.
    private var charged = 0
    private var isStopping = false
    /// Ends all work of the session.
    let cancellation = Cancellation()

    init(
        _ kind: RealtimeConfiguration.Kind, model: String, hub: RealtimeHub,
        output: RealtimeOutput, memory: MemoryAccount, span: RequestSpan? = nil
    ) {
        self.span = span
        self.hub = hub
        self.output = output
        self.memory = memory
        id = "sess_\(hub.ids.next())"
        conversationID = "conv_\(hub.ids.next())"
        configuration = RealtimeConfiguration(kind, model: model)
        expiresAt = Int(bounded: hub.now()) + hub.settings.secondsMax
    }

    /// `session` as events show it.
    var shown: JSONValue {
        configuration.shown(id: id, expiresAt: expiresAt, canAnswer: hub.canAnswer)
    }

    /// Says hello.
    func begin() { emit("session.created", ["session": shown]) }

    func emit(_ type: String, _ fields: [String: JSONValue]) {
        guard !isEnded else { return }
        output.put(type, fields)
    }

    func newID(_ kind: String) -> String { "\(kind)_\(hub.ids.next())" }

    /// A stage of a turn has ended: counted, and told in the trace.
    /// - response: whose it is; nil where it is the conversation's.
    func measured(
        _ stage: String, since start: ContinuousClock.Instant, of response: ActiveResponse? = nil
    ) {
        let time = ContinuousClock.now - start
        hub.metrics.measured(stage, seconds: time / .seconds(1))
        let told = StageTime(name: stage, milliseconds: time / .milliseconds(1))
        if let response { response.span?.add(told) } else { span?.tell(told) }
    }

    /// The span of a response, which begins with the end of the speech that it answers.
    func responseSpan(since start: ContinuousClock.Instant?) -> RequestSpan? {
        span?.child(startedAgo: start.map { .now - $0 } ?? .zero)
    }

    // MARK: messages

    /// One message of the client's.
    func receive(_ message: [UInt8]) async {
        guard !isEnded else { return }
        lastMessageAt = .now
        var eventID: String?
        do throws(RealtimeError) {
            let event = try Self.event(message)
            if case .string(let id)? = event.values["event_id"] {
                guard id.utf8.count <= 512 else {
                    throw RealtimeError(
                        .tooLong, "The field may have at most 512 bytes.", param: "event_id")
                }
                eventID = id
            }
            guard case .string(let type)? = event.values["type"] else {
                throw RealtimeError(.invalidEvent, "The event has no type.", param: "type")
            }
            try await handle(type, event, eventID)
        } catch {
            refuse(error, eventID: eventID)
        }
        settleMemory()
    }

    /// Charges what the session keeps: sound, items, and the portrait. Where there is no room, the
    /// session ends: what it is told next could not be kept.
    private func settleMemory() {
        let portrait = configuration.avatar?.portraitBytes ?? 0
        // In steps, so that not every event charges.
        let step = 64 << 10
        let kept = hearing.bytes + conversation.bytes + portrait
        let wanted = isEnded ? 0 : (kept + step - 1) / step * step
        if wanted < charged {
            memory.release(charged - wanted)
        } else if wanted > charged {
            do throws(EngineError) {
                try memory.charge(wanted - charged)
            } catch {
                report.endedByServer = true
                return output.close(WebSocketClose.tryAgainLater, "no memory")
            }
        }
        charged = wanted
    }

    private static func event(_ message: [UInt8]) throws(RealtimeError) -> EventFields {
        guard JSONNesting.isShallow(message),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(message))
        else { throw RealtimeError(.invalidJSON, "The message is no JSON.") }
        guard case .object(let fields) = value else {
            throw RealtimeError(.invalidEvent, "An event is a JSON object.")
        }
        return EventFields(fields)
    }

    private func handle(
        _ type: String, _ event: EventFields, _ eventID: String?
    ) async throws(RealtimeError) {
        switch type {
        case "session.update": try await update(event)
        case "input_audio_buffer.append": try await appendAudio(event)
        case "input_audio_buffer.commit": try commitAudio()
        case "input_audio_buffer.clear": clearAudio()
        case "conversation.item.create": try await createItem(event)
        case "conversation.item.retrieve": try retrieveItem(event)
        case "conversation.item.delete": try deleteItem(event)
        case "conversation.item.truncate": try truncateItem(event)
        case "response.create": try createResponse(event)
        case "response.cancel": try await cancelResponse(event)
        case "input_text_buffer.append": try appendText(event)
        case "input_text_buffer.commit": try commitText()
        case "input_text_buffer.clear": await clearText()
        case "output_audio_buffer.clear": await clearOutput()
        default:
            throw RealtimeError(.unknownEventType, "No event has that type.", param: "type")
        }
    }

    /// One `error` event; the session goes on.
    func refuse(_ error: RealtimeError, eventID: String?) {
        hub.metrics.add(.errors, error.code.rawValue)
        emit(
            "error",
            [
                "error": [
                    "type": .string(error.kind), "code": .string(error.code.rawValue),
                    "message": .string(error.message),
                    "param": error.param.map { .string($0) } ?? .null,
                    "event_id": eventID.map { .string($0) } ?? .null,
                ]
            ])
    }

    /// The client sends more events than it may; this one is not looked at.
    func refuseRate() {
        let most = Int(bounded: RealtimeSettings.eventsPerSecondMax)
        refuse(
            RealtimeError(.rateLimit, "At most \(most) events a second."), eventID: nil)
    }

    // MARK: the end

    /// Watches the clocks of the session, until it ends.
    func watch() async {
        while !isEnded {
            let now = ContinuousClock.now
            if output.isStuck(now: now) {
                return output.close(WebSocketClose.policyViolation, "too slow")
            }
            let idleAt = lastMessageAt + .seconds(hub.settings.idleSeconds)
            let expiresAt = startedAt + .seconds(hub.settings.secondsMax)
            if now >= expiresAt {
                return await close(
                    RealtimeError(
                        .expired,
                        "A session lasts at most \(hub.settings.secondsMax) seconds."))
            }
            // A turn that is being answered is not idle.
            if now >= idleAt, active == nil {
                return await close(
                    RealtimeError(
                        .idle,
                        "Nothing came for \(hub.settings.idleSeconds) seconds."))
            }
            let wakeAt = min(max(idleAt, now + .seconds(1)), expiresAt, now + .seconds(5))
            guard (try? await Task.sleep(until: wakeAt, clock: .continuous)) != nil else { return }
        }
    }

    private func close(_ error: RealtimeError) async {
        await endResponse(.cancelled("client_cancelled"))
        refuse(error, eventID: nil)
        report.endedByServer = true
        output.close(WebSocketClose.normal, error.code.rawValue)
    }

    /// The server stops: what is being said may end, for a while.
    func stop() async {
        guard !isStopping, !isEnded else { return }
        isStopping = true
        report.endedByServer = true
        let until = ContinuousClock.now + .seconds(Self.stopSeconds)
        while active != nil, !isEnded, ContinuousClock.now < until {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { break }
        }
        await endResponse(.cancelled("client_cancelled"))
        output.close(WebSocketClose.goingAway, "the server stops")
    }

    /// Less than a server gives its requests to end.
    private static let stopSeconds = 6

    /// The client has gone: all work ends.
    func cancelAll() async {
        cancellation.raise()
        await endResponse(.cancelled("client_cancelled"))
    }

    /// Lets go of all that the session holds.
    func end() async -> RealtimeReport {
        await cancelAll()
        isEnded = true
        hearing.stop()
        settleMemory()
        resumeReaders()
        if let face {
            self.face = nil
            await face.close()
        }
        if !firstSounds.isEmpty {
            report.firstSoundMilliseconds = firstSounds.sorted()[firstSounds.count / 2]
        }
        return report
    }
}
