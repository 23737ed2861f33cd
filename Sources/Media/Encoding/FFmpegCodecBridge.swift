import CFFmpeg
import EngineAPI
import Execution
import Synchronization

/// Reads and writes media in process with the slim FFmpeg, on threads of its own.
package final class FFmpegCodec: MediaCoding {
    private let threads: [DecodeThread]
    private let turn = Atomic<Int>(0)

    /// - threads: how many files are decoded at once.
    package init(threads: Int) {
        self.threads = (0..<threads).map {
            DecodeThread(thread: ThreadExecutor(name: "media-\($0)"))
        }
    }

    private var nextThread: DecodeThread {
        threads[turn.add(1, ordering: .relaxed).oldValue % threads.count]
    }

    package func decodeAudio(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioClip {
        try await nextThread.decodeAudio(
            bytes, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
    }

    package func reader(
        _ bytes: [UInt8], choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        let reader = AudioReader(thread: nextThread.thread)
        try await reader.open(
            bytes, choice, sampleRateHz: 16_000, secondsMax: secondsMax, work: work)
        return reader
    }

    /// In this process a decoder's thread does not wait for a client: the file is read when it is
    /// whole.
    package func reader(
        _ file: IncomingFile, choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        try await reader(
            try await file.whole(), choice: choice, secondsMax: secondsMax, work: work)
    }

    package func audioTrack(
        _ bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioTrack {
        let reader = AudioReader(thread: nextThread.thread)
        let rate = try await reader.open(
            bytes, AudioChoice(), sampleRateHz: AudioDecoder.ownRate, secondsMax: secondsMax,
            work: work)
        return AudioTrack(sampleRateHz: AudioDecoder.trackRateHz(rate), source: reader)
    }

    package func decodeImage(
        _ bytes: [UInt8], sideMax: Int, work: WorkContext
    ) async throws(EngineError) -> Image {
        try await nextThread.decodeImage(bytes, sideMax: sideMax, work: work)
    }

    package func videoSource(
        _ bytes: [UInt8], limits: VideoLimits, work: WorkContext
    ) async throws(EngineError) -> any VideoSource {
        guard !hasCompressedMovieHeader(bytes) else { throw .videoUnread(.damaged) }
        let reader = VideoReader(thread: nextThread.thread, work)
        try await reader.open(bytes, limits)
        return reader
    }

    package func encoder(
        _ format: AudioFormat, sampleRateHz: Int
    ) throws(EngineError) -> any AudioEncoding {
        switch format {
        case .wav, .pcm: WaveEncoder(isBare: format == .pcm, sampleRateHz: sampleRateHz)
        default:
            try CompressedAudioEncoder(
                format, sampleRateHz: sampleRateHz, thread: nextThread.thread)
        }
    }

    package func videoEncoder(
        _ settings: VideoSettings, work: WorkContext
    ) throws(EngineError) -> any VideoEncoding {
        try ThreadedVideoEncoder(settings, work: work)
    }

    package func liveVideoEncoder(
        _ settings: LiveVideoSettings, work: WorkContext
    ) throws(EngineError) -> any LiveVideoEncoding {
        try ThreadedLiveVideoEncoder(settings, work: work)
    }

    package func rateConverter(
        fromHz: Int, toHz: Int
    ) throws(EngineError) -> any AudioRateConverting {
        try AudioRateConverter(from: fromHz, to: toHz)
    }
}

enum FFmpegLog {
    /// FFmpeg writes to stderr by default, from any thread: the level is process-wide.
    static func silence() { av_log_set_level(AV_LOG_QUIET) }
}

/// One thread that decodes one file at a time.
private actor DecodeThread {
    nonisolated let thread: ThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: ThreadExecutor) {
        self.thread = thread
        FFmpegLog.silence()
    }

    func decodeAudio(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) throws(EngineError) -> AudioClip {
        let decoder = try AudioDecoder(
            bytes, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
        return AudioClip(samples: try decoder.read(.max), sampleRateHz: sampleRateHz)
    }

    func decodeImage(
        _ bytes: [UInt8], sideMax: Int, work: WorkContext
    ) throws(EngineError) -> Image {
        try Media.decodeImage(bytes, sideMax: sideMax, work: work)
    }
}

/// Decodes one file on one of the codec's threads, as it is read.
private actor AudioReader: AudioSource {
    private let thread: ThreadExecutor
    private var decoder: AudioDecoder?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: ThreadExecutor) { self.thread = thread }

    isolated deinit { decoder = nil }

    /// Returns the audio's own rate.
    @discardableResult
    func open(
        _ bytes: [UInt8], _ choice: AudioChoice, sampleRateHz: Int, secondsMax: Double,
        work: WorkContext
    ) throws(EngineError) -> Int {
        let opened = try AudioDecoder(
            bytes, choice: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work)
        decoder = opened
        return opened.sourceRateHz
    }

    func read(_ count: Int) throws(EngineError) -> [Float] { try decoder!.read(count) }
}

/// Decodes one video on one of the codec's threads, as it is read.
private actor VideoReader: VideoSource {
    private let thread: ThreadExecutor
    private let work: WorkContext
    private var decoder: VideoDecoder?
    private var charged = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: ThreadExecutor, _ work: WorkContext) {
        self.thread = thread
        self.work = work
    }

    deinit { work.memory.release(charged) }

    func open(_ bytes: [UInt8], _ limits: VideoLimits) throws(EngineError) {
        let side = limits.sideMax
        let most = VideoDecoder.memoryBytes(width: side, height: side)
        // Its size is known when it is open.
        try work.memory.charge(most)
        charged = most
        let opened = try VideoDecoder(limits: limits, work: work) {
            MemoryIO(bytes: bytes, writable: false)
        }
        charged = min(VideoDecoder.memoryBytes(width: opened.width, height: opened.height), most)
        work.memory.release(most - charged)
        decoder = opened
    }

    func next() throws(EngineError) -> TimedImage? { try decoder?.next() }
}
