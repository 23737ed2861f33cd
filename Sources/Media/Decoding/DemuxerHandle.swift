import CFFmpeg
import EngineAPI

/// An opened container over memory and the decoder of one stream; freed with the value.
struct DemuxerHandle: ~Copyable {
    private let io: MemoryIO
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var stream: Int32 = -1
    /// Tracks of audio that the file has.
    private(set) var audioTracks = 0
    /// Whether the decoder refused a packet.
    private(set) var wasRefused = false
    /// The file has ended; the decoder may still hold frames.
    private var isDraining = false

    /// - Parameters:
    ///   - pixelsMax: bound that the decoder checks before it allocates an image.
    ///   - reduction: of an image's sides while it is decoded, a power of two.
    ///   - sideMax: pixels a side that a track of images may claim; nil where that was looked at.
    ///   - failure: what to throw when the bytes are not of that kind.
    ///   - track: which of the tracks of that kind, counted from 1; nil is the best.
    init(
        _ io: MemoryIO, kind: AVMediaType, pixelsMax: Int, reduction: Int = 1, work: WorkContext,
        failure: EngineError, track: Int? = nil, sideMax: Int? = nil
    ) throws(EngineError) {
        self.io = io
        io.isStopped = { work.cancellation.isRaised || ContinuousClock.now >= work.deadline }
        // No single block of any file that we take is larger: the rest is what a file claims.
        DemuxerHandle.bound(pixels: pixelsMax)
        format = avformat_alloc_context()
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        // Bounds on what probing may read and decode.
        format!.pointee.probesize = 1 << 20
        format!.pointee.max_probe_packets = 256
        if !io.isSeekable {
            // The file still arrives, and nobody waits for more of it than tells what it is: a WAV
            // would be searched for another codec over 5 s.
            format!.pointee.max_probe_packets = 4
            format!.pointee.max_analyze_duration = 100_000
        }
        format!.pointee.max_streams = 16
        MemoryIO.guardOpening(format!, own: nil)
        // A failed open frees the context and leaves nil behind.
        try check(avformat_open_input(&format, nil, nil, nil), or: failure)
        if kind == AVMEDIA_TYPE_AUDIO {
            try check(avformat_find_stream_info(format, nil), or: failure)
        }
        let decoder = try findStream(kind, track, failure)
        let found = stream
        if let sideMax, max(size.width, size.height) > sideMax {
            throw .videoTooLarge(width: size.width, height: size.height, sideMax: sideMax)
        }
        codec = avcodec_alloc_context3(decoder)
        let parameters = format!.pointee.streams[Int(found)]!.pointee.codecpar
        try check(avcodec_parameters_to_context(codec, parameters), or: failure)
        // Without it the decoder can't move the stamps of what it cuts off at the start.
        codec!.pointee.pkt_timebase = format!.pointee.streams[Int(found)]!.pointee.time_base
        codec!.pointee.thread_count = 1
        codec!.pointee.max_pixels = Int64(pixelsMax)
        codec!.pointee.lowres = Int32(reduction.trailingZeroBitCount)
        try check(avcodec_open2(codec, decoder, nil), or: failure)
        packet = av_packet_alloc()
        frame = av_frame_alloc()
        // Packets of other streams are thrown away before they are parsed.
        for index in 0..<Int(format!.pointee.nb_streams) where Int32(index) != found {
            format!.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
        }
    }

    /// Picks the stream; returns its decoder.
    private mutating func findStream(
        _ kind: AVMediaType, _ track: Int?, _ failure: EngineError
    ) throws(EngineError) -> UnsafePointer<AVCodec> {
        var decoder: UnsafePointer<AVCodec>?
        guard kind == AVMEDIA_TYPE_AUDIO else {
            stream = av_find_best_stream(format, kind, -1, -1, &decoder, 0)
            if stream >= 0, let decoder { return decoder }
            throw missingTrack(failure)
        }
        let tracks = (0..<Int(format!.pointee.nb_streams)).filter {
            format!.pointee.streams[$0]!.pointee.codecpar.pointee.codec_type == kind
        }
        audioTracks = tracks.count
        guard !tracks.isEmpty else { throw .audioUnheard(.noTrack) }
        if let track {
            guard track <= tracks.count else {
                throw .audioUnheard(.trackMissing(count: tracks.count))
            }
            stream = Int32(tracks[track - 1])
        } else {
            // Of those that can be decoded, where any can.
            stream = av_find_best_stream(format, kind, -1, -1, &decoder, 0)
            if stream < 0 { stream = Int32(tracks[0]) }
        }
        let codec = format!.pointee.streams[Int(stream)]!.pointee.codecpar.pointee.codec_id
        guard let found = avcodec_find_decoder(codec) else {
            throw .audioUnheard(.codecUnknown(name: AudioCodecName.of(codec)))
        }
        return found
    }

