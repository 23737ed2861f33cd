import EngineAPI
import Execution

/// Opens ONNX Runtime once, when the first engine needs it; the engines share it.
package final class OnnxRuntimeProvider: Sendable {
    private let opened = Mutex<OnnxRuntime?>(nil)

    private let backends: DeviceRegistry?

    /// - backends: says where sessions run; nil is the CPU.
    package init(_ backends: DeviceRegistry? = nil) { self.backends = backends }

    /// Blocks while the library is opened: call it on an engine's thread.
    /// - Throws: `.libraryMissing`, `.runtimeRefused`. A failure is forgotten.
    package func runtime() throws(EngineError) -> OnnxRuntime {
        try opened.withLock { (opened) throws(EngineError) in
            if let opened { return opened }
            let runtime = try OnnxRuntime(backends)
            opened = runtime
            return runtime
        }
    }
}
