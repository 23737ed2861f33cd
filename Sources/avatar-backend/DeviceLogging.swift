import CommandLineSupport
import Inference
import Logging

/// Decides where networks run as `AVATAR_BACKEND` asks. A GPU that is asked for by name is looked
/// for here and now; `auto` looks when the first engine is loaded, or when `plan` is called.
/// - Throws: what is missing, in one line.
func makeBackends(_ environment: Environment, log: Logger) throws(CommandFailure) -> DeviceRegistry
{
    let registry = DeviceRegistry(
        environment.backend, bytesMax: environment.deviceBytesMax,
        models: ModelDirectory(path: environment.modelsPath),
        notify: { write($0, to: log) })
    guard environment.backend == .cuda || environment.backend == .vulkan else { return registry }
    do throws(BackendError) {
        try registry.plan()
    } catch {
        throw CommandFailure(
            .badVariable,
            "AVATAR_BACKEND=\(environment.backend.rawValue) cannot be used: \(text(of: error))")
    }
    return registry
}

private func write(_ notice: DeviceRegistry.Notice, to log: Logger) {
    switch notice {
    case .planned(let plan):
        var fields: Logger.Metadata = [
            "whisper": "\(plan.whisper?.backend ?? .cpu)", "onnx": "\(plan.onnx?.backend ?? .cpu)",
        ]
        if let device = plan.whisper ?? plan.onnx {
            fields["device"] = "\(device.name)"
            fields["free_mb"] = "\(device.freeBytes >> 20)"
            fields["low_memory"] = "\(plan.isLowMemory)"
        }
        if let reason = plan.reason { fields["reason"] = "\(text(of: reason))" }
        log.info("backend", metadata: fields)
    case .fellBack(let engine, let device):
        let error = BackendError.failedAtLoad(device.backend, name: device.name)
        log.warning(
            "fell back to the CPU",
            metadata: ["engine": "\(engine)", "reason": "\(text(of: error))"])
    case .noRoom(let model, let need, let have):
        log.warning(
            "no room on the GPU, runs on the CPU",
            metadata: ["model": "\(model)", "need_mb": "\(need >> 20)", "have_mb": "\(have >> 20)"])
    }
}

/// Why a GPU can't be used, in words.
private func text(of error: BackendError) -> String {
    switch error {
    case .libraryMissing(.cuda):
        "no CUDA library is here: lib/ggml/libggml-cuda.so is for whisper.cpp, "
            + "lib/libonnxruntime_providers_cuda.so for the other networks"
    case .libraryMissing(let backend): "lib/ggml/libggml-\(backend.rawValue).so is not here"
    case .libraryUnusable(let backend, let words):
        "the library for \(backend.rawValue) cannot be used: \(words)"
    case .noDevice(let backend): "no \(backend.rawValue) device is seen"
    case .onlySoftware(let backend, let name):
        "the only \(backend.rawValue) device is software: \(name)"
    case .tooLittleMemory(let name, let have, let need):
        "\(name) has \(have >> 20) MiB to give, and \(need >> 20) MiB are needed"
    case .failedAtLoad(let backend, let name):
        "\(name) (\(backend.rawValue)) failed while a model was loaded"
    }
}
