import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Logging

/// Keeps the jobs: lets them wait their turn, runs a few at a time, and forgets each a while after
/// its end. What they make lies in a `ResultStore`.
final class JobScheduler: Sendable {
    private struct State {
        var table: JobStore
        var running = 0
        /// Something purges while there are jobs.
        var isPurging = false
    }

    /// Two at a time: the engines keep the cores busy with less, and requests need them too.
    static let runningMax = 2
    private static let purgeSeconds = 30

    private static let storeLookInterval = Duration.seconds(5)

    private let stored = Mutex<ResultStore?>(nil)
    private let storeLook: Mutex<(canStore: Bool, next: ContinuousClock.Instant)>
    private let settings: ServiceSettings
    private let gate: AdmissionGate
    private let webhooks: WebhookDelivery?
    private let metrics: Metrics
    private let log: Logger
    /// The time of day, to tell; and one that only goes forward, to measure.
    private let now: @Sendable () -> Date
    private let uptime: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// - gate: where requests take their places; a job that runs has one too.
    init(
        _ settings: ServiceSettings, gate: AdmissionGate, webhooks: WebhookDelivery?,
        metrics: Metrics, log: Logger, now: @escaping @Sendable () -> Date,
        uptime: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.settings = settings
        self.gate = gate
        self.webhooks = webhooks
        self.metrics = metrics
        self.log = log
        self.now = now
        self.uptime = uptime
        storeLook = Mutex((true, uptime() + JobScheduler.storeLookInterval))
        state = Mutex(State(table: JobStore(settings)))
    }

    /// Where results lie; it has a thread, so it is made when it is first needed.
    var store: ResultStore {
        stored.withLock { stored in
            let store = stored ?? ResultStore(parent: settings.temporaryFolder)
            stored = store
            return store
        }
    }

    /// Whether results have a place. Looked up anew, on the store's own thread, at most every few
    /// seconds: whoever asks gets what was known last.
    var canStore: Bool {
        let now = uptime()
        let isDue = storeLook.withLock { look in
            guard now >= look.next else { return false }
            look.next = now + JobScheduler.storeLookInterval
            return true
        }
        if isDue {
            Task { [self] in
                let canStore = await store.isWritable()
                storeLook.withLock { $0.canStore = canStore }
            }
        }
        return storeLook.withLock { $0.canStore }
    }

    /// Looks now: at the start, before the first job is taken.
    func lookAtStore() async {
        let canStore = await store.isWritable()
        storeLook.withLock { $0.canStore = canStore }
    }

    /// Runs with the table, from which what is too old has gone.
    private func withTable<Value: Sendable, Failure: Error>(
        _ body: (inout JobStore) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let (old, result) = state.withLock { state -> ([String], Result<Value, Failure>) in
            let old = state.table.purge(now: uptime())
            do throws(Failure) {
                return (old, .success(try body(&state.table)))
            } catch {
                return (old, .failure(error))
            }
        }
        removeResults(old)
        return try result.get()
    }

    private func removeResults(_ ids: [String]) {
        guard !ids.isEmpty, let store = stored.withLock({ $0 }) else { return }
        Task { for id in ids { await store.remove(id) } }
    }

    /// How many are in each state, and the bytes of their results.
    var counts: (states: [String: Int], bytes: Int) {
        withTable { table in
            let names = table.entries.values.map { ($0.snapshot.state.name, 1) }
            return (Dictionary(names, uniquingKeysWith: +), table.storedBytes)
        }
    }

    // MARK: what requests ask

    /// Throws where one more job could not be taken now: asked before its body is read.
    func check() throws(Problem) {
        guard canStore else { throw Problem(StoreError.unavailable(code: 0)) }
        let uptime = uptime()
        try withTable { (table) throws(Problem) in try table.check(inputBytes: 0, now: uptime) }
    }

    /// Takes a job.
    func add(_ request: JobRequest) throws(Problem) -> JobSnapshot {
        let (now, uptime) = (now(), uptime())
        let snapshot = JobSnapshot(
            id: newJobID(), route: request.route, requestID: request.requestID, created: now)
        try withTable { (table) throws(Problem) in
            try table.check(inputBytes: request.inputBytes, now: uptime)
            table.add(request, snapshot)
        }
        startPurging()
        startNext()
        return snapshot
    }

    func snapshot(_ id: String) -> JobSnapshot? { withTable { $0.entries[id]?.snapshot } }

    /// What becomes of a job from now on, the present first; ends after its end.
    /// - Throws: 404, or 429 where too many watch it.
    func watch(_ id: String) throws(Problem) -> (changes: AsyncStream<JobSnapshot>, token: Int) {
        let (stream, watcher) = AsyncStream.makeStream(
            of: JobSnapshot.self, bufferingPolicy: .bufferingNewest(1))
        let token = try withTable { (table) throws(Problem) in try table.watch(id, watcher) }
        return (stream, token)
    }

    /// Tells a watcher the present once more, so that it can show that it lives.
    func nudge(_ id: String, _ token: Int) {
        withTable { table in
            guard let entry = table.entries[id] else { return }
            entry.watchers[token]?.yield(entry.snapshot)
        }
    }

    func unwatch(_ id: String, _ token: Int) {
        withTable { $0.unwatch(id, token) }?.finish()
    }

    /// Forgets a job, and cancels it where it has not ended; nil where there is none.
    func remove(_ id: String) -> JobSnapshot? {
        guard let entry = withTable({ $0.forget(id) }) else { return nil }
        removeResults([id])
        return entry.snapshot.hasEnded ? entry.snapshot : cancel(entry)
    }

