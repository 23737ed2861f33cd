import EngineAPI

/// A video that a decoder process reads, image by image.
final class ProcessVideoSource: VideoSource {
    private let bytes: [UInt8]
    private let limits: VideoLimits
    private let work: WorkContext
    private let lease: WorkerLease

    /// - Throws: `.videoUnread`, `.videoTooLarge`, `.memoryShort`, `.cancelled`, `.deadlinePassed`.
    init(
        _ bytes: [UInt8], _ limits: VideoLimits, _ worker: DecodeWorker, _ pool: DecodeWorkerPool,
        work: WorkContext
    ) async throws(EngineError) {
        (self.bytes, self.limits, self.work) = (bytes, limits, work)
        let side = limits.sideMax
        // Its size is known when it is open.
        lease = try WorkerLease(
            worker, pool, work, bytes: VideoDecoder.memoryBytes(width: side, height: side))
        let size = try await worker.openVideo(bytes, limits, work: work)
        lease.shrink(to: VideoDecoder.memoryBytes(width: size.width, height: size.height))
    }

    func next() async throws(EngineError) -> TimedImage? {
        try await lease.worker.nextImage(of: bytes, limits, work: work)
    }
}
