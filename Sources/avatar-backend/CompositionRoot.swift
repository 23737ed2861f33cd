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
extension HTTPPoster: TelemetryPosting {}

/// Builds the program's parts; nothing is loaded or opened here.
/// - isolatesDecoders: what clients send is read in processes of its own. A file of the one who
///   runs the program is read in this one: it starts once for each file anyway.
func makeService(
    _ environment: Environment, backends: DeviceRegistry, log: Logger,
    isolatesDecoders: Bool = false
) -> AvatarService {
    let models = ModelDirectory(path: environment.modelsPath)
    let onnx = OnnxRuntimeProvider(backends)
    let cores = environment.coreCount
    let codec: any MediaCoding =
        isolatesDecoders
        ? IsolatedCodec(idleMax: cores) { note($0, log) } : FFmpegCodec(threads: cores)
    let rateConverter: AudioRateConverterFactory = { (from, to) throws(EngineError) in
        try codec.rateConverter(fromHz: from, toHz: to)
    }
    let engines = Engines(
        transcriber: WhisperTranscriber(
            models: models, runtime: onnx.runtime, cores: ComputePermits(count: cores),
            coreCount: cores, backends: backends, defaultModel: environment.transcriptionModel,
            modelBytesMax: environment.transcriptionModelBytesMax),
        speaker: SpeechSynthesizer(
            models: models, runtime: onnx.runtime, rateConverter: rateConverter,
            coreCount: cores),
        talkingHeads: TalkingHeadEngines(
            MeshEngine(
                models: models, runtime: onnx.runtime, rateConverter: rateConverter,
                workers: cores),
            [
                SadTalkerEngine(
                    models: models, runtime: onnx.runtime, rateConverter: rateConverter,
                    threads: cores)
            ].compactMap(\.self)),
        codec: codec, signer: environment.signer,
        verifier: IsolatedVerifier(trustAnchors: environment.trustAnchors))
    let agent = "\(Product.name)/\(Product.version)"
    return AvatarService(
        engines: engines, settings: environment.service, log: log,
        memory: MemoryBudget(bytesMax: environment.requestBytesMax),
        webhooks: environment.service.webhookHosts.isEmpty
            ? nil : HTTPPoster(agent: agent),
        chat: environment.service.realtime.chatURL == nil ? nil : HTTPStreamPoster(agent: agent),
        telemetry: environment.telemetry.map { ($0, HTTPPoster(agent: agent)) },
        backend: { backends.name }, residentBytes: { Int(linux_resident_bytes()) })
}

private func note(_ event: DecoderEvent, _ log: Logger) {
    switch event {
    case .notIsolated:
        log.warning("media are decoded in this process: no decoder process can be started")
    case .notFiltered:
        log.notice("decoder processes run without a filter of system calls")
    case .ended: log.warning("a decoder process ended while it read a file")
    }
}
