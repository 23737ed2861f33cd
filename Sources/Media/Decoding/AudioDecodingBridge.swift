import CFFmpeg
import EngineAPI

/// Rates that a resampler is made for. A WAV that claims 1 Hz would otherwise make 24 hours of
/// samples out of 173 kB.
private let sourceRatesHz: ClosedRange<Int32> = 4_000...768_000

/// Any audio as mono float samples, decoded as far as it is asked for; used by one thread.
final class AudioDecoder {
    private var source: DemuxerHandle
    private let sanitizer: FrameSanitizer
    private let resampler: Resampler
    private let secondsMax: Double
    private let work: WorkContext
    /// Samples that were decoded, whether they were taken or not.
    private var count = 0
    private var isAtEnd = false
    /// What this decoder has charged to the work's memory.
    private var charged = 0

    /// FFmpeg's context, tables, packets and frames of one stream; an
    /// estimate from above.
    static let decoderBytes = 3 << 20

    /// Asks for samples at the audio's own rate, as `trackRateHz` has it.
    static let ownRate = 0

    /// The rate of the samples of audio that is read at its own: within what voices are recorded
    /// in and codecs know.
    static func trackRateHz(_ rateHz: Int) -> Int { min(max(rateHz, 16_000), 48_000) }

    /// The rate of what was decoded last.
    var sourceRateHz: Int { resampler.sourceRateHz }

    /// Audio that is in memory.
    convenience init(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) throws(EngineError) {
        guard !hasCompressedMovieHeader(bytes) else { throw .unreadableAudio }
        try self.init(
            MemoryIO(bytes: bytes, writable: false), sampleRateHz: sampleRateHz,
            secondsMax: secondsMax, work: work)
    }

    /// - secondsMax: bounds decoded samples, not the length that the file claims.
    /// - Throws: `.unreadableAudio`, `.cancelled`, `.deadlinePassed`.
    init(
        _ io: MemoryIO, sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) throws(EngineError) {
        source = try DemuxerHandle(
            io, kind: AVMEDIA_TYPE_AUDIO, pixelsMax: 1, work: work, failure: .unreadableAudio)
        sanitizer = FrameSanitizer(looksAhead: source.holdsPlainFloats, notes: work.notes)
        resampler = Resampler(sampleRateHz: sampleRateHz)
        self.secondsMax = secondsMax
        self.work = work
        try charge(Self.decoderBytes)
        // What holds no audio is found out before anybody waits for it.
        try decode(atLeast: 1)
        guard resampler.isOpen else { throw .unreadableAudio }
    }

    deinit { work.memory.release(charged) }

    private func charge(_ bytes: Int) throws(EngineError) {
        try work.memory.charge(bytes)
        charged += bytes
    }

    /// The next `wanted` samples; fewer only at the end.
    /// - Throws: `.audioTooLong`, `.unreadableAudio`, `.cancelled`, `.deadlinePassed`.
    func read(_ wanted: Int) throws(EngineError) -> [Float] {
        try decode(atLeast: wanted)
        return resampler.take(wanted)
    }

    private func decode(atLeast wanted: Int) throws(EngineError) {
        while resampler.samples.count < wanted, !isAtEnd {
            try work.check()
            let before = resampler.samples.count
            if let frame = source.nextFrame() {
                try sanitizer.add(frame, resampler.add)
            } else {
                isAtEnd = true
                // A reading that was stopped looks like the end of the file.
                try work.check()
                try sanitizer.release(resampler.add)
                if resampler.isOpen { try resampler.add(nil) }
            }
            count += resampler.samples.count - before
            guard Double(count) <= secondsMax * Double(resampler.sampleRateHz) else {
                throw .audioTooLong(secondsMax: secondsMax)
            }
            // An array that grows has twice the room at times.
            let needed = Self.decoderBytes + resampler.samples.count * 8
            if needed > charged { try charge(max(needed - charged, 1 << 20)) }
        }
    }
}

/// Frames of any layout, format and rate in; mono float samples out.
private final class Resampler {
    private(set) var sampleRateHz: Int
    private var context: OpaquePointer?
    private(set) var samples: [Float] = []
    /// What the context was opened for: a stream may change it midway.
    private var opened: (rate: Int32, channels: Int32, format: Int32) = (0, 0, 0)

    init(sampleRateHz: Int) { self.sampleRateHz = sampleRateHz }

    deinit { swr_free(&context) }

    var isOpen: Bool { context != nil }

    var sourceRateHz: Int { Int(opened.rate) }

    /// The first samples out of those that are ready.
    func take(_ wanted: Int) -> [Float] {
        if wanted >= samples.count {
            defer { samples = [] }
            return samples
        }
        let taken = Array(samples[..<wanted])
        samples.removeFirst(wanted)
        return taken
    }

    /// Adds a frame; nil flushes what the filter still holds.
    func add(_ frame: UnsafeMutablePointer<AVFrame>?) throws(EngineError) {
        if let frame { try open(frame) }
        let input = frame?.pointee.nb_samples ?? 0
        let room = Int(swr_get_out_samples(context, input))
        guard room > 0 else { return }
        let from = samples.count
        var written: Int32 = 0
        samples.append(contentsOf: repeatElement(0, count: room))
        samples.withUnsafeMutableBytes { all in
            var out: UnsafeMutablePointer<UInt8>? =
                all.baseAddress!.assumingMemoryBound(to: UInt8.self) + from * 4
            let planes = frame.map {
                UnsafeMutableRawPointer($0.pointee.extended_data)!
                    .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
            }
            written = swr_convert(context, &out, Int32(room), planes, input)
        }
        samples.removeLast(room - max(0, Int(written)))
        try check(written, or: .unreadableAudio)
    }

    private func open(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) {
        let facts = (
            frame.pointee.sample_rate, frame.pointee.ch_layout.nb_channels, frame.pointee.format
        )
        if context != nil, facts == opened { return }
        guard sourceRatesHz.contains(facts.0), (1...64).contains(facts.1) else {
            throw .unreadableAudio
        }
        if context != nil { try add(nil) }
        swr_free(&context)
        // A stream that changes its rate midway goes on at its first one.
        if sampleRateHz == AudioDecoder.ownRate {
            sampleRateHz = AudioDecoder.trackRateHz(Int(facts.0))
        }
        var layout = frame.pointee.ch_layout
        if layout.order == AV_CHANNEL_ORDER_UNSPEC { ff_layout(&layout, layout.nb_channels) }
        var mono = AVChannelLayout()
        ff_layout(&mono, 1)
        let code = swr_alloc_set_opts2(
            &context, &mono, AV_SAMPLE_FMT_FLT, Int32(sampleRateHz), &layout,
            AVSampleFormat(facts.2), facts.0, 0, nil)
        try check(code, or: .unreadableAudio)
        try check(swr_init(context), or: .unreadableAudio)
        opened = facts
    }
}
