import EngineAPI
import FoundationEssentials

/// The jobs that are kept, and what bounds them. A plain value: the scheduler holds it in a lock
/// and passes the time in.
struct JobStore {
    /// One job.
    struct Entry {
        var snapshot: JobSnapshot
        let webhook: WebhookTarget?
        let inputBytes: Int
        /// nil once it runs.
        var request: JobRequest?
        let cancellation = Cancellation()
        var storedBytes = 0
        /// When it is forgotten, once it has ended, by a clock that nobody sets.
        var goes: ContinuousClock.Instant?
        var watchers: [Int: AsyncStream<JobSnapshot>.Continuation] = [:]

        /// Changes the job's state and sends it to its watchers.
        mutating func change(_ body: (inout JobSnapshot) -> Void) {
            body(&snapshot)
            snapshot.version += 1
            for watcher in watchers.values {
                watcher.yield(snapshot)
                if snapshot.hasEnded { watcher.finish() }
            }
            if snapshot.hasEnded { watchers = [:] }
        }
    }

    /// Watchers of one job.
    static let watchersMax = 16

    let settings: ServiceSettings
    private(set) var entries: [String: Entry] = [:]
    private(set) var waiting: [String] = []
    /// Bytes of media that jobs hold while they wait.
    private var inputBytes = 0
    private(set) var storedBytes = 0
    private var watcherCount = 0
    var isStopping = false

    init(_ settings: ServiceSettings) { self.settings = settings }

    /// Throws where one more job can't be taken.
    func check(inputBytes more: Int, now: ContinuousClock.Instant) throws(Problem) {
        if isStopping { throw Problem(.cancelled) }
        guard entries.count < settings.jobsMax || oldestFailed != nil else {
            throw Problem(
                .storeFull, "As many jobs as are kept are here; delete one, or come later.",
                limit: "\(settings.jobsMax) jobs", retryAfterSeconds: secondsToRoom(now))
        }
        guard storedBytes < settings.jobBytesMax else {
            throw Problem(
                .storeFull, "The store of results is full; delete a job, or come later.",
                limit: "\(settings.jobBytesMax) bytes", retryAfterSeconds: secondsToRoom(now))
        }
        let inputMax = 4 * settings.bodyBytesMax
        guard waiting.count < settings.queueMax, inputBytes + more <= inputMax else {
            throw Problem(
                .overloaded, "As many jobs as may wait do so; try again later.",
                limit: "\(settings.queueMax) jobs, \(inputMax) bytes", retryAfterSeconds: 10)
        }
    }

    /// Until the first of the kept jobs goes; a minute where none has ended yet.
    private func secondsToRoom(_ now: ContinuousClock.Instant) -> Int {
        guard let first = entries.values.compactMap(\.goes).min() else { return 60 }
        let wait = (first - now).components
        return max(1, Int(wait.seconds) + (wait.attoseconds > 0 ? 1 : 0))
    }

    /// The job that failed first. It holds nothing but its problem, so it goes where a new one
    /// needs its place.
    private var oldestFailed: String? {
        entries.values.filter {
            if case .failed = $0.snapshot.state { true } else { false }
        }.min { ($0.goes ?? .now) < ($1.goes ?? .now) }?.snapshot.id
    }

    mutating func add(_ request: JobRequest, _ snapshot: JobSnapshot) {
        if entries.count >= settings.jobsMax, let failed = oldestFailed { _ = forget(failed) }
        entries[snapshot.id] = Entry(
            snapshot: snapshot, webhook: request.webhook, inputBytes: request.inputBytes,
            request: request)
        waiting.append(snapshot.id)
        inputBytes += request.inputBytes
    }

    /// The job that has waited longest.
    mutating func next() -> String? { waiting.isEmpty ? nil : waiting.removeFirst() }

    /// What stops a job; nil where it was deleted.
    func cancellation(_ id: String) -> Cancellation? { entries[id]?.cancellation }

