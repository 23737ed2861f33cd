import EngineAPI

/// Audio that a decoder process reads, as it is asked for.
final class ProcessReader: AudioSource {
    let sourceRateHz: Int
    private let file: File
    private let secondsMax: Double
    private let work: WorkContext
    private let lease: Lease

    /// What is read: bytes that are there, or that still arrive.
    private enum File: Sendable {
        case whole([UInt8])
        case incoming(IncomingFile)
    }

    /// A worker for as long as the reader is there, and what that takes of the work's memory.
    private final class Lease: Sendable {
        let worker: DecodeWorker
        private let pool: DecodeWorkerPool
        private let work: WorkContext
        /// What a process has of its own, and its decoder.
        private static let bytes = DecodeWorkerPool.processBytes + AudioDecoder.decoderBytes

        init(
            _ worker: DecodeWorker, _ pool: DecodeWorkerPool, _ work: WorkContext
        ) throws(EngineError) {
            do throws(EngineError) {
                try work.memory.charge(Self.bytes)
            } catch {
                pool.giveBack(worker)
                throw error
            }
            (self.worker, self.pool, self.work) = (worker, pool, work)
        }

        deinit {
            work.memory.release(Self.bytes)
            pool.giveBack(worker)
        }
    }

    init(
        _ bytes: [UInt8], _ choice: AudioChoice, _ worker: DecodeWorker, _ pool: DecodeWorkerPool,
        sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) {
        lease = try Lease(worker, pool, work)
        (file, self.secondsMax, self.work) = (.whole(bytes), secondsMax, work)
        sourceRateHz = try await worker.open(
            bytes, choice: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
    }

    /// Of a file that is still arriving.
    init(
        _ file: IncomingFile, _ choice: AudioChoice, _ worker: DecodeWorker,
        _ pool: DecodeWorkerPool, sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) {
        lease = try Lease(worker, pool, work)
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
