import CFFmpeg
import EngineAPI
import Execution

/// Encodes mono samples into one stream of a compressed format. Runs on a media thread.
actor CompressedAudioEncoder: AudioEncoding {
    private let thread: ThreadExecutor
    private let io: MemoryIO
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var frame = av_frame_alloc()
    private var packet = av_packet_alloc()
    private var samples: Int64 = 0
    private var pending: [Float] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Throws: `.libraryMissing`, `.encoderFailed`.
    init(_ kind: AudioFormat, sampleRateHz: Int, thread: ThreadExecutor) throws(EngineError) {
        self.thread = thread
        io = MemoryIO(writable: true, seekable: false)
        let recipe = EncoderRecipe(kind)
        guard let encoder = avcodec_find_encoder_by_name(recipe.encoder) else {
            throw .libraryMissing(name: recipe.encoder)
        }
        func must(_ code: Int32) throws(EngineError) {
            try check(code, or: .encoderFailed(code: code))
        }
        var format: UnsafeMutablePointer<AVFormatContext>?
        try must(avformat_alloc_output_context2(&format, nil, recipe.muxer, nil))
        self.format = format
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        MemoryIO.guardOpening(format!, own: nil)
        let codec = avcodec_alloc_context3(encoder)!
        self.codec = codec
        codec.pointee.sample_fmt = recipe.sampleFormat
        codec.pointee.sample_rate = Int32(sampleRateHz)
        ff_layout(&codec.pointee.ch_layout, 1)
        codec.pointee.time_base = AVRational(num: 1, den: Int32(sampleRateHz))
        codec.pointee.bit_rate = recipe.bitsPerSecond
        if format!.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 {
            codec.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        }
        chooseQuantisers(codec)
        try must(avcodec_open2(codec, encoder, nil))
        guard let stream = avformat_new_stream(format, nil) else {
            throw .encoderFailed(code: ff_error_no_memory)
        }
        try must(avcodec_parameters_from_context(stream.pointee.codecpar, codec))
        stream.pointee.time_base = codec.pointee.time_base
        av_dict_set(&format!.pointee.metadata, "comment", synthesisNote, 0)
        recipe.mark(&format!.pointee.metadata)
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in recipe.muxerOptions { av_dict_set(&options, key, value, 0) }
        try must(avformat_write_header(format, &options))
    }

    isolated deinit {
        av_packet_free(&packet)
        av_frame_free(&frame)
        avcodec_free_context(&codec)
        format?.pointee.pb = nil
        avformat_free_context(format)
    }

    func add(_ new: [Float]) throws(EngineError) -> [UInt8] {
        pending.append(contentsOf: new)
        // flac of a variable size says 0: any block will do.
        let size = codec!.pointee.frame_size > 0 ? Int(codec!.pointee.frame_size) : 4096
        var from = 0
        while pending.count - from >= size {
            try encode(pending[from..<from + size])
            from += size
        }
        pending.removeFirst(from)
        avio_flush(io.context)
        return io.take()
    }

    func finish() throws(EngineError) -> [UInt8] {
        if !pending.isEmpty { try encode(pending[...]) }
        try send(nil)
        try must(av_write_trailer(format))
        avio_flush(io.context)
        return io.take()
    }

    /// FLAC's STREAMINFO, which the encoder writes anew at its end with the count of samples and
    /// their MD5 (RFC 9639 §8.2): behind "fLaC" and the block's head of four bytes.
    func amendments() -> [StreamAmendment] {
        guard let codec, codec.pointee.codec_id == AV_CODEC_ID_FLAC,
            let info = codec.pointee.extradata, codec.pointee.extradata_size == 34
        else { return [] }
        return [
            StreamAmendment(
                offset: 8, bytes: Array(UnsafeBufferPointer(start: info, count: 34)))
        ]
    }

    /// The count of samples in the same place: 36 bits, behind 108 others.
    func amendments(samples: Int) -> [StreamAmendment] {
        guard let info = amendments().first, samples >= 0, samples < 1 << 36 else { return [] }
        let count = (0..<4).map { UInt8(truncatingIfNeeded: samples >> (8 * (3 - $0))) }
        let first = info.bytes[13] & 0xF0 | UInt8(truncatingIfNeeded: samples >> 32)
        return [StreamAmendment(offset: info.offset + 13, bytes: [first] + count)]
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }

    private func encode(_ block: ArraySlice<Float>) throws(EngineError) {
        av_frame_unref(frame)
        frame!.pointee.format = codec!.pointee.sample_fmt.rawValue
        ff_layout(&frame!.pointee.ch_layout, 1)
        frame!.pointee.sample_rate = codec!.pointee.sample_rate
        frame!.pointee.nb_samples = Int32(block.count)
        try must(av_frame_get_buffer(frame, 0))
        let out = UnsafeMutableRawPointer(frame!.pointee.data.0!)
        if codec!.pointee.sample_fmt == AV_SAMPLE_FMT_S16 {
            let integers = out.assumingMemoryBound(to: Int16.self)
            for (index, sample) in block.enumerated() { integers[index] = int16(sample) }
        } else {
            block.withUnsafeBytes {
                out.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            }
        }
        frame!.pointee.pts = samples
        samples += Int64(block.count)
        try send(frame)
    }

    private func send(_ input: UnsafeMutablePointer<AVFrame>?) throws(EngineError) {
        try must(avcodec_send_frame(codec, input))
        while true {
            let got = avcodec_receive_packet(codec, packet)
            if got == ff_error_again || got == ff_error_end { return }
            try must(got)
            av_packet_rescale_ts(
                packet, codec!.pointee.time_base,
                format!.pointee.streams[0]!.pointee.time_base)
            try must(av_write_frame(format, packet))
        }
    }
}