    /// Why no track of images can be read.
    private func missingTrack(_ failure: EngineError) -> EngineError {
        guard case .videoUnread = failure else { return failure }
        for index in 0..<Int(format!.pointee.nb_streams) {
            let parameters = format!.pointee.streams[index]!.pointee.codecpar.pointee
            if parameters.codec_type == AVMEDIA_TYPE_VIDEO {
                return .videoUnread(.codecUnknown(name: AudioCodecName.of(parameters.codec_id)))
            }
        }
        return .videoUnread(.noTrack)
    }

    /// A track of images' pixels, as the file claims.
    var size: (width: Int, height: Int) {
        let parameters = format!.pointee.streams[Int(stream)]!.pointee.codecpar.pointee
        return (max(Int(parameters.width), 0), max(Int(parameters.height), 0))
    }

    /// How a track of images was recorded, as EXIF's number.
    var orientation: Int {
        var bytes = 0
        let stream = format!.pointee.streams[Int(stream)]
        guard let matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes),
            bytes >= 9 * MemoryLayout<Int32>.stride
        else { return 1 }
        return Media.orientation(ofMatrix: matrix)
    }

    /// The file's first stamp in seconds; nil where its stamps are no clock: those of plain streams
    /// of packets are counted or estimated.
    var startSeconds: Double? {
        let name = String(cString: format!.pointee.iformat.pointee.name)
        guard ["matroska", "mov,", "ogg"].contains(where: { name.hasPrefix($0) }) else {
            return nil
        }
        let start = format!.pointee.start_time
        return start == ff_no_pts ? 0 : Double(start) / Double(AV_TIME_BASE)
    }

    /// A stamp of the stream in seconds.
    func seconds(_ stamp: Int64) -> Double? {
        let base = format!.pointee.streams[Int(stream)]!.pointee.time_base
        guard stamp != ff_no_pts, base.den > 0 else { return nil }
        return Double(stamp) * Double(base.num) / Double(base.den)
    }

    var isSeekable: Bool { io.isSeekable }

    /// FFmpeg's bound is one for the whole process: that of the largest image, at eight bytes a
    /// pixel with some room at its edges.
    static func bound(pixels: Int) { av_max_alloc(max(pixels * 9, 144 << 20)) }

    deinit {
        var (format, codec, packet, frame) = (format, codec, packet, frame)
        av_frame_free(&frame)
        av_packet_free(&packet)
        avcodec_free_context(&codec)
        avformat_close_input(&format)
    }

    /// Whether the samples are a file's own floats, as no codec made them.
    var holdsPlainFloats: Bool {
        [AV_CODEC_ID_PCM_F32LE, AV_CODEC_ID_PCM_F64LE].contains(codec!.pointee.codec_id)
    }

    /// The next decoded frame, valid until the next call; nil at the end. Damaged packets are
    /// skipped.
    mutating func nextFrame() -> UnsafeMutablePointer<AVFrame>? {
        while true {
            let got = avcodec_receive_frame(codec, frame)
            if got >= 0 { return frame }
            if got == ff_error_end || isDraining { return nil }
            if av_read_frame(format, packet) < 0 {
                isDraining = true
                avcodec_send_packet(codec, nil)
                continue
            }
            if packet!.pointee.stream_index == stream,
                avcodec_send_packet(codec, packet) < 0
            {
                wasRefused = true
            }
            av_packet_unref(packet)
        }
    }
}
