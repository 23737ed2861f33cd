/// Hands values from one task to another, in order. The writer waits while as much is unread as the
/// bound allows; the reader waits while nothing is there. One task writes and one reads.
package final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State {
        var items: [(value: Element, cost: Int)] = []
        var cost = 0
        var isFinished = false
        var failure: EngineError?
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    private enum Turn {
        case value(Element, writer: CheckedContinuation<Void, Never>?)
        case end(EngineError?)
        case wait
    }

    private let costMax: Int
    private let state = Mutex(State())

    /// - costMax: what may be unread before a writer waits; one value always has room.
    package init(costMax: Int) {
        precondition(costMax > 0)
        self.costMax = costMax
    }

    /// Adds a value; waits while too much is unread.
    /// - Throws: what the channel failed with, or `.cancelled` where it was finished before.
    package func send(_ value: Element, cost: Int = 1) async throws(EngineError) {
        while true {
            let isFull = try state.withLock { (state) throws(EngineError) in
                if let failure = state.failure { throw failure }
                if state.isFinished { throw .cancelled }
                return !state.items.isEmpty && state.cost + cost > costMax
            }
            guard isFull else { break }
            await withCheckedContinuation { continuation in
                let mayGoOn = state.withLock { state in
                    let mayGoOn =
                        state.isFinished || state.failure != nil || state.items.isEmpty
                        || state.cost + cost <= costMax
                    if !mayGoOn { state.writer = continuation }
                    return mayGoOn
                }
                if mayGoOn { continuation.resume() }
            }
        }
        let reader = state.withLock { state in
            state.items.append((value, cost))
            state.cost += cost
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Adds a value where there is room for it now; does not wait.
    package func offer(_ value: Element, cost: Int = 1) -> Bool {
        let (isTaken, reader): (Bool, CheckedContinuation<Void, Never>?) = state.withLock { state in
            guard !state.isFinished, state.items.isEmpty || state.cost + cost <= costMax else {
                return (false, nil)
            }
            state.items.append((value, cost))
            state.cost += cost
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return isTaken
    }

    /// No more values come. Those that are unread are still read, then the failure is thrown.
    /// The first end counts.
    package func finish(throwing failure: EngineError? = nil) {
        end { state in
            guard !state.isFinished else { return }
            (state.isFinished, state.failure) = (true, state.failure ?? failure)
        }
    }

    /// Drops what is unread and ends both sides.
    package func fail(_ failure: EngineError) {
        end { state in
            state.items = []
            state.cost = 0
            if !state.isFinished || state.failure == nil { state.failure = failure }
            state.isFinished = true
        }
    }

    private func end(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            let waiting = [state.reader, state.writer]
            (state.reader, state.writer) = (nil, nil)
            return waiting
        }
        for continuation in waiting { continuation?.resume() }
    }

    /// The next value where it is there; does not wait.
    package func poll() -> Element? {
        let (value, writer): (Element?, CheckedContinuation<Void, Never>?) = state.withLock {
            state in
            guard !state.items.isEmpty else { return (nil, nil) }
            let (value, cost) = state.items.removeFirst()
            state.cost -= cost
            defer { state.writer = nil }
            return (value, state.writer)
        }
        writer?.resume()
        return value
    }

    /// The next value; nil at the end.
    package func next() async throws(EngineError) -> Element? {
        while true {
            let turn: Turn = state.withLock { state in
                guard state.items.isEmpty else {
                    let (value, cost) = state.items.removeFirst()
                    state.cost -= cost
                    let writer = state.writer
                    state.writer = nil
                    return .value(value, writer: writer)
                }
                return state.isFinished ? .end(state.failure) : .wait
            }
            switch turn {
            case .value(let value, let writer):
                writer?.resume()
                return value
            case .end(nil): return nil
            case .end(let failure?): throw failure
            case .wait:
                await withCheckedContinuation { continuation in
                    let mayGoOn = state.withLock { state in
                        let mayGoOn = state.isFinished || !state.items.isEmpty
                        if !mayGoOn { state.reader = continuation }
                        return mayGoOn
                    }
                    if mayGoOn { continuation.resume() }
                }
            }
        }
    }
}
