import EngineAPI

import struct Synchronization.Atomic

/// The workers that there are: those that read, and a few that wait for the next file.
final class DecodeWorkerPool: Sendable {
    /// What a decoder process takes when it reads nothing; `scripts/bench/memory` tells it.
    static let processBytes = 4 << 20
    /// More files than are ever read at once: each holds a place and some of the memory.
    private static let workersMax = 128

    private struct State {
        /// Workers whose process waits, the last used last.
        var ready: [DecodeWorker] = []
        /// Workers without a process.
        var bare: [DecodeWorker] = []
        var count = 0
        /// Whether any process ever started; nil before the first try.
        var isPossible: Bool?
    }

    private let state = Mutex(State())
    private let idleMax: Int
    private let program: String
    private let tell: @Sendable (DecoderEvent) -> Void

    init(
        idleMax: Int, program: String, tell: @escaping @Sendable (DecoderEvent) -> Void
    ) {
        self.idleMax = idleMax
        self.program = program
        self.tell = Self.once(tell)
    }

    /// A worker with a process; nil where none can be had on this machine at all.
    /// - Throws: `.memoryShort` where there are too many now.
    func borrow(_ work: WorkContext) async throws(EngineError) -> DecodeWorker? {
        enum Found {
            case worker(DecodeWorker)
            case none, full
        }
        let found: Found = state.withLock { state in
            if state.isPossible == false { return .none }
            if let worker = state.ready.popLast() ?? state.bare.popLast() {
                worker.countBorrowing()
                return .worker(worker)
            }
            guard state.count < Self.workersMax else { return .full }
            state.count += 1
            return .worker(
                DecodeWorker(name: "decode-\(state.count)", program: program, tell: tell))
        }
        guard case .worker(let worker) = found else {
            if case .none = found { return nil }
            throw .memoryShort(needBytes: 0, limitBytes: work.memory.budget.bytesMax)
        }
        if await worker.start() {
            state.withLock { $0.isPossible = true }
            return worker
        }
        let wasPossible = state.withLock { state in
            state.bare.append(worker)
            if state.isPossible == nil {
                state.isPossible = false
                return false
            }
            return state.isPossible == true
        }
        // It has been possible: descriptors, processes or memory are short now.
        if wasPossible { throw .memoryShort(needBytes: 0, limitBytes: work.memory.budget.bytesMax) }
        tell(.notIsolated)
        return nil
    }

    /// Takes a worker back from whoever read with it. Does not wait.
    func giveBack(_ worker: DecodeWorker) {
        let borrowing = worker.borrowingCount
        let keeps = state.withLock { state in
            let keeps = state.ready.count < idleMax
            // At once: the next file of the same request is about to be read.
            if keeps { state.ready.append(worker) }
            return keeps
        }
        Task { [self] in
            if keeps { return await worker.rest(after: borrowing) }
            await worker.end()
            // A rush's threads go with it.
            state.withLock { state in
                guard state.bare.count < idleMax else {
                    state.count -= 1
                    return
                }
                state.bare.append(worker)
            }
        }
    }

    /// Hands events on; that calls are not filtered once.
    private static func once(
        _ tell: @escaping @Sendable (DecoderEvent) -> Void
    ) -> @Sendable (DecoderEvent) -> Void {
        let wasReported = AtomicFlag()
        return { event in
            if event == .notFiltered, wasReported.set() { return }
            tell(event)
        }
    }
}
