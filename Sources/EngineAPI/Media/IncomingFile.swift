/// A file that is still arriving: one task adds its bytes, one decoder reads them in order. What
/// was read is let go of once the decoder says that it does not go back, so that a long upload is
/// never in memory whole.
package final class IncomingFile: Sendable {
    /// Bytes that wait to be read before `add` waits.
    package static let windowBytes = 1 << 20

    private struct State {
        var bytes: [UInt8] = []
        /// Where in the file `bytes` begins.
        var first = 0
        /// The first byte that nobody has read.
        var unread = 0
        var isForwardOnly = false
        var isWhole = false
        var failure: EngineError?
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?

        var end: Int { first + bytes.count }
        var isFull: Bool {
            isForwardOnly && !isWhole && failure == nil && end - unread > IncomingFile.windowBytes
        }
    }

    private let state = Mutex(State())
    /// Gives back what was charged for bytes that are let go.
    private let onRelease: @Sendable (Int) -> Void

    /// - onRelease: called with bytes that are no longer kept, on any thread.
    package init(onRelease: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.onRelease = onRelease
    }

    /// Adds the next bytes, then waits while much of them is unread.
    /// - Throws: what the file failed with.
    package func add(_ bytes: ArraySlice<UInt8>) async throws(EngineError) {
        let reader = try state.withLock { (state) throws(EngineError) in
            if let failure = state.failure { throw failure }
            state.bytes.append(contentsOf: bytes)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                if state.isFull { state.writer = continuation }
                return !state.isFull
            }
            if mayGoOn { continuation.resume() }
        }
    }

    /// All bytes are there, or none come any more because of `failure`. The first end counts.
    package func finish(throwing failure: EngineError? = nil) {
        wake { state in
            guard !state.isWhole, state.failure == nil else { return }
            (state.isWhole, state.failure) = (failure == nil, failure)
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            let waiting = [state.reader, state.writer]
            (state.reader, state.writer) = (nil, nil)
            return waiting
        }
        for continuation in waiting { continuation?.resume() }
    }

    /// The decoder reads on from where it is and does not go back.
    package func readForwardOnly() { wake { $0.isForwardOnly = true } }

    /// Bytes from a place on, at least one; waits for it. None after the end.
    /// - Throws: what the file failed with; `.unreadableAudio` for bytes that were let go.
    package func bytes(from offset: Int, atMost count: Int) async throws(EngineError)
        -> ArraySlice<UInt8>
    {
        while true {
            var released = 0
            var writer: CheckedContinuation<Void, Never>?
            let part: ArraySlice<UInt8>? = try state.withLock { (state) throws(EngineError) in
                if let failure = state.failure { throw failure }
                guard offset >= state.first else { throw .unreadableAudio }
                guard offset < state.end || state.isWhole else { return nil }
                let from = min(offset, state.end) - state.first
                let part = state.bytes[from..<min(from + count, state.bytes.count)]
                state.unread = max(state.unread, state.first + part.endIndex)
                if state.isForwardOnly, from > Self.windowBytes {
                    // The part is copied by whoever sends it; what is before it is not needed.
                    state.bytes.removeFirst(from)
                    state.first += from
                    released = from
                }
                if !state.isFull { swap(&writer, &state.writer) }
                return part
            }
            writer?.resume()
            if released > 0 { onRelease(released) }
            if let part { return part }
            await wait { state in offset < state.end }
        }
    }

    /// The whole file.
    /// - Throws: what it failed with; `.unreadableAudio` where a part of it was let go.
    package func whole() async throws(EngineError) -> [UInt8] {
        await wait { _ in false }
        return try state.withLock { (state) throws(EngineError) in
            if let failure = state.failure { throw failure }
            guard state.first == 0 else { throw .unreadableAudio }
            return state.bytes
        }
    }

    /// Waits until the file has ended, or the condition holds.
    private func wait(until condition: @Sendable (State) -> Bool) async {
        while true {
            let isThere = state.withLock {
                $0.isWhole || $0.failure != nil || condition($0)
            }
            if isThere { return }
            await withCheckedContinuation { continuation in
                let mayGoOn = state.withLock { state in
                    let mayGoOn = state.isWhole || state.failure != nil || condition(state)
                    if !mayGoOn { state.reader = continuation }
                    return mayGoOn
                }
                if mayGoOn { continuation.resume() }
            }
        }
    }
}
