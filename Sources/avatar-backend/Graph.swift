import CLinux
import Execution
import Inference
import Logging
import Media
import Service
import Speech
import TalkingHead
import Transcription

/// Builds the program's parts; nothing is loaded or opened here.
func makeService(_ environment: Environment, log: Logger) -> AvatarService {
    let models = ModelFolder(path: environment.modelsPath)
    let onnx = OnnxRuntimeProvider()
    let cores = environment.coreCount
    let engines = Engines(
        transcriber: WhisperTranscriber(
            models: models, runtime: onnx.runtime, cores: CorePool(coreCount: cores),
            coreCount: cores),
        speaker: HibariVoice(models: models, runtime: onnx.runtime),
        animator: MeshEngine(models: models, runtime: onnx.runtime, workers: cores),
        codec: FFmpegCodec(lanes: cores))
    return AvatarService(
        engines: engines, settings: environment.service, log: log,
        residentBytes: { Int(linux_resident_bytes()) })
}
