import CFFmpeg
import EngineAPI

/// Encodes RGB frames into fragments of one frame each. Not Sendable: it lives on the thread that
/// feeds it.
final class LiveVideoEncoder {
    private static let keyframeEveryMilliseconds = 4_000
    /// The encoder counts frames, which may be far apart: it is told when one is due, and makes
    /// none by itself in ten hours.
    private static let keyframeFrames = 1 << 20

    private let converter: FrameConverter
    private var writer: MovieFragmentWriter
    private var video: UnsafeMutablePointer<AVCodecContext>?
    private var packet = av_packet_alloc()
    private var frames: Int64 = 0
    private var keyframeMilliseconds: Int?

    /// How the video begins.
    let head: LiveVideoHead

    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    init(_ live: LiveVideoSettings) throws(EngineError) {
        var settings = VideoSettings()
        (settings.width, settings.height) = (live.width, live.height)
        settings.framesPerSecond = live.framesPerSecond
        settings.isStreamed = true
        let recipe = CodecSettings(settings)
        converter = try FrameConverter(width: live.width, height: live.height)
        var video: UnsafeMutablePointer<AVCodecContext>? = try recipe.openVideoEncoder(
            settings, keyframeFrames: Self.keyframeFrames)
        writer = MovieFragmentWriter(
            parameters: UnsafeBufferPointer(
                start: video!.pointee.extradata, count: Int(video!.pointee.extradata_size)))
        do throws(EngineError) {
            guard let codec = writer.codec else { throw .encoderFailed(code: ff_error_invalid) }
            head = LiveVideoHead(bytes: try Self.head(video!), codec: codec)
        } catch {
            avcodec_free_context(&video)
            av_packet_free(&packet)
            throw error
        }
        self.video = video
    }

    deinit {
        av_packet_free(&packet)
        avcodec_free_context(&video)
    }

    /// `ftyp` and `moov` of a movie whose frames come in fragments.
    private static func head(
        _ video: UnsafeMutablePointer<AVCodecContext>
    ) throws(EngineError) -> [UInt8] {
        let io = MemoryIO(writable: true, seekable: false)
        var format: UnsafeMutablePointer<AVFormatContext>?
        let code = avformat_alloc_output_context2(&format, nil, "mp4", nil)
        try check(code, or: .encoderFailed(code: code))
        defer {
            format!.pointee.pb = nil
            avformat_free_context(format)
        }
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        MemoryIO.guardOpening(format!, own: nil)
        guard let stream = avformat_new_stream(format, nil) else {
            throw .encoderFailed(code: ff_error_no_memory)
        }
        let copied = avcodec_parameters_from_context(stream.pointee.codecpar, video)
        try check(copied, or: .encoderFailed(code: copied))
        stream.pointee.time_base = AVRational(
            num: 1, den: Int32(1_000 * MovieFragmentWriter.unitsPerMillisecond))
        stream.pointee.avg_frame_rate = video.pointee.framerate
        av_dict_set(&format!.pointee.metadata, "comment", synthesisNote, 0)
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        av_dict_set(&options, "movflags", "+empty_moov+default_base_moof+frag_custom", 0)
        av_dict_set(&options, "use_editlist", "0", 0)
        av_dict_set(&options, "video_track_timescale", "90000", 0)
        let written = avformat_write_header(format, &options)
        try check(written, or: .encoderFailed(code: written))
        avio_flush(io.context)
        return io.take()
    }

    /// - rgb: packed, top row first.
    /// - Throws: `.encoderFailed`.
    func add(
        _ rgb: UnsafeBufferPointer<UInt8>, atMilliseconds milliseconds: Int, duration: Int,
        isKeyframe: Bool
    ) throws(EngineError) -> LiveVideoFragment {
        try converter.fill(rgb)
        let frame = converter.frame!
        let isDue = keyframeMilliseconds.map {
            milliseconds - $0 >= Self.keyframeEveryMilliseconds
        }
        frame.pointee.pict_type =
            isKeyframe || isDue ?? true ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        frame.pointee.pts = frames
        frames += 1
        try must(avcodec_send_frame(video, frame))
        // The encoder holds no frame back: each gives its packet at once.
        try must(avcodec_receive_packet(video, packet))
        defer { av_packet_unref(packet) }
        let isKey = packet!.pointee.flags & AV_PKT_FLAG_KEY != 0
        if isKey { keyframeMilliseconds = milliseconds }
        let bytes = UnsafeBufferPointer(
            start: packet!.pointee.data, count: Int(packet!.pointee.size))
        return LiveVideoFragment(
            bytes: writer.fragment(
                bytes, atMilliseconds: milliseconds, duration: duration, isKeyframe: isKey),
            isKeyframe: isKey)
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }
}
