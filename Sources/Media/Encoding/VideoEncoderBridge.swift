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
    private var frame = av_frame_alloc()
    private var audioFrame = av_frame_alloc()
    private var packet = av_packet_alloc()
    private var scaler: OpaquePointer?
    private var frames: Int64 = 0
    private var samples: Int64 = 0
    private var pending: [Float] = []
    /// Where the samples' rate is none that the codec knows.
    private var resampler: AudioRateConverter?
    /// Of packets, whether they are written or wait for others to come before them.
    private var packetBytes = 0
    /// The frame with room behind it: swscale's vector code reads past the end of its input.
    private var padded: [UInt8]

    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    init(_ settings: VideoSettings) throws(EngineError) {
        precondition(settings.width % 2 == 0 && settings.height % 2 == 0, "4:2:0 needs even sides")
        self.settings = settings
        recipe = CodecSettings(settings)
        padded = [UInt8](repeating: 0, count: settings.width * settings.height * 3 + 64)
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
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in recipe.muxerOptions { av_dict_set(&options, key, value, 0) }
        try must(avformat_write_header(format, &options))
        if settings.isStreamed { avio_flush(io.context) }
    }

    deinit {
        sws_freeContext(scaler)
        av_packet_free(&packet)
        av_frame_free(&audioFrame)
        av_frame_free(&frame)
        avcodec_free_context(&audio)
        avcodec_free_context(&video)
        format?.pointee.pb = nil
        avformat_free_context(format)
    }

    func add(rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
        precondition(rgb.count == settings.width * settings.height * 3)
        try must(av_frame_make_writable(frame))
        padded.withUnsafeMutableBufferPointer { padded in
            padded.baseAddress!.update(from: rgb.baseAddress!, count: rgb.count)
            var plane: UnsafePointer<UInt8>? = UnsafePointer(padded.baseAddress)
            var stride = Int32(settings.width * 3)
            withUnsafePointer(to: &frame!.pointee.data) { data in
                withUnsafePointer(to: &frame!.pointee.linesize) { lines in
                    let planes = UnsafeRawPointer(data)
                        .assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
                    let strides = UnsafeRawPointer(lines).assumingMemoryBound(to: Int32.self)
                    _ = sws_scale(
                        scaler, &plane, &stride, 0, Int32(settings.height), planes, strides)
                }
            }
        }
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
        return io.take()
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }

    private func openVideo() throws(EngineError) {
        guard let codec = avcodec_find_encoder_by_name(recipe.videoEncoder) else {
            throw .libraryMissing(name: recipe.videoEncoder)
        }
        video = avcodec_alloc_context3(codec)
        let context = video!
        context.pointee.width = Int32(settings.width)
        context.pointee.height = Int32(settings.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.time_base = AVRational(num: 1, den: Int32(settings.framesPerSecond))
        context.pointee.framerate = AVRational(num: Int32(settings.framesPerSecond), den: 1)
        context.pointee.gop_size = Int32(settings.framesPerSecond * 4)
        context.pointee.qmin = recipe.quantisers.lowerBound
        context.pointee.qmax = recipe.quantisers.upperBound
        // One thread: slices would cost quality, and the other core draws the next frame.
        context.pointee.thread_count = 1
        context.pointee.bit_rate = Int64(settings.bitsPerSecond)
        context.pointee.color_range = AVCOL_RANGE_MPEG
        context.pointee.colorspace = AVCOL_SPC_BT709
        context.pointee.color_primaries = AVCOL_PRI_BT709
        context.pointee.color_trc = AVCOL_TRC_BT709
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in recipe.videoOptions { av_dict_set(&options, key, value, 0) }
        try must(avcodec_open2(context, codec, &options))
        try addStream(context)
        frame!.pointee.format = context.pointee.pix_fmt.rawValue
        frame!.pointee.width = context.pointee.width
        frame!.pointee.height = context.pointee.height
        try must(av_frame_get_buffer(frame, 32))
        scaler = sws_getContext(
            context.pointee.width, context.pointee.height, AV_PIX_FMT_RGB24,
            context.pointee.width, context.pointee.height, AV_PIX_FMT_YUV420P, SWS_POINT,
            nil, nil, nil)
        let table = sws_getCoefficients(SWS_CS_ITU709)
        sws_setColorspaceDetails(scaler, table, 1, table, 0, 0, 1 << 16, 1 << 16)
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
