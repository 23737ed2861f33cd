import EngineAPI
import Execution
import HTTPWire

/// A job's end of a response: the head is kept, the body goes into the store.
final class JobSink: ResponseSink {
    /// Whether the store has room for some more bytes.
    enum Room: Sendable { case taken, full, gone }

    private struct State {
        var head: ResponseHead?
        var bytes = 0
        var problem: Problem?
    }

    private let name: String
    private let store: ResultStore
    private let reserve: @Sendable (Int) -> Room
    private let state = Mutex(State())

    /// - reserve: takes room for bytes before they are written.
    init(_ name: String, store: ResultStore, reserve: @escaping @Sendable (Int) -> Room) {
        self.name = name
        self.store = store
        self.reserve = reserve
    }

    var isCollected: Bool { true }

    /// Why the store did not take the response.
    var problem: Problem? { state.withLock { $0.problem } }

    func send(_ response: Response) async {
        await begin(response.head)
        _ = await write(response.body)
    }

    func begin(_ head: ResponseHead) async { state.withLock { $0.head = head } }

    func write(_ piece: [UInt8]) async -> Bool {
        guard !piece.isEmpty else { return true }
        switch reserve(piece.count) {
        case .gone: return false
        case .full: return fail(.storeFull)
        case .taken: break
        }
        do throws(StoreError) {
            try await store.append(piece, to: name)
        } catch {
            return fail(Problem(error))
        }
        state.withLock { $0.bytes += piece.count }
        return true
    }

    private func fail(_ problem: Problem) -> Bool {
        state.withLock { $0.problem = problem }
        return false
    }

    func amend(_ bytes: [UInt8], at offset: Int) async {
        do throws(StoreError) {
            try await store.replace(bytes, at: offset, in: name)
        } catch {
            _ = fail(Problem(error))
        }
    }

    func end(trailers: [(String, String)]) async {}

    func abort() async {}

    /// The response is whole. Fields that each response bears for itself go; its times stay, all of
    /// them, since they are known now.
    func finish(serverTiming: String) async throws(Problem) -> JobResult {
        let (head, bytes, problem) = state.withLock { ($0.head, $0.bytes, $0.problem) }
        if let problem { throw problem }
        guard let head else {
            throw Problem(.internal, "The work ended without a response.")
        }
        await store.seal(name)
        let own = ["x-request-id", "server-timing", "trailer"]
        var kept = ResponseHead(status: head.status)
        for field in head.fields where !own.contains(field.name.lowercased()) {
            kept.add(field.name, field.value)
        }
        kept.add("Server-Timing", serverTiming)
        return JobResult(head: kept, bytes: bytes)
    }
}

extension Problem {
    static let storeFull = Problem(
        .storeFull, "The store of results has no room for this one.", retryAfterSeconds: 60)

    init(_ error: StoreError) {
        switch error {
        case .noSpace: self = .storeFull
        case .unavailable:
            self.init(
                .storeUnavailable,
                "Results have no place: the temporary folder cannot be written. Send the request "
                    + "without Prefer: respond-async.")
        case .missing:
            self.init(
                .resultGone,
                "The result was removed from the server's temporary folder. Send the request again."
            )
        }
    }
}
