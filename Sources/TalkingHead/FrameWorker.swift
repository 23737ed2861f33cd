import EngineAPI
import Execution
import Media

/// Draws frames on a thread of its own.
actor FrameWorker {
    private let thread: EngineThread
    private let renderer: FrameRenderer

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ renderer: FrameRenderer, thread: EngineThread) {
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

/// A frame that waits for the film.
struct DrawnFrame: Sendable {
    let buffer: FrameBuffer
    let time: Duration
}

/// Encodes on a thread of its own: the film is opened, fed and closed there.
actor FilmDesk {
    private let thread: EngineThread
    private let settings: FilmSettings
    private var film: (any FilmWriting)?
    /// Bytes that are encoded and kept until the video is whole.
    var keptBytes: Int { film?.keptBytes ?? 0 }
    /// Wall time inside the encoder.
    private(set) var encodeTime = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ settings: FilmSettings, thread: EngineThread) {
        self.settings = settings
        self.thread = thread
    }

    isolated deinit {}

    /// Adds a frame and the sound that belongs to it; returns the bytes that are ready.
    func add(_ buffer: FrameBuffer, _ samples: ArraySlice<Float>) throws(EngineError) -> [UInt8] {
        let started = ContinuousClock.now
        defer { encodeTime += .now - started }
        let film = try open()
        try film.add(rgb: UnsafeBufferPointer(buffer.pixels))
        try film.add(samples: samples)
        return settings.isStreamed ? film.takeBytes() : []
    }

    /// Ends the film; returns the rest of it.
    func finish() throws(EngineError) -> [UInt8] {
        let started = ContinuousClock.now
        defer {
            encodeTime += .now - started
            film = nil
        }
        return try open().finish()
    }

    private func open() throws(EngineError) -> any FilmWriting {
        if let film { return film }
        let opened = try openFilm(settings)
        film = opened
        return opened
    }
}
