import EngineAPI
import Execution

/// Encodes one video on a thread of its own: the writer is opened, fed and closed there.
actor ThreadedVideoEncoder: VideoEncoding {
    private let thread: ThreadExecutor
    private let settings: VideoSettings
    private let work: WorkContext
    private var writer: (any VideoWriter)?
    /// What of the writer's bytes is charged to the work.
    private var charged = 0
    private var encodeTime = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Throws: `.threadMissing`.
    init(_ settings: VideoSettings, work: WorkContext) throws(EngineError) {
        (self.settings, self.work) = (settings, work)
        thread = ThreadExecutor(name: "video")
        try thread.ready()
    }

    isolated deinit {}

    func add(_ frame: VideoFrame) throws(EngineError) -> [UInt8] {
        try timed { () throws(EngineError) in
            let writer = try open()
            try frame.rgb.withUnsafeBufferPointer { (rgb) throws(EngineError) in
                try writer.add(rgb: rgb)
            }
            return settings.isStreamed ? writer.takeBytes() : []
        }
    }

    func add(_ samples: [Float]) throws(EngineError) {
        guard !samples.isEmpty else { return }
        try timed { () throws(EngineError) in try open().add(samples: samples) }
    }

    func finish() throws(EngineError) -> [UInt8] {
        try timed { () throws(EngineError) in try open().finish() }
    }

    nonisolated func close() async -> Duration {
        let time = await end()
        // It has nothing left to do.
        thread.join()
        return time
    }

    private func end() -> Duration {
        writer = nil
        return encodeTime
    }

    private func timed<Value>(
        _ body: () throws(EngineError) -> Value
    ) throws(EngineError) -> Value {
        let started = ContinuousClock.now
        defer { encodeTime += .now - started }
        let value = try body()
        // A whole video is kept until its end.
        let kept = writer?.keptBytes ?? 0
        if kept > charged {
            try work.memory.charge(kept - charged)
            charged = kept
        }
        return value
    }

    private func open() throws(EngineError) -> any VideoWriter {
        if let writer { return writer }
        let opened = try openVideo(settings)
        writer = opened
        return opened
    }
}
