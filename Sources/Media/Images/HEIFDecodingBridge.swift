import CFFmpeg
import EngineAPI

/// Decodes a HEIF file's picture tile by tile into one image, each made smaller as it comes, so
/// that a large photograph is never whole in memory.
/// - reduction: by how much it is made smaller: 1, 2 or 4.
/// - Throws: `.unreadableImage`, `.cancelled`, `.deadlinePassed`.
func decodeHEIF(
    _ bytes: [UInt8], _ file: HEIFFile, reduction: Int, work: WorkContext
) throws(EngineError) -> Image {
    let (width, height) = (file.width / reduction, file.height / reduction)
    guard width > 0, height > 0 else { throw .unreadableImage }
    var image = Image(
        width: width, height: height, rgb: [UInt8](repeating: 0, count: width * height * 3))
    var decoder: HEVCDecoderHandle?
    var configuration: Range<Int>?
    for (index, tile) in file.tiles.enumerated() {
        try work.check()
        if decoder == nil || configuration != tile.configuration {
            configuration = tile.configuration
            decoder = try HEVCDecoderHandle(bytes[tile.configuration], of: file)
        }
        let (column, row) = (index % file.columns, index / file.columns)
        try decoder!.decode(tile.ranges.map { bytes[$0] }) { frame throws(EngineError) in
            try draw(
                frame, of: file, reduction: reduction, into: &image,
                x: column * file.tileWidth / reduction, y: row * file.tileHeight / reduction)
        }
    }
    if let profile = file.profile {
        bytes[profile].withUnsafeBytes { told in
            guard let converter = ColourProfileHandle(told) else { return }
            image.rgb.withUnsafeMutableBufferPointer { converter.convert($0) }
        }
    }
    for orientation in file.orientations { image = upright(image, orientation: orientation) }
    return image
}

/// Decodes images that stand for themselves, of one set of parameters.
final class HEVCDecoderHandle {
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var packet = av_packet_alloc()
    private var frame = av_frame_alloc()

    /// - configuration: an `HEVCDecoderConfigurationRecord`.
    /// - file: whose tiles' size bounds what is decoded.
    /// - Throws: `.unreadableImage`.
    init(_ configuration: ArraySlice<UInt8>, of file: HEIFFile) throws(EngineError) {
        let pixelsMax = (file.tileWidth + 128) * (file.tileHeight + 128)
        DemuxerHandle.bound(pixels: pixelsMax)
        let room = Int(AV_INPUT_BUFFER_PADDING_SIZE)
        guard packet != nil, frame != nil, let decoder = avcodec_find_decoder(AV_CODEC_ID_HEVC),
            let codec = avcodec_alloc_context3(decoder),
            let extra = av_mallocz(configuration.count + room)
        else { throw .unreadableImage }
        self.codec = codec
        extra.copyMemory(from: Array(configuration), byteCount: configuration.count)
        codec.pointee.extradata = extra.assumingMemoryBound(to: UInt8.self)
        codec.pointee.extradata_size = Int32(configuration.count)
        codec.pointee.thread_count = 1
        codec.pointee.max_pixels = Int64(pixelsMax)
        guard avcodec_open2(codec, decoder, nil) >= 0 else { throw .unreadableImage }
    }

    deinit {
        av_frame_free(&frame)
        av_packet_free(&packet)
        avcodec_free_context(&codec)
    }

    /// - parts: the image's bytes, which may lie apart.
    /// - body: is given the image, valid until it returns.
    /// - Throws: `.unreadableImage`, and what `body` does.
    func decode(
        _ parts: [ArraySlice<UInt8>],
        _ body: (UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Void
    ) throws(EngineError) {
        let count = parts.reduce(0) { $0 + $1.count }
        guard let size = Int32(exactly: count), size > 0, av_new_packet(packet, size) >= 0 else {
            throw .unreadableImage
        }
        var at = packet!.pointee.data!
        for part in parts {
            part.withUnsafeBufferPointer { at.update(from: $0.baseAddress!, count: $0.count) }
            at += part.count
        }
        let sent = avcodec_send_packet(codec, packet)
        av_packet_unref(packet)
        // The end of the stream lets out what waits for images that might come before it.
        guard sent >= 0, avcodec_send_packet(codec, nil) >= 0,
            avcodec_receive_frame(codec, frame) >= 0
        else { throw .unreadableImage }
        defer {
            av_frame_unref(frame)
            avcodec_flush_buffers(codec)
        }
        try body(frame!)
    }
}

/// Draws one tile as far as it lies within the image.
private func draw(
    _ frame: UnsafeMutablePointer<AVFrame>, of file: HEIFFile, reduction: Int,
    into image: inout Image, x: Int, y: Int
) throws(EngineError) {
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    guard width >= min(file.tileWidth, file.width), height >= min(file.tileHeight, file.height),
        width <= file.tileWidth, height <= file.tileHeight
    else { throw .unreadableImage }
    let tile = try toRGB(
        frame, width: width / reduction, height: height / reduction,
        telling: coding(of: frame, file.coding))
    let columns = min(tile.width, image.width - x)
    guard columns > 0 else { return }
    for row in 0..<max(min(tile.height, image.height - y), 0) {
        let from = row * tile.width * 3
        let to = ((y + row) * image.width + x) * 3
        image.rgb.replaceSubrange(to..<to + columns * 3, with: tile.rgb[from..<from + columns * 3])
    }
}

/// What the file says of its colours goes before what the image does; where neither says
/// anything they are those of photographs: every value from 0 to 255, by ITU-R BT.601.
private func coding(
    of frame: UnsafeMutablePointer<AVFrame>, _ told: HEIFFile.Coding?
) -> HEIFFile.Coding {
    let unspecified = Int(AVCOL_SPC_UNSPECIFIED.rawValue)
    let own = Int(frame.pointee.colorspace.rawValue)
    if let told, told.matrix != unspecified { return told }
    let isFullRange = told?.isFullRange ?? (frame.pointee.color_range != AVCOL_RANGE_MPEG)
    return HEIFFile.Coding(matrix: own, isFullRange: isFullRange)
}
