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
        try run(until: work) { (settings) throws(EngineError) in
            try run(inputs, outputs: wanted, settings: settings)
        }
    }

    /// Lends the settings of one run, which ends it with the work.
    func run<Made>(
        until work: WorkContext, _ body: (OpaquePointer?) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        try work.check()
        let termination = try OnnxRunTermination(runtime)
        let end = WorkEnd(work) { _ in termination.raise() }
        defer { end.forgetDeadline() }
        do throws(EngineError) {
            return try termination.withSettings(body)
        } catch {
            // A run that was ended fails like any other; why is the work's to say.
            try work.check()
            throw error
        }
    }
}

/// The flag of one run that ONNX Runtime looks at between operators.
// SAFETY: the pointer is used only under the lock, but for the run itself, which ends before
// `withSettings` frees it; ONNX Runtime lets any thread set the flag meanwhile.
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

    /// Lends the settings to one run, then frees them.
    func withSettings<Made>(
        _ body: (OpaquePointer?) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        defer {
            settings.withLock { settings in
                runtime.api.pointee.ReleaseRunOptions(settings)
                settings = nil
            }
        }
        return try body(settings.withLock { $0 })
    }
}
