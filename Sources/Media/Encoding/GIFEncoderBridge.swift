import CFFmpeg
import EngineAPI

/// Encodes RGB frames into one GIF in memory, without their audio. One palette serves the whole
/// video, and the dither stands still, so that what doesn't move costs nothing and never swims.
final class GIFEncoder: VideoWriter {
    private let settings: VideoSettings
    private let io: MemoryIO
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var frame = av_frame_alloc()
    private var packet = av_packet_alloc()
    /// The video's first frames, from which the palette is made.
    private var first: [[UInt8]] = []
    private var palette: ColourPalette?
    private var frames = 0

    /// The first half second shows most of what a face does.
    private static let lookedAtMax = 10
    /// Entry of the palette for pixels that stay as they were.
    private static let transparent = 255
    /// Thresholds of an ordered dither (Bayer 1973), 4 × 4.
    private static let thresholds = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

    /// - Throws: `.encoderFailed`, `.libraryMissing`.
    init(_ settings: VideoSettings) throws(EngineError) {
        self.settings = settings
        io = MemoryIO(writable: true, seekable: false)
        try must(avformat_alloc_output_context2(&format, nil, "gif", nil))
        format!.pointee.pb = io.context
        format!.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        MemoryIO.guardOpening(format!, own: nil)
        guard let encoder = avcodec_find_encoder_by_name("gif") else {
            throw .libraryMissing(name: "gif")
        }
        codec = avcodec_alloc_context3(encoder)
        codec!.pointee.width = Int32(settings.width)
        codec!.pointee.height = Int32(settings.height)
        codec!.pointee.pix_fmt = AV_PIX_FMT_PAL8
        codec!.pointee.time_base = AVRational(num: 1, den: 100)
        try must(avcodec_open2(codec, encoder, nil))
        guard let stream = avformat_new_stream(format, nil) else {
            throw .encoderFailed(code: ff_error_no_memory)
        }
        try must(avcodec_parameters_from_context(stream.pointee.codecpar, codec))
        stream.pointee.time_base = codec!.pointee.time_base
        try must(avformat_write_header(format, nil))
        frame!.pointee.format = AV_PIX_FMT_PAL8.rawValue
        frame!.pointee.width = codec!.pointee.width
        frame!.pointee.height = codec!.pointee.height
        try must(av_frame_get_buffer(frame, 32))
    }

    var keptBytes: Int { io.bytes.count }

    deinit {
        av_packet_free(&packet)
        av_frame_free(&frame)
        avcodec_free_context(&codec)
        format?.pointee.pb = nil
        avformat_free_context(format)
    }

    func add(rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
        precondition(rgb.count == settings.width * settings.height * 3)
        if palette == nil {
            first.append(Array(rgb))
            guard first.count == Self.lookedAtMax else { return }
            return try drawFirst()
        }
        try draw(rgb)
    }

    func add(samples: [Float]) {}

    func takeBytes() -> [UInt8] {
        avio_flush(io.context)
        return io.take()
    }

    func finish() throws(EngineError) -> [UInt8] {
        if palette == nil { try drawFirst() }
        try encode(nil)
        try must(av_write_trailer(format))
        avio_flush(io.context)
        var bytes = io.take()
        // GIF89a §24: a comment may stand before the trailer, which is one byte.
        precondition(bytes.last == 0x3B && synthesisNote.utf8.count < 256)
        bytes.removeLast()
        bytes += DigitalSource.composite.imageExtension
        bytes += [0x21, 0xFE, UInt8(synthesisNote.utf8.count)]
        bytes += Array(synthesisNote.utf8) + [0x00, 0x3B]
        return bytes
    }

    private func must(_ code: Int32) throws(EngineError) {
        try check(code, or: .encoderFailed(code: code))
    }

    private func drawFirst() throws(EngineError) {
        palette = ColourPalette(first, step: 3)
        let waiting = first
        first = []
        for rgb in waiting {
            try rgb.withUnsafeBufferPointer { (rgb) throws(EngineError) in try draw(rgb) }
        }
    }

    private func draw(_ rgb: UnsafeBufferPointer<UInt8>) throws(EngineError) {
        try must(av_frame_make_writable(frame))
        paint(rgb)
        frame!.pointee.pts = Int64((frames * 100 * 2 / settings.framesPerSecond + 1) / 2)
        frames += 1
        try encode(frame)
    }

    private func paint(_ rgb: UnsafeBufferPointer<UInt8>) {
        // Taken out for the time of the loop: it remembers what it finds.
        var palette = self.palette!
        self.palette = nil
        defer { self.palette = palette }
        let entries = UnsafeMutableRawPointer(frame!.pointee.data.1!)
            .assumingMemoryBound(to: UInt32.self)
        for index in 0..<256 {
            let colours = palette.colours
            entries[index] = 0xFF00_0000 | (index < colours.count ? colours[index] : 0)
        }
        entries[Self.transparent] = 0
        let rowBytes = Int(frame!.pointee.linesize.0)
        for y in 0..<settings.height {
            let row = frame!.pointee.data.0! + y * rowBytes
            for x in 0..<settings.width {
                let at = (y * settings.width + x) * 3
                // ±7 of 255: about half of what lies between neighbours of the palette.
                let shift = Self.thresholds[(y & 3) * 4 + (x & 3)] - 8
                row[x] = palette.index(
                    min(max(Int(rgb[at]) + shift, 0), 255),
                    min(max(Int(rgb[at + 1]) + shift, 0), 255),
                    min(max(Int(rgb[at + 2]) + shift, 0), 255))
            }
        }
    }

    private func encode(_ input: UnsafeMutablePointer<AVFrame>?) throws(EngineError) {
        try must(avcodec_send_frame(codec, input))
        while true {
            let got = avcodec_receive_packet(codec, packet)
            if got == ff_error_again || got == ff_error_end { return }
            try must(got)
            packet!.pointee.stream_index = 0
            av_packet_rescale_ts(
                packet, codec!.pointee.time_base, format!.pointee.streams[0]!.pointee.time_base)
            try must(av_interleaved_write_frame(format, packet))
        }
    }
}
