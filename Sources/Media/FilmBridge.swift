import CFFmpeg
import EngineAPI

/// What a film is made of.
package struct FilmSettings: Sendable {
    /// Pixels, even.
    package var width = 512
    package var height = 512
    package var framesPerSecond = 25
    /// Fragments leave as they are made; otherwise the index is put in front of a whole file.
    package var isStreamed = false
    package var bitsPerSecond = 900_000
    package var audioRateHz = 24_000
    package var audioBitsPerSecond = 96_000

    package init() {}
}

/// Encodes RGB frames and mono samples into one MP4 in memory: H.264 by openh264, AAC by FFmpeg.
/// Not Sendable: it lives on the thread that feeds it.
package final class Film {
    private let settings: FilmSettings
    private let io: MemoryIO
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var video: UnsafeMutablePointer<AVCodecContext>?
    private var audio: UnsafeMutablePointer<AVCodecContext>?
    private var frame = av_frame_alloc()
    private var sound = av_frame_alloc()
    private var packet = av_packet_alloc()
    private var scaler: OpaquePointer?
    private var frames: Int64 = 0
    private var samples: Int64 = 0
    private var pending: [Float] = []
    /// The frame with room behind it: swscale's vector code reads past the end of its input.
    private var padded: [UInt8]

    /// - Throws: `.encoderFailed`.
    package init(_ settings: FilmSettings) throws(EngineError) {
        precondition(settings.width % 2 == 0 && settings.height % 2 == 0, "4:2:0 needs even sides")
        self.settings = settings
        padded = [UInt8](repeating: 0, count: settings.width * settings.height * 3 + 64)
        io = MemoryIO(writable: true, seekable: !settings.isStreamed)
        let code = avformat_alloc_output_context2(&format, nil, "mp4", nil)
        try check(code, or: .encoderFailed(code: code))
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        // Without a url, faststart's second opening is handed a null pointer.
        format!.pointee.url = av_strdup("memory")
        MemoryIO.guardOpening(format!, own: io)
        try openVideo()
        try openAudio()
        av_dict_set(&format!.pointee.metadata, "comment", synthesisNote, 0)
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        if settings.isStreamed {
            // A fragment every 200 ms of film, at any frame: a fragment a keyframe would hold
            // back the first picture for a whole group of pictures.
            av_dict_set(&options, "movflags", "+empty_moov+default_base_moof", 0)
            av_dict_set(&options, "frag_duration", "200000", 0)
        } else {
            av_dict_set(&options, "movflags", "+faststart", 0)
        }
        try must(avformat_write_header(format, &options))
        if settings.isStreamed { avio_flush(io.context) }
    }

    deinit {
        sws_freeContext(scaler)
        av_packet_free(&packet)
        av_frame_free(&sound)
        av_frame_free(&frame)
        avcodec_free_context(&audio)
        avcodec_free_context(&video)
        format?.pointee.pb = nil
        avformat_free_context(format)
    }

    /// Adds one frame: packed RGB, top row first, `width · height · 3` bytes.
    package func add(rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
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

    /// Adds mono samples, −1…1, any number at a time; give each frame's sound with the frame.
    package func add(samples new: ArraySlice<Float>) throws(EngineError) {
        pending.append(contentsOf: new)
        let size = Int(audio!.pointee.frame_size)
        var from = 0
        while pending.count - from >= size {
            try encodeSound(pending[from..<from + size])
            from += size
        }
        pending.removeFirst(from)
    }

    /// What is ready to leave; only when streamed.
    package func takeBytes() -> [UInt8] {
        precondition(settings.isStreamed)
        avio_flush(io.context)
        return io.take()
    }

    /// Ends both streams; returns the rest when streamed, else the whole film.
    package func finish() throws(EngineError) -> [UInt8] {
        try encode(video!, nil, stream: 0)
        if !pending.isEmpty { try encodeSound(pending[...]) }
        try encode(audio!, nil, stream: 1)
        try must(av_write_trailer(format))
        avio_flush(io.context)
        return io.take()
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }

    private func openVideo() throws(EngineError) {
        guard let codec = avcodec_find_encoder_by_name("libopenh264") else {
            throw .libraryMissing(name: "openh264")
        }
        video = avcodec_alloc_context3(codec)
        let context = video!
        context.pointee.width = Int32(settings.width)
        context.pointee.height = Int32(settings.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.time_base = AVRational(num: 1, den: Int32(settings.framesPerSecond))
        context.pointee.framerate = AVRational(num: Int32(settings.framesPerSecond), den: 1)
        // Rate control starves the key frames of a still background: the picture would pulse,
        // sharp and soft, every group. A narrow range of quantisers keeps it even, and smaller.
        context.pointee.gop_size = Int32(settings.framesPerSecond * 4)
        context.pointee.qmin = 20
        context.pointee.qmax = 22
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
        // Never drop a frame to keep the rate: a dropped frame is a mouth that stands still.
        av_dict_set(&options, "allow_skip_frames", "0", 0)
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
        guard let codec = avcodec_find_encoder_by_name("aac") else {
            throw .libraryMissing(name: "aac")
        }
        audio = avcodec_alloc_context3(codec)
        let context = audio!
        context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        context.pointee.sample_rate = Int32(settings.audioRateHz)
        ff_layout(&context.pointee.ch_layout, 1)
        context.pointee.time_base = AVRational(num: 1, den: Int32(settings.audioRateHz))
        context.pointee.bit_rate = Int64(settings.audioBitsPerSecond)
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        try must(avcodec_open2(context, codec, nil))
        try addStream(context)
        sound!.pointee.format = context.pointee.sample_fmt.rawValue
        ff_layout(&sound!.pointee.ch_layout, 1)
        sound!.pointee.sample_rate = context.pointee.sample_rate
        sound!.pointee.nb_samples = context.pointee.frame_size
        try must(av_frame_get_buffer(sound, 0))
    }

    private func addStream(_ context: UnsafeMutablePointer<AVCodecContext>) throws(EngineError) {
        guard let stream = avformat_new_stream(format, nil) else {
            throw .encoderFailed(code: ff_error_no_memory)
        }
        try must(avcodec_parameters_from_context(stream.pointee.codecpar, context))
        stream.pointee.time_base = context.pointee.time_base
        stream.pointee.avg_frame_rate = context.pointee.framerate
    }

    private func encodeSound(_ block: ArraySlice<Float>) throws(EngineError) {
        try must(av_frame_make_writable(sound))
        block.withUnsafeBytes {
            UnsafeMutableRawPointer(sound!.pointee.data.0!)
                .copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        sound!.pointee.nb_samples = Int32(block.count)
        sound!.pointee.pts = samples
        samples += Int64(block.count)
        try encode(audio!, sound, stream: 1)
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
            // openh264 leaves the duration out; the muxer would then guess the last frame's.
            if stream == 0 && packet!.pointee.duration == 0 { packet!.pointee.duration = 1 }
            av_packet_rescale_ts(
                packet, context.pointee.time_base,
                format!.pointee.streams[Int(stream)]!.pointee.time_base)
            try must(av_interleaved_write_frame(format, packet))
        }
    }
}
