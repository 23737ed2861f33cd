import COnnxRuntime
import EngineAPI
import Execution

extension OnnxSession {
    /// As `run`, for a run of seconds: it ends between two operators once the work is cancelled or
    /// its deadline has passed. Of a session that keeps its memory.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`.
    package func run(
        _ inputs: [(name: String, tensor: Tensor)], outputs wanted: [String] = [],
        until work: WorkContext
    ) throws(EngineError) -> [Tensor] {
        try OnnxRuns(runtime, until: work).run { (settings) throws(EngineError) in
            try run(inputs, outputs: wanted, settings: settings)
        }
    }

    /// Many runs of one piece of work, one after the other.
    /// - Throws: `.runtimeRefused`.
    package func runs(until work: WorkContext) throws(EngineError) -> OnnxRuns {
        try OnnxRuns(runtime, until: work)
    }
}

/// Runs that end with one piece of work. Made once for many of them: who waits for a deadline keeps
/// some hundred bytes until then, however early he is told that it does not matter.
package final class OnnxRuns: Sendable {
    private let work: WorkContext
    private let termination: OnnxRunTermination
    private let end: WorkEnd

    init(_ runtime: OnnxRuntime, until work: WorkContext) throws(EngineError) {
        self.work = work
        let termination = try OnnxRunTermination(runtime)
        self.termination = termination
        end = WorkEnd(work) { _ in termination.raise() }
    }

    deinit {
        end.forgetDeadline()
        termination.close()
    }

    /// Lends the settings of a run.
    /// - Throws: `.cancelled` and `.deadlinePassed`, and what `body` throws.
    func run<Made>(
        _ body: (OpaquePointer?) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        try work.check()
        do throws(EngineError) {
            return try body(termination.current)
        } catch {
            // A run that was ended fails like any other; why is the work's to say.
            try work.check()
            throw error
        }
    }
}

/// The flag that ONNX Runtime looks at between operators of a run.
// SAFETY: the pointer is used only under the lock, but for the runs themselves, which have ended
// when `OnnxRuns` closes it; ONNX Runtime lets any thread set the flag meanwhile.
private final class OnnxRunTermination: @unchecked Sendable {
    private let runtime: OnnxRuntime
    private let settings: Mutex<OpaquePointer?>

    init(_ runtime: OnnxRuntime) throws(EngineError) {
        self.runtime = runtime
        var made: OpaquePointer?
        try runtime.check(runtime.api.pointee.CreateRunOptions(&made))
        settings = Mutex(made)
    }

    /// Asks the run to end; too late for it, does nothing. Safe on any thread.
    func raise() {
        settings.withLock { settings in
            guard let settings else { return }
            if let status = runtime.api.pointee.RunOptionsSetTerminate(settings) {
                runtime.api.pointee.ReleaseStatus(status)
            }
        }
    }

    /// The settings, until `close`.
    var current: OpaquePointer? { settings.withLock { $0 } }

    /// Frees the settings; no run has them any more.
    func close() {
        settings.withLock { settings in
            if let settings { runtime.api.pointee.ReleaseRunOptions(settings) }
            settings = nil
        }
    }
}
