import EngineAPI

/// A sound that a decoder process reads, as it is asked for.
final class ProcessReader: SoundReading {
    let sourceRateHz: Int
    private let bytes: [UInt8]
    private let secondsMax: Double
    private let work: Work
    private let lease: Lease

    /// A worker for as long as the reader is there, and what that takes of the work's memory.
    private final class Lease: Sendable {
        let worker: DecodeWorker
        private let pool: DecodeWorkerPool
        private let work: Work
        /// What a process has of its own, and its decoder.
        private static let bytes = DecodeWorkerPool.processBytes + AudioDecoder.decoderBytes

        init(
            _ worker: DecodeWorker, _ pool: DecodeWorkerPool, _ work: Work
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
        _ bytes: [UInt8], _ worker: DecodeWorker, _ pool: DecodeWorkerPool, sampleRateHz: Int,
        secondsMax: Double, work: Work
    ) async throws(EngineError) {
        lease = try Lease(worker, pool, work)
        (self.bytes, self.secondsMax, self.work) = (bytes, secondsMax, work)
        sourceRateHz = try await worker.open(
            bytes, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
    }

    func read(_ count: Int) async throws(EngineError) -> [Float] {
        // Both processes have them for a moment.
        let bytesTaken = min(count, 48_000 * 120) * 8
        try work.memory.charge(bytesTaken)
        defer { work.memory.release(bytesTaken) }
        return try await lease.worker.read(
            count, of: bytes, secondsMax: secondsMax, work: work)
    }
}
