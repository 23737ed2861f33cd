import EngineAPI
import Execution

/// Encodes one live video on a thread of its own.
actor ThreadedLiveVideoEncoder: LiveVideoEncoding {
    private let thread: ThreadExecutor
    private let settings: LiveVideoSettings
    private let work: WorkContext
    private var encoder: LiveVideoEncoder?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Throws: `.threadMissing`.
    init(_ settings: LiveVideoSettings, work: WorkContext) throws(EngineError) {
        (self.settings, self.work) = (settings, work)
        thread = ThreadExecutor(name: "live-video")
        try thread.ready()
    }

    isolated deinit {}

    func start() throws(EngineError) -> LiveVideoHead { try open().head }

    func add(
        _ frame: VideoFrame, atMilliseconds milliseconds: Int, durationMilliseconds duration: Int,
        isKeyframe: Bool
    ) throws(EngineError) -> LiveVideoFragment {
        let encoder = try open()
        return try frame.rgb.withUnsafeBufferPointer { (rgb) throws(EngineError) in
            try encoder.add(
                rgb, atMilliseconds: milliseconds, duration: duration, isKeyframe: isKeyframe)
        }
    }

    nonisolated func close() async {
        await end()
        // It has nothing left to do.
        thread.join()
    }

    private func end() { encoder = nil }

    private func open() throws(EngineError) -> LiveVideoEncoder {
        if let encoder { return encoder }
        try work.check()
        let opened = try LiveVideoEncoder(settings)
        encoder = opened
        return opened
    }
}