    /// Stops a job's work and tells whoever waits for its end.
    private func cancel(_ entry: JobStore.Entry) -> JobSnapshot {
        entry.cancellation.raise()
        var entry = entry
        let now = now()
        entry.change { ($0.state, $0.ended) = (.cancelled, now) }
        tell(entry)
        return entry.snapshot
    }

    private func tell(_ entry: JobStore.Entry) {
        metrics.ended(job: entry.snapshot.route.name, state: entry.snapshot.state.name)
        guard let webhook = entry.webhook else { return }
        webhooks?.deliver(
            json(JSONValue.object(entry.snapshot.status)), to: webhook, job: entry.snapshot.id)
    }

    /// Frees what has lain long enough also where nobody asks for anything.
    private func startPurging() {
        let mustStart = state.withLock { state in
            defer { state.isPurging = true }
            return !state.isPurging
        }
        guard mustStart else { return }
        Task { [weak self] in
            repeat {
                try? await Task.sleep(for: .seconds(JobScheduler.purgeSeconds))
            } while self?.mustPurgeAgain() == true
        }
    }

    private func mustPurgeAgain() -> Bool {
        let isEmpty = withTable { $0.entries.isEmpty }
        if isEmpty { state.withLock { $0.isPurging = false } }
        return !isEmpty
    }

    // MARK: running

    private func startNext() {
        let id: String? = state.withLock { state in
            guard state.running < JobScheduler.runningMax, let id = state.table.next() else {
                return nil
            }
            state.running += 1
            return id
        }
        if let id { Task { await run(id) } }
    }

    private func run(_ id: String) async {
        let permit = await place(id)
        let now = now()
        if permit != nil, let (request, cancellation) = withTable({ $0.begin(id, now: now) }) {
            let work = WorkContext(
                deadline: .now + .seconds(settings.deadlineSeconds), cancellation: cancellation,
                memory: request.memory,
                observer: { [weak self] progress in self?.withTable { $0.note(progress, id) } })
            let context = RequestContext(
                id: request.requestID, work: work, trace: request.trace, span: request.span)
            let outcome = await make(id, request, context)
            end(id, outcome)
            metrics.worked(request.route.name, stages: context.stageTimes)
            endSpan(request, outcome, context)
            write(request, outcome, context)
        }
        permit?.lend()
        state.withLock { $0.running -= 1 }
        startNext()
    }

    private func endSpan(
        _ request: JobRequest, _ outcome: Result<JobResult, Problem>, _ context: RequestContext
    ) {
        let (state, isFault): (JSONValue, Bool) =
            switch outcome {
            case .success: ("done", false)
            case .failure(let problem): ("failed", problem.status >= 500)
            }
        context.endSpan(
            "job \(request.route.paths[0])", kind: .internal,
            attributes: [
                ("avatar.request.id", .string(request.requestID)), ("avatar.job.state", state),
            ], isFault: isFault)
    }

    /// A place for a job's work; nil where it was deleted meanwhile, or has waited for a day: then
    /// it has failed.
    private func place(_ id: String) async -> Permit? {
        guard let cancellation = withTable({ $0.cancellation(id) }) else { return nil }
        let wait = WorkContext(deadline: .now + .seconds(86_400), cancellation: cancellation)
        do throws(EngineError) {
            return try await gate.admitInTurn(work: wait)
        } catch {
            if error == .deadlinePassed { end(id, .failure(Problem(error))) }
            return nil
        }
    }

    private func make(
        _ id: String, _ request: JobRequest, _ context: RequestContext
    ) async -> Result<JobResult, Problem> {
        let sink = JobSink(id, store: store) { [weak self] bytes in
            self?.withTable { $0.reserve(bytes, id) } ?? .gone
        }
        let response = ResponseWriter(sink: sink, context: context)
        do throws(Problem) {
            try await request.work(response)
            return .success(try await sink.finish(serverTiming: context.serverTiming))
        } catch {
            // A store that is full looks to the route like a client that has gone.
            return .failure(sink.problem ?? error)
        }
    }

    private func end(_ id: String, _ outcome: Result<JobResult, Problem>) {
        let (now, uptime) = (now(), uptime())
        let entry = withTable { $0.end(id, outcome, now: now, uptime: uptime) }
        // What was deleted meanwhile, or came to nothing, leaves nothing behind.
        if entry?.storedBytes ?? 0 == 0 { removeResults([id]) }
        if let entry { tell(entry) }
    }

    /// A job's id opens its result, so it stays out of the log.
    private func write(
        _ request: JobRequest, _ outcome: Result<JobResult, Problem>, _ context: RequestContext
    ) {
        let (status, bytes) =
            switch outcome {
            case .success(let result): (result.head.status, result.bytes)
            case .failure(let problem): (problem.status, 0)
            }
        var fields: Logger.Metadata = [
            "id": "\(request.requestID)", "route": "\(request.route.name)", "status": "\(status)",
            "ms": "\(Int(bounded: context.elapsedMilliseconds))", "bytes": "\(bytes)",
        ]
        if let trace = request.trace { fields["trace"] = "\(trace)" }
        log.info("job ended", metadata: fields)
    }

    // MARK: stopping

    /// Takes no further job and cancels all that have not ended: nobody could fetch what they make.
    func stop() {
        let open = withTable { table in
            table.isStopping = true
            let open = table.entries.values.filter { !$0.snapshot.hasEnded }
            return open.compactMap { table.forget($0.snapshot.id) }
        }
        for entry in open { _ = cancel(entry) }
    }

    /// Waits a little for webhooks that are under way, then removes every result.
    func close() async {
        await webhooks?.finish()
        await stored.withLock { $0 }?.close()
    }
}
