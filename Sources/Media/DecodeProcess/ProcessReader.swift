import EngineAPI

/// Audio that a decoder process reads, as it is asked for.
final class ProcessReader: AudioSource {
    let sourceRateHz: Int
    private let file: File
    private let secondsMax: Double
    private let work: WorkContext
    private let lease: WorkerLease

    /// What is read: bytes that are there, or that still arrive.
    private enum File: Sendable {
        case whole([UInt8])
        case incoming(IncomingFile)
    }

    init(
        _ bytes: [UInt8], _ choice: AudioChoice, _ worker: DecodeWorker, _ pool: DecodeWorkerPool,
        sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) {
        lease = try WorkerLease(worker, pool, work, bytes: AudioDecoder.decoderBytes)
        (file, self.secondsMax, self.work) = (.whole(bytes), secondsMax, work)
        sourceRateHz = try await worker.open(
            bytes, choice: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
    }

    /// Of a file that is still arriving.
    init(
        _ file: IncomingFile, _ choice: AudioChoice, _ worker: DecodeWorker,
        _ pool: DecodeWorkerPool, sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) {
        lease = try WorkerLease(worker, pool, work, bytes: AudioDecoder.decoderBytes)
        (self.file, self.secondsMax, self.work) = (.incoming(file), secondsMax, work)
        sourceRateHz = try await worker.open(
            file, choice: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
        file.readForwardOnly()
    }

    /// Samples that are asked for at once: what the decoder holds of audio stays small.
    private static let block = 160_000

    func read(_ count: Int) async throws(EngineError) -> [Float] {
        var samples = try await part(min(count, Self.block))
        guard count > Self.block, samples.count == Self.block else { return samples }
        // No more room than that, where so many can be meant.
        if count < 1 << 24 { samples.reserveCapacity(count) }
        while samples.count < count {
            let wanted = min(count - samples.count, Self.block)
            let more = try await part(wanted)
            samples += more
            if more.count < wanted { break }
        }
        return samples
    }

    private func part(_ count: Int) async throws(EngineError) -> [Float] {
        switch file {
        case .whole(let bytes):
            try await lease.worker.read(count, of: bytes, secondsMax: secondsMax, work: work)
        case .incoming(let file):
            try await lease.worker.read(count, of: file, secondsMax: secondsMax, work: work)
        }
    }
}
