import CLinux
import COnnxRuntime
import EngineAPI

extension OnnxRuntime {
    /// Where a network would run that is opened now and does not stay on the CPU.
    /// - Throws: `.deviceFailed` where a GPU is asked for by name and is not there.
    package func plannedBackend() throws(EngineError) -> Backend {
        guard let backends, let device = try backends.engineView().onnx,
            !backends.isFallen(DeviceRegistry.Engine.onnx)
        else { return .cpu }
        return device.backend
    }
}

extension OnnxSession {
    /// Opens a network where the plan says; on the CPU where its GPU fails and nobody asked for
    /// that GPU by name.
    static func open(
        _ runtime: OnnxRuntime, _ model: Model, _ options: Options
    ) throws(EngineError) -> (OpaquePointer, Backend) {
        guard !options.staysOnCPU, let registry = runtime.backends else {
            return (try create(runtime, model, options, on: nil), .cpu)
        }
        let plan = try registry.engineView()
        guard let device = plan.onnx, !registry.isFallen(DeviceRegistry.Engine.onnx) else {
            return (try create(runtime, model, options, on: nil), .cpu)
        }
        do throws(EngineError) {
            let arena = (device, plan.onnxArenaBytesMax)
            return (try create(runtime, model, options, on: arena), device.backend)
        } catch {
            try registry.fellBack(DeviceRegistry.Engine.onnx, from: device)
            return (try create(runtime, model, options, on: nil), .cpu)
        }
    }

    /// Settings of runs that give their memory back.
    static func shrinkingRuns(_ runtime: OnnxRuntime) throws(EngineError) -> OpaquePointer? {
        var settings: OpaquePointer?
        try runtime.check(runtime.api.pointee.CreateRunOptions(&settings))
        // onnxruntime_run_options_config_keys.h
        try runtime.check(
            runtime.api.pointee.AddRunConfigEntry(
                settings, "memory.enable_memory_arena_shrinkage", "cpu:0"))
        return settings
    }

    private static func create(
        _ runtime: OnnxRuntime, _ model: Model, _ options: Options,
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
        if options.sumsExactly, linux_has_dot_products() == 0 {
            // onnxruntime_session_options_config_keys.h. Where the processor has the instructions
            // sums are exact anyway, and this way takes three times as long.
            try runtime.check(
                api.pointee.AddSessionConfigEntry(settings, "session.x64quantprecision", "1"))
        }
        if options.threads > 1 {
            // The same header. A run of seconds gains nothing by threads that spin between its
            // operators, and whoever else wants the cores loses.
            try runtime.check(
                api.pointee.AddSessionConfigEntry(settings, "session.intra_op.allow_spinning", "0"))
        }
        if !options.usesArena { try runtime.check(api.pointee.DisableCpuMemArena(settings)) }
        if !options.plansMemory { try runtime.check(api.pointee.DisableMemPattern(settings)) }
        if let arena {
            try addCUDA(runtime, settings, ordinal: arena.device.ordinal, bytesMax: arena.bytesMax)
        }
        var session: OpaquePointer?
        switch model {
        case .file(let path):
            try runtime.check(
                api.pointee.CreateSession(runtime.environment, path, settings, &session))
        case .bytes(let bytes):
            let status = bytes.withUnsafeBytes {
                api.pointee.CreateSessionFromArray(
                    runtime.environment, $0.baseAddress, $0.count, settings, &session)
            }
            try runtime.check(status)
        }
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
