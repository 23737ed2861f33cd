import CFFmpeg
import EngineAPI

/// Any audio as mono float samples, decoded as far as it is asked for; used by one thread.
final class AudioDecoder {
    private var source: DemuxerHandle
    private let sanitizer: FrameSanitizer
    private let converter: MonoConverter
    private let secondsMax: Double
    private let work: WorkContext
    private var timeline: AudioTimeline?
    /// Decoded frames whose turn has not come, and silence that comes before the first of them.
    private var frames: [FrameReference] = []
    private var silence = 0
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
    var sourceRateHz: Int { converter.sourceRateHz }

    /// Audio that is in memory.
    convenience init(
        _ bytes: [UInt8], choice: AudioChoice = AudioChoice(), sampleRateHz: Int,
        secondsMax: Double, work: WorkContext
    ) throws(EngineError) {
        guard !hasCompressedMovieHeader(bytes) else { throw .unreadableAudio }
        do throws(EngineError) {
            try self.init(
                choice: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax, work: work
            ) { MemoryIO(bytes: bytes, writable: false) }
        } catch {
            throw Self.named(error, bytes.prefix(16))
        }
    }

    /// Names the codec of a file that nothing here takes apart, where its first bytes tell it.
    static func named(_ error: EngineError, _ start: ArraySlice<UInt8>) -> EngineError {
        guard case .unreadableAudio = error, let name = AudioCodecName.ofBytes(start) else {
            return error
        }
        return .audioUnheard(.codecUnknown(name: name))
    }

    /// - secondsMax: bounds decoded samples, not the length that the file claims.
    /// - open: the file from its beginning; called again where several tracks are looked at.
    /// - Throws: `.unreadableAudio`, `.audioUnheard`, `.cancelled`, `.deadlinePassed`.
    init(
        choice: AudioChoice, sampleRateHz: Int, secondsMax: Double, work: WorkContext,
        open: () -> MemoryIO
    ) throws(EngineError) {
        source = try DemuxerHandle(
            open(), kind: AVMEDIA_TYPE_AUDIO, pixelsMax: 1, work: work, failure: .unreadableAudio,
            track: choice.track)
        if choice.track == nil, source.audioTracks > 1 {
            guard source.isSeekable else { throw .unreadableAudio }
            let track = try TrackSurvey(secondsMax: secondsMax, work: work)
                .firstThatSounds(of: source.audioTracks, open: open)
            source = try DemuxerHandle(
                open(), kind: AVMEDIA_TYPE_AUDIO, pixelsMax: 1, work: work,
                failure: .unreadableAudio, track: track)
        }
        sanitizer = FrameSanitizer(looksAhead: source.holdsPlainFloats, notes: work.notes)
        converter = MonoConverter(sampleRateHz: sampleRateHz, channel: choice.channel)
        self.secondsMax = secondsMax
        self.work = work
        if let start = source.startSeconds {
            timeline = AudioTimeline(start: start, secondsMax: secondsMax)
        }
        try charge(Self.decoderBytes)
        // What holds no audio is found out before anybody waits for it.
        try decode(atLeast: 1)
        guard converter.isOpen else {
            throw source.wasRefused ? .unreadableAudio : .audioUnheard(.noSamples)
        }
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
        return converter.take(wanted)
    }

    private func decode(atLeast wanted: Int) throws(EngineError) {
        while converter.samples.count < wanted, !isAtEnd || !frames.isEmpty {
            try work.check()
            let before = converter.samples.count
            if silence > 0 {
                // A gap of hours is made as it is read, never whole.
                let part = min(silence, wanted - before)
                converter.addSilence(part)
                silence -= part
            } else if !frames.isEmpty {
                let frame = frames.removeFirst()
                // The frame goes with its last reference.
                defer { withExtendedLifetime(frame) {} }
                try converter.add(frame.pointer)
                try placeNext()
            } else {
                try decodeNext()
            }
            count += converter.samples.count - before
            guard Double(count) <= secondsMax * Double(converter.sampleRateHz) else {
                throw .audioTooLong(secondsMax: secondsMax)
            }
            // An array that grows has twice the room at times.
            let needed = Self.decoderBytes + converter.samples.count * 8
            if needed > charged { try charge(max(needed - charged, 1 << 20)) }
        }
    }

    private func decodeNext() throws(EngineError) {
        func keep(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) {
            guard let copy = FrameReference(frame) else { throw .unreadableAudio }
            frames.append(copy)
        }
        if let frame = source.nextFrame() {
            try sanitizer.add(frame, keep)
        } else {
            isAtEnd = true
            // A reading that was stopped looks like the end of the file.
            try work.check()
            try sanitizer.release(keep)
            if frames.isEmpty { try converter.finish() }
        }
        try placeNext()
    }

    /// Finds out where the next frame belongs.
    private func placeNext() throws(EngineError) {
        guard let first = frames.first else {
            if isAtEnd { try converter.finish() }
            return
        }
        defer { withExtendedLifetime(first) {} }
        let frame = first.pointer
        let rate = Double(frame.pointee.sample_rate)
        guard timeline != nil, rate > 0 else { return }
        let missing = timeline!.silence(
            before: source.seconds(frame.pointee.best_effort_timestamp),
            lasting: Double(frame.pointee.nb_samples) / rate)
        if timeline!.passedOver { work.notes.add(.timesPassedOver) }
        guard missing > 0 else { return }
        // What the filter holds belongs in front of the gap.
        try converter.finish()
        try converter.open(frame)
        silence = Int(bounded: (missing * Double(converter.sampleRateHz)).rounded())
    }
}

/// A reference to a frame that the decoder may fill anew.
final class FrameReference {
    let pointer: UnsafeMutablePointer<AVFrame>

    init?(_ frame: UnsafeMutablePointer<AVFrame>) {
        guard let copy = av_frame_clone(frame) else { return nil }
        pointer = copy
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVFrame>? = pointer
        av_frame_free(&pointer)
    }
}
