import EngineAPI
import Execution
import HTTPWire

/// The command line's end of a response: a body goes to a file or standard output, a problem
/// becomes a failure.
package final class FileSink: ResponseSink {
    /// What was made.
    package struct Made: Sendable, Equatable {
        package var bytes = 0
        package var type = ""
        /// Of the head: `X-Video-Frames` and the like.
        package var fields: [String: String] = [:]
    }

    private struct State: ~Copyable {
        var file: OutputFile
        var made = Made()
        var lastByte: UInt8 = 0x0A
        var failure: CommandFailure?
        var problem: [UInt8] = []
    }

    private let endsLine: Bool
    private let willBegin: @Sendable () -> Void
    private let state: Mutex<State>
    /// Removes a half-written file. Any thread.
    package let discard: @Sendable () -> Void

    /// - path: "-" is standard output. The file is made when the first byte is there, and gets its
    ///   name when the last one is.
    /// - endsLine: adds a line's end where the response has none, for people.
    /// - willBegin: called before the first byte is written.
    package init(
        path: String, endsLine: Bool = false, willBegin: @escaping @Sendable () -> Void = {}
    ) {
        self.endsLine = endsLine
        self.willBegin = willBegin
        let file = OutputFile(path: path)
        discard = file.discard
        state = Mutex(State(file: file))
    }

    package var isCollected: Bool { true }

    /// What was made.
    /// - Throws: why nothing was.
    package func outcome() throws(CommandFailure) -> Made {
        let (made, failure) = state.withLock { ($0.made, $0.failure) }
        if let failure { throw failure }
        return made
    }

    /// The problem as JSON, where there was one.
    package var problem: [UInt8] { state.withLock { $0.problem } }

    package func send(_ response: Response) async {
        let status = response.head.status
        guard (200..<300).contains(status) else {
            return state.withLock { state in
                state.problem = response.body
                state.failure = CommandFailure(problem: response.body, httpStatus: status)
            }
        }
        await begin(response.head)
        _ = await write(response.body)
        await end(trailers: [])
    }

    package func begin(_ head: ResponseHead) async {
        willBegin()
        attempt { state throws(CommandFailure) in
            for field in head.fields { state.made.fields[field.name.lowercased()] = field.value }
            state.made.type = head.value("content-type") ?? ""
            try state.file.open()
        }
    }

    package func write(_ piece: [UInt8]) async -> Bool {
        attempt { state throws(CommandFailure) in
            try state.file.write(piece)
            state.made.bytes += piece.count
            state.lastByte = piece.last ?? state.lastByte
        }
    }

    package func amend(_ bytes: [UInt8], at offset: Int) async {
        attempt { state throws(CommandFailure) in try state.file.replace(bytes, at: offset) }
    }

    package func end(trailers: [(String, String)]) async {
        attempt { state throws(CommandFailure) in
            if endsLine, state.lastByte != 0x0A { try state.file.write([0x0A]) }
            try state.file.commit()
        }
    }

    package func abort() async {
        discard()
        state.withLock { state in
            state.failure =
                state.failure ?? CommandFailure(.ownFault, "the work broke off before its end")
        }
    }

    /// Nothing more is done once something failed.
    @discardableResult
    private func attempt(
        _ body: (inout State) throws(CommandFailure) -> Void
    ) -> Bool {
        let isDone = state.withLock { state in
            guard state.failure == nil else { return false }
            do throws(CommandFailure) {
                try body(&state)
                return true
            } catch {
                state.failure = error
                return false
            }
        }
        if !isDone { discard() }
        return isDone
    }
}
