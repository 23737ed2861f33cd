import EngineAPI
import Execution
import Media

/// Draws frames on a thread of its own.
actor FrameWorker {
    private let thread: ThreadExecutor
    private let renderer: FrameRenderer

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ renderer: FrameRenderer, thread: ThreadExecutor) {
        self.renderer = renderer
        self.thread = thread
    }

    /// Draws one frame and returns the buffer with the wall time it took.
    func draw(_ expression: Expression, into buffer: FrameBuffer) -> DrawnFrame {
        let started = ContinuousClock.now
        renderer.draw(expression, into: buffer)
        return DrawnFrame(buffer: buffer, time: .now - started)
    }
}

/// A frame that waits for the video.
struct DrawnFrame: Sendable {
    let buffer: FrameBuffer
    let time: Duration
}

/// Encodes on a thread of its own: the video is opened, fed and closed there.
actor VideoEncoderActor {
    private let thread: ThreadExecutor
    private let settings: VideoSettings
    private var video: (any VideoEncoding)?
    /// Bytes that are encoded and kept until the video is whole.
    var keptBytes: Int { video?.keptBytes ?? 0 }
    /// Wall time inside the encoder.
    private(set) var encodeTime = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ settings: VideoSettings, thread: ThreadExecutor) {
        self.settings = settings
        self.thread = thread
    }

    isolated deinit {}

    /// Adds a frame and the audio that belongs to it; returns the bytes that are ready.
    func add(_ buffer: FrameBuffer, _ samples: ArraySlice<Float>) throws(EngineError) -> [UInt8] {
        let started = ContinuousClock.now
        defer { encodeTime += .now - started }
        let video = try open()
        try video.add(rgb: UnsafeBufferPointer(buffer.pixels))
        try video.add(samples: samples)
        return settings.isStreamed ? video.takeBytes() : []
    }

    /// Ends the video; returns the rest of it.
    func finish() throws(EngineError) -> [UInt8] {
        let started = ContinuousClock.now
        defer {
            encodeTime += .now - started
            video = nil
        }
        return try open().finish()
    }

    private func open() throws(EngineError) -> any VideoEncoding {
        if let video { return video }
        let opened = try openVideo(settings)
        video = opened
        return opened
    }
}
