import COnnxRuntime
import EngineAPI

extension OnnxSession {
    /// Opens a network where the plan says; on the CPU where its GPU fails and nobody asked for
    /// that GPU by name.
    static func open(
        _ runtime: OnnxRuntime, _ modelPath: String, _ options: Options
    ) throws(EngineError) -> (OpaquePointer, Backend) {
        guard !options.staysOnCPU, let desk = runtime.backends else {
            return (try create(runtime, modelPath, options, on: nil), .cpu)
        }
        let plan = try desk.engineView()
        guard let device = plan.onnx, !desk.isFallen(BackendDesk.Engine.onnx) else {
            return (try create(runtime, modelPath, options, on: nil), .cpu)
        }
        do throws(EngineError) {
            let arena = (device, plan.onnxArenaBytesMax)
            return (try create(runtime, modelPath, options, on: arena), device.backend)
        } catch {
            try desk.fellBack(BackendDesk.Engine.onnx, from: device)
            return (try create(runtime, modelPath, options, on: nil), .cpu)
        }
    }

    private static func create(
        _ runtime: OnnxRuntime, _ modelPath: String, _ options: Options,
        on arena: (device: ComputeDevice, bytesMax: Int)?
    ) throws(EngineError) -> OpaquePointer {
        let api = runtime.api
        var settings: OpaquePointer?
        try runtime.check(api.pointee.CreateSessionOptions(&settings))
        defer { api.pointee.ReleaseSessionOptions(settings) }
        try runtime.check(api.pointee.SetIntraOpNumThreads(settings, Int32(options.threads)))
        try runtime.check(api.pointee.SetInterOpNumThreads(settings, 1))
        try runtime.check(
            api.pointee.SetSessionGraphOptimizationLevel(
                settings, options.optimizesGraph ? ORT_ENABLE_ALL : ORT_DISABLE_ALL))
        if !options.plansMemory { try runtime.check(api.pointee.DisableMemPattern(settings)) }
        if let arena {
            try addCUDA(runtime, settings, ordinal: arena.device.ordinal, bytesMax: arena.bytesMax)
        }
        var session: OpaquePointer?
        try runtime.check(
            api.pointee.CreateSession(runtime.environment, modelPath, settings, &session))
        guard let session else { throw .runtimeRefused("CreateSession") }
        return session
    }

    /// CUDA's provider with a bounded arena that grows by what is asked for, not by doubling, and
    /// without cuDNN's exhaustive search, which takes seconds and all memory it can get.
    private static func addCUDA(
        _ runtime: OnnxRuntime, _ settings: OpaquePointer?, ordinal: Int, bytesMax: Int
    ) throws(EngineError) {
        let api = runtime.api
        var provider: OpaquePointer?
        try runtime.check(api.pointee.CreateCUDAProviderOptions(&provider))
        defer { api.pointee.ReleaseCUDAProviderOptions(provider) }
        let (names, values) = cudaSettings(ordinal: ordinal, bytesMax: bytesMax)
        let status = withNames(names) { names in
            withNames(values) {
                api.pointee.UpdateCUDAProviderOptions(provider, names, $0, values.count)
            }
        }
        try runtime.check(status)
        try runtime.check(
            api.pointee.SessionOptionsAppendExecutionProvider_CUDA_V2(settings, provider))
    }

    /// The provider's settings by their documented names.
    static func cudaSettings(ordinal: Int, bytesMax: Int) -> (names: [String], values: [String]) {
        (
            [
                "device_id", "gpu_mem_limit", "arena_extend_strategy", "cudnn_conv_algo_search",
                "cudnn_conv_use_max_workspace",
            ],
            ["\(ordinal)", "\(bytesMax)", "kSameAsRequested", "HEURISTIC", "0"]
        )
    }
}