    /// nil where the job was deleted while it waited.
    mutating func begin(_ id: String, now: Date) -> (JobRequest, Cancellation)? {
        guard let request = entries[id]?.request else { return nil }
        inputBytes -= request.inputBytes
        entries[id]?.request = nil
        entries[id]?.change { ($0.state, $0.started) = (.running, now) }
        return entries[id].map { (request, $0.cancellation) }
    }

    /// Keeps how far a job has come. A change of less than a hundredth wakes no watcher.
    mutating func note(_ progress: WorkProgress, _ id: String) {
        guard let snapshot = entries[id]?.snapshot, !snapshot.hasEnded else { return }
        func step(_ progress: WorkProgress) -> Int {
            guard let total = progress.total, total > 100 else { return progress.done }
            return progress.done * 100 / total
        }
        if let before = snapshot.progress, step(before) == step(progress) {
            entries[id]?.snapshot.progress = progress
        } else {
            entries[id]?.change { $0.progress = progress }
        }
    }

    /// Takes room in the store for so many bytes more of a job's result.
    mutating func reserve(_ bytes: Int, _ id: String) -> JobSink.Room {
        guard entries[id] != nil else { return .gone }
        guard storedBytes + bytes <= settings.jobBytesMax else { return .full }
        entries[id]?.storedBytes += bytes
        storedBytes += bytes
        return .taken
    }

    /// - Returns: nil where the job was deleted while it ran.
    mutating func end(
        _ id: String, _ outcome: Result<JobResult, Problem>, now: Date,
        uptime: ContinuousClock.Instant
    ) -> Entry? {
        var keep = settings.jobKeepSeconds
        if case .failure = outcome { keep = min(keep, settings.failedJobKeepSeconds) }
        entries[id]?.goes = uptime + .seconds(keep)
        entries[id]?.change { snapshot in
            (snapshot.ended, snapshot.expires) = (now, now.addingTimeInterval(Double(keep)))
            switch outcome {
            case .success(let result): snapshot.state = .done(result)
            case .failure(let problem): snapshot.state = .failed(problem)
            }
        }
        if case .failure = outcome, let entry = entries[id] {
            storedBytes -= entry.storedBytes
            entries[id]?.storedBytes = 0
        }
        return entries[id]
    }

    /// Takes a job out.
    mutating func forget(_ id: String) -> Entry? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        waiting.removeAll { $0 == id }
        if entry.request != nil { inputBytes -= entry.inputBytes }
        storedBytes -= entry.storedBytes
        return entry
    }

    /// Takes out what has lain long enough; returns whose results may go.
    mutating func purge(now: ContinuousClock.Instant) -> [String] {
        let old = entries.values.filter { $0.goes.map { $0 <= now } == true }
        return old.compactMap { forget($0.snapshot.id)?.snapshot.id }
    }

    // MARK: watchers

    /// Adds a watcher, who gets the present state at once.
    mutating func watch(
        _ id: String, _ watcher: AsyncStream<JobSnapshot>.Continuation
    ) throws(Problem) -> Int {
        guard let entry = entries[id] else { throw Problem.jobMissing }
        guard entry.watchers.count < JobStore.watchersMax else {
            throw Problem(
                .overloaded, "Too many watch this job.",
                limit: "\(JobStore.watchersMax) watchers", retryAfterSeconds: 10)
        }
        watcherCount += 1
        watcher.yield(entry.snapshot)
        if entry.snapshot.hasEnded {
            watcher.finish()
        } else {
            entries[id]?.watchers[watcherCount] = watcher
        }
        return watcherCount
    }

    mutating func unwatch(
        _ id: String, _ token: Int
    ) -> AsyncStream<JobSnapshot>.Continuation? {
        entries[id]?.watchers.removeValue(forKey: token)
    }
}

extension Problem {
    static let jobMissing = Problem(
        .jobMissing,
        "There is no such job: it was deleted, its hour is over, or it was another server's.")
}