/// Which encoder and muxer make a format, and how.
private struct EncoderRecipe {
    var encoder: String
    var muxer: String
    var sampleFormat: AVSampleFormat
    var bitsPerSecond: Int64
    var muxerOptions: [(String, String)] = []
    /// Whether the muxer writes an ID3 tag, which has a place for XMP (part 3, §1.1.3).
    var hasID3 = false

    /// Says by IPTC's term how the audio came to be.
    func mark(_ metadata: inout OpaquePointer?) {
        guard hasID3 else {
            av_dict_set(&metadata, sourceTag, DigitalSource.trained.address, 0)
            return
        }
        // The muxer wants all that is no printable character escaped, and the backslash.
        let digits = Array("0123456789abcdef".utf8)
        var escaped: [UInt8] = []
        for byte in DigitalSource.trained.xmp {
            if (0x20..<0x7F).contains(byte), byte != 0x5C {
                escaped.append(byte)
            } else {
                escaped += [0x5C, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        av_dict_set(&metadata, "id3v2_priv.XMP", String(decoding: escaped, as: UTF8.self), 0)
    }

    init(_ format: AudioFormat) {
        switch format {
        case .mp3:
            (encoder, muxer, sampleFormat) = ("libmp3lame", "mp3", AV_SAMPLE_FMT_FLTP)
            bitsPerSecond = 96_000
            // The Xing frame would have to be rewritten at the end, which a stream can't.
            muxerOptions = [("write_xing", "0"), ("id3v2_version", "3")]
            hasID3 = true
        case .opus:
            (encoder, muxer, sampleFormat) = ("libopus", "ogg", AV_SAMPLE_FMT_FLT)
            bitsPerSecond = 48_000
            // A page every 100 ms, so that the first audio leaves early (default: one second).
            muxerOptions = [("page_duration", "100000")]
        case .aac:
            (encoder, muxer, sampleFormat) = ("aac", "adts", AV_SAMPLE_FMT_FLTP)
            bitsPerSecond = 96_000
            // ADTS has no room for a note of its own; players pass over a tag before it.
            muxerOptions = [("write_id3v2", "1")]
            hasID3 = true
        case .flac, .wav, .pcm:
            (encoder, muxer, sampleFormat) = ("flac", "flac", AV_SAMPLE_FMT_S16)
            bitsPerSecond = 0
        }
    }
}

/// Rounds and clips one sample to 16 bits.
@inline(__always)
func int16(_ sample: Float) -> Int16 {
    // The nearest integer is in the lowest bits of the sum, which has no fraction left: a call of
    // `roundf` for each sample took longer than all else here.
    Int16(truncatingIfNeeded: (max(-1, min(1, sample)) * 32_767 + 0x1.8p23).bitPattern)
}

/// The usual search for AAC's quantisers takes a tenth of what a whole video does. The quick one
/// spends 6 % more bits and is nearer to the voice below 8 kHz; a listening model hears no
/// difference. Other codecs have no such choice.
func chooseQuantisers(_ context: UnsafeMutablePointer<AVCodecContext>) {
    guard context.pointee.codec_id == AV_CODEC_ID_AAC else { return }
    av_opt_set(context.pointee.priv_data, "aac_coder", "fast", 0)
}
