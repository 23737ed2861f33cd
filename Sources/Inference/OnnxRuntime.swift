import CLinux
import COnnxRuntime
import EngineAPI
import Glibc

/// ONNX Runtime's table of functions, from a library that is opened on first use: linked, it
/// would cost every start time.
// SAFETY: the table is constant once the library is open, and the library is never closed; the
// environment is thread-safe by ONNX Runtime's contract.
package final class OnnxRuntime: @unchecked Sendable {
    let api: UnsafePointer<OrtApi>
    let environment: OpaquePointer
    /// Says where sessions run; nil is the CPU.
    let backends: DeviceRegistry?

    /// Opens the library that lies in the run path of this executable.
    /// - Throws: `.libraryMissing`, `.runtimeRefused`.
    package init(_ backends: DeviceRegistry? = nil) throws(EngineError) {
        let api = try OnnxRuntime.openLibrary()
        var environment: OpaquePointer?
        let status = api.pointee.CreateEnv(ORT_LOGGING_LEVEL_ERROR, "avatar", &environment)
        guard status == nil, let environment else { throw .runtimeRefused("CreateEnv") }
        if let refusal = api.pointee.DisableTelemetryEvents(environment) {
            api.pointee.ReleaseStatus(refusal)
        }
        self.api = api
        self.environment = environment
        self.backends = backends
    }

    /// Since 1.29 the library's Linux builds tell Microsoft of each process and model, and leave a
    /// file that names the machine, unless this variable is there before its environment is made
    /// (its docs/Privacy.md). Call it before there are threads: one may be reading variables.
    package static func forbidTelemetry() {
        if let value = getenv(telemetrySwitch), strcmp(value, "1") == 0 { return }
        setenv(telemetrySwitch, "1", 1)
    }

    static let telemetrySwitch = "ORT_DISABLE_TELEMETRY"

    private static func openLibrary() throws(EngineError) -> UnsafePointer<OrtApi> {
        forbidTelemetry()
        let name = "libonnxruntime.so.1"
        // dlopen reads the run path of the object that calls it, which is this executable.
        guard let library = linux_load(name), let symbol = linux_symbol(library, "OrtGetApiBase")
        else { throw .libraryMissing(name: name) }
        let base = unsafeBitCast(symbol, to: ort_get_api_base.self)()!
        guard let api = base.pointee.GetApi(UInt32(ORT_API_VERSION)) else {
            throw .libraryMissing(name: name)
        }
        return api
    }

    /// Whether the library knows CUDA's provider: that of the wheel `onnxruntime` does not, that of
    /// `onnxruntime-gpu` does.
    static func isBuiltForCUDA() -> Bool {
        guard let api = try? openLibrary() else { return false }
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        var count: Int32 = 0
        if let status = api.pointee.GetAvailableProviders(&names, &count) {
            api.pointee.ReleaseStatus(status)
            return false
        }
        let isThere = (0..<Int(count)).contains { index in
            names?[index].map { String(cString: $0) } == "CUDAExecutionProvider"
        }
        if let status = api.pointee.ReleaseAvailableProviders(names, count) {
            api.pointee.ReleaseStatus(status)
        }
        return isThere
    }

    /// Turns a status into an error, and frees it.
    func check(_ status: OpaquePointer?) throws(EngineError) {
        guard let status else { return }
        let message = String(cString: api.pointee.GetErrorMessage(status)!)
        api.pointee.ReleaseStatus(status)
        throw .runtimeRefused(message)
    }
}
