import CFFmpeg
import EngineAPI

/// Where frames and their audio go. Not Sendable: it lives on the thread that feeds it.
protocol VideoWriter: AnyObject {
    /// Adds one frame: packed RGB, top row first, `width · height · 3` bytes.
    func add(rgb: UnsafeBufferPointer<UInt8>) throws(EngineError)

    /// Adds mono samples, −1…1, any number at a time.
    func add(samples: [Float]) throws(EngineError)

    /// What is ready to leave; only when streamed.
    func takeBytes() -> [UInt8]

    /// Bytes that are encoded and have not left.
    var keptBytes: Int { get }

    /// Ends all streams; returns the rest when streamed, else the whole video.
    func finish() throws(EngineError) -> [UInt8]
}

/// Opens a video of the format that the settings name.
/// - Throws: `.encoderFailed`, `.libraryMissing`.
func openVideo(_ settings: VideoSettings) throws(EngineError) -> any VideoWriter {
    settings.format == .gif ? try GIFEncoder(settings) : try VideoEncoder(settings)
}

/// Encodes RGB frames and mono samples into one MP4 or WebM in memory.
final class VideoEncoder: VideoWriter {
    private let settings: VideoSettings
    private let recipe: CodecSettings
    private let io: MemoryIO
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var video: UnsafeMutablePointer<AVCodecContext>?
    private var audio: UnsafeMutablePointer<AVCodecContext>?
    private var audioFrame = av_frame_alloc()
    private var packet = av_packet_alloc()
    private var frames: Int64 = 0
    private var samples: Int64 = 0
    private var pending: [Float] = []
    /// Where the samples' rate is none that the codec knows.
    private var resampler: AudioRateConverter?
    /// Of packets, whether they are written or wait for others to come before them.
    private var packetBytes = 0
    private let converter: FrameConverter

    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    init(_ settings: VideoSettings) throws(EngineError) {
        self.settings = settings
        recipe = CodecSettings(settings)
        converter = try FrameConverter(width: settings.width, height: settings.height)
        io = MemoryIO(writable: true, seekable: !settings.isStreamed)
        let code = avformat_alloc_output_context2(&format, nil, recipe.muxer, nil)
        try check(code, or: .encoderFailed(code: code))
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        // Without a url, faststart's second opening is handed a null pointer.
        format!.pointee.url = av_strdup("memory")
        // Of a whole video the audio may come long before the images: its packets wait for them.
        if !settings.isStreamed { format!.pointee.max_interleave_delta = 0 }
        MemoryIO.guardOpening(format!, own: io)
        try openVideo()
        try openAudio()
        av_dict_set(&format!.pointee.metadata, "comment", synthesisNote, 0)
        if settings.format == .webm {
            av_dict_set(
                &format!.pointee.metadata, sourceTag, DigitalSource.composite.address, 0)
        }
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in recipe.muxerOptions { av_dict_set(&options, key, value, 0) }
        try must(avformat_write_header(format, &options))
        if settings.isStreamed {
            // Through the muxer's own output: it counts where its fragments lie.
            if settings.format == .mp4 {
                let box = DigitalSource.composite.movieBox
                avio_write(io.context, box, Int32(box.count))
            }
            avio_flush(io.context)
        }
    }

    deinit {
        av_packet_free(&packet)
        av_frame_free(&audioFrame)
        avcodec_free_context(&audio)
        avcodec_free_context(&video)
        format?.pointee.pb = nil
        avformat_free_context(format)
    }

    func add(rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
        try converter.fill(rgb)
        let frame = converter.frame
        frame!.pointee.pts = frames
        frames += 1
        try encode(video!, frame, stream: 0)
    }

    func add(samples new: [Float]) throws(EngineError) {
        pending.append(contentsOf: try resampler?.convert(new) ?? new)
        try encodePending()
    }

    private func encodePending() throws(EngineError) {
        let size = Int(audio!.pointee.frame_size)
        var from = 0
        while pending.count - from >= size {
            try encodeAudio(pending[from..<from + size])
            from += size
        }
        pending.removeFirst(from)
    }

