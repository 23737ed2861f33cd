import CLinux
import EngineAPI
import Execution
import HTTPClient
import Inference
import Logging
import Media
import Service
import Speech
import TalkingHead
import Transcription

extension HTTPPoster: WebhookPosting {}

/// Builds the program's parts; nothing is loaded or opened here.
func makeService(
    _ environment: Environment, backends: BackendDesk, log: Logger
) -> AvatarService {
    let models = ModelFolder(path: environment.modelsPath)
    let onnx = OnnxRuntimeProvider(backends)
    let cores = environment.coreCount
    let engines = Engines(
        transcriber: WhisperTranscriber(
            models: models, runtime: onnx.runtime, cores: ComputePermits(count: cores),
            coreCount: cores, backends: backends),
        speaker: VoiceHouse(models: models, runtime: onnx.runtime),
        animator: MeshEngine(models: models, runtime: onnx.runtime, workers: cores),
        codec: FFmpegCodec(lanes: cores))
    return AvatarService(
        engines: engines, settings: environment.service, log: log,
        memory: MemoryBudget(bytesMax: environment.requestBytesMax),
        webhooks: environment.service.webhookHosts.isEmpty
            ? nil : HTTPPoster(agent: "\(Product.name)/\(Product.version)"),
        backend: { backends.name }, residentBytes: { Int(linux_resident_bytes()) })
}
