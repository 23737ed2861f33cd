import CFFmpeg
import EngineAPI

/// Turns packed RGB into the 4:2:0 frames that encoders take: BT.709 in its narrow range.
final class FrameConverter {
    private let width: Int
    private let height: Int
    private var scaler: OpaquePointer?
    /// The frame that `fill` fills.
    private(set) var frame = av_frame_alloc()
    /// The last rows with room behind them: swscale's vector code reads past the end of its input.
    private var lastRows: [UInt8]
    /// As many as two rows of colours need.
    private static let lastRowCount = 2

    /// - Throws: `.encoderFailed`.
    init(width: Int, height: Int) throws(EngineError) {
        precondition(width % 2 == 0 && height % 2 == 0, "4:2:0 needs even sides")
        (self.width, self.height) = (width, height)
        lastRows = [UInt8](repeating: 0, count: Self.lastRowCount * width * 3 + 64)
        frame!.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        frame!.pointee.width = Int32(width)
        frame!.pointee.height = Int32(height)
        let code = av_frame_get_buffer(frame, 32)
        try check(code, or: .encoderFailed(code: code))
        scaler = sws_getContext(
            Int32(width), Int32(height), AV_PIX_FMT_RGB24, Int32(width), Int32(height),
            AV_PIX_FMT_YUV420P, SWS_POINT, nil, nil, nil)
        let table = sws_getCoefficients(SWS_CS_ITU709)
        sws_setColorspaceDetails(scaler, table, 1, table, 0, 0, 1 << 16, 1 << 16)
    }

    deinit {
        sws_freeContext(scaler)
        av_frame_free(&frame)
    }

    /// - rgb: packed, top row first, `width · height · 3` bytes.
    /// - Throws: `.encoderFailed`.
    func fill(_ rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
        precondition(rgb.count == width * height * 3)
        let code = av_frame_make_writable(frame)
        try check(code, or: .encoderFailed(code: code))
        let first = height - Self.lastRowCount
        let (start, rowBytes) = (rgb.baseAddress!, width * 3)
        scale(start, rows: 0..<first)
        lastRows.withUnsafeMutableBufferPointer { last in
            let from = start + first * rowBytes
            last.baseAddress!.update(from: from, count: Self.lastRowCount * rowBytes)
            scale(last.baseAddress!, rows: first..<height)
        }
    }

    /// - pixels: of those rows, the first of which lies after the ones that were scaled before.
    private func scale(_ pixels: UnsafePointer<UInt8>, rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        var plane: UnsafePointer<UInt8>? = pixels
        var stride = Int32(width * 3)
        withUnsafePointer(to: &frame!.pointee.data) { data in
            withUnsafePointer(to: &frame!.pointee.linesize) { lines in
                let planes = UnsafeRawPointer(data)
                    .assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
                let strides = UnsafeRawPointer(lines).assumingMemoryBound(to: Int32.self)
                _ = sws_scale(
                    scaler, &plane, &stride, Int32(rows.lowerBound), Int32(rows.count), planes,
                    strides)
            }
        }
    }
}

extension CodecSettings {
    /// Opens the encoder of a video's images.
    /// - keyframeFrames: frames from one keyframe to the next.
    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    func openVideoEncoder(
        _ settings: VideoSettings, keyframeFrames: Int
    ) throws(EngineError) -> UnsafeMutablePointer<AVCodecContext> {
        guard let codec = avcodec_find_encoder_by_name(videoEncoder) else {
            throw .libraryMissing(name: videoEncoder)
        }
        var made = avcodec_alloc_context3(codec)
        guard let context = made else { throw .encoderFailed(code: ff_error_no_memory) }
        context.pointee.width = Int32(settings.width)
        context.pointee.height = Int32(settings.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.time_base = AVRational(num: 1, den: Int32(settings.framesPerSecond))
        context.pointee.framerate = AVRational(num: Int32(settings.framesPerSecond), den: 1)
        context.pointee.gop_size = Int32(keyframeFrames)
        context.pointee.qmin = quantisers.lowerBound
        context.pointee.qmax = quantisers.upperBound
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
        for (key, value) in videoOptions { av_dict_set(&options, key, value, 0) }
        let code = avcodec_open2(context, codec, &options)
        guard code >= 0 else {
            avcodec_free_context(&made)
            throw .encoderFailed(code: code)
        }
        return context
    }
}