    var keptBytes: Int { settings.isStreamed ? io.bytes.count : max(packetBytes, io.bytes.count) }

    func takeBytes() -> [UInt8] {
        precondition(settings.isStreamed)
        avio_flush(io.context)
        return io.take()
    }

    func finish() throws(EngineError) -> [UInt8] {
        try encode(video!, nil, stream: 0)
        if let rest = try resampler?.finish() {
            pending += rest
            try encodePending()
        }
        if !pending.isEmpty { try encodeAudio(pending[...]) }
        try encode(audio!, nil, stream: 1)
        try must(av_write_trailer(format))
        avio_flush(io.context)
        let rest = io.take()
        // Of a whole file it may stand behind all else: no place in it moves.
        guard settings.format == .mp4, !settings.isStreamed else { return rest }
        return rest + DigitalSource.composite.movieBox
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }

    private func openVideo() throws(EngineError) {
        let context = try recipe.openVideoEncoder(
            settings, keyframeFrames: settings.framesPerSecond * 4)
        video = context
        try addStream(context)
    }

    private func openAudio() throws(EngineError) {
        guard let codec = avcodec_find_encoder_by_name(recipe.audioEncoder) else {
            throw .libraryMissing(name: recipe.audioEncoder)
        }
        audio = avcodec_alloc_context3(codec)
        let context = audio!
        context.pointee.sample_fmt = recipe.sampleFormat
        let rateHz = recipe.audioRateHz(for: settings.sampleRateHz)
        if rateHz != settings.sampleRateHz {
            resampler = try AudioRateConverter(from: settings.sampleRateHz, to: rateHz)
        }
        context.pointee.sample_rate = Int32(rateHz)
        ff_layout(&context.pointee.ch_layout, 1)
        context.pointee.time_base = AVRational(num: 1, den: Int32(rateHz))
        context.pointee.bit_rate = recipe.audioBitsPerSecond
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        chooseQuantisers(context)
        try must(avcodec_open2(context, codec, nil))
        try addStream(context)
        audioFrame!.pointee.format = context.pointee.sample_fmt.rawValue
        ff_layout(&audioFrame!.pointee.ch_layout, 1)
        audioFrame!.pointee.sample_rate = context.pointee.sample_rate
        audioFrame!.pointee.nb_samples = context.pointee.frame_size
        try must(av_frame_get_buffer(audioFrame, 0))
    }

    private func addStream(_ context: UnsafeMutablePointer<AVCodecContext>) throws(EngineError) {
        guard let stream = avformat_new_stream(format, nil) else {
            throw .encoderFailed(code: ff_error_no_memory)
        }
        try must(avcodec_parameters_from_context(stream.pointee.codecpar, context))
        stream.pointee.time_base = context.pointee.time_base
        stream.pointee.avg_frame_rate = context.pointee.framerate
    }

    private func encodeAudio(_ block: ArraySlice<Float>) throws(EngineError) {
        try must(av_frame_make_writable(audioFrame))
        block.withUnsafeBytes {
            UnsafeMutableRawPointer(audioFrame!.pointee.data.0!)
                .copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        audioFrame!.pointee.nb_samples = Int32(block.count)
        audioFrame!.pointee.pts = samples
        samples += Int64(block.count)
        try encode(audio!, audioFrame, stream: 1)
    }

    private func encode(
        _ context: UnsafeMutablePointer<AVCodecContext>, _ input: UnsafeMutablePointer<AVFrame>?,
        stream: Int32
    ) throws(EngineError) {
        try must(avcodec_send_frame(context, input))
        while true {
            let got = avcodec_receive_packet(context, packet)
            if got == ff_error_again || got == ff_error_end { return }
            try must(got)
            packet!.pointee.stream_index = stream
            packetBytes += Int(packet!.pointee.size)
            // openh264 leaves the duration out; the muxer would then guess the last frame's.
            if stream == 0 && packet!.pointee.duration == 0 { packet!.pointee.duration = 1 }
            av_packet_rescale_ts(
                packet, context.pointee.time_base,
                format!.pointee.streams[Int(stream)]!.pointee.time_base)
            try must(av_interleaved_write_frame(format, packet))
        }
    }
}
