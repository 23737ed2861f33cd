import CFFmpeg
import EngineAPI

/// Decodes png, jpeg, webp, bmp, heic or a gif's first frame, lays alpha over white, turns it
/// upright.
/// What the decoder will take is charged before it is taken; what the image takes stays charged
/// to the work.
/// - Throws: `.unreadableImage`, `.imageTooLarge`, `.memoryShort`, `.cancelled`,
///   `.deadlinePassed`.
func decodeImage(
    _ bytes: [UInt8], sideMax: Int, work: WorkContext
) throws(EngineError) -> Image {
    try withImageMemory(bytes, sideMax: sideMax, work: work) { header, _ throws(EngineError) in
        try decode(bytes, header, sideMax: sideMax, work)
    }
}

/// Reads an image's header, charges what decoding it takes, and gives back what the image does
/// not.
func withImageMemory(
    _ bytes: [UInt8], sideMax: Int, work: WorkContext,
    _ decode: (ImageHeader, _ bytesMax: Int) throws(EngineError) -> Image
) throws(EngineError) -> Image {
    guard let header = ImageHeader(bytes) else { throw .unreadableImage }
    guard let reduction = header.reduction(sideMax: sideMax) else {
        throw .imageTooLarge(width: header.width, height: header.height, sideMax: sideMax)
    }
    let needs = header.decodingBytes(bytes, reduction: reduction)
    try work.memory.charge(needs)
    do throws(EngineError) {
        var image = try decode(header, needs)
        image.reduction = reduction
        work.memory.release(max(needs - image.rgb.count, 0))
        return image
    } catch {
        work.memory.release(needs)
        throw error
    }
}

private func decode(
    _ bytes: [UInt8], _ header: ImageHeader, sideMax: Int, _ work: WorkContext
) throws(EngineError) -> Image {
    if let file = header.heif {
        let reduction = header.reduction(sideMax: sideMax) ?? 1
        return try decodeHEIF(bytes, file, reduction: reduction, work: work)
    }
    let shown = header.kind == .png ? PNGChunks.withoutAncillary(bytes) : bytes
    let orientation: Int
    let image: Image
    do {
        // The decoder is gone, and its memory, before the image is turned.
        // What was charged holds whatever a second header further on claims; decoders work on
        // whole blocks, and ask for room at the edges too.
        var source = try DemuxerHandle(
            MemoryIO(bytes: shown, writable: false), kind: AVMEDIA_TYPE_VIDEO,
            pixelsMax: (header.width + 128) * (header.height + 128),
            reduction: header.reduction(sideMax: sideMax) ?? 1, work: work,
            failure: .unreadableImage)
        let frame = source.nextFrame()
        try work.check()
        guard let frame else { throw EngineError.unreadableImage }
        orientation =
            header.kind == .png ? PNGOrientation.read(bytes) : Media.orientation(of: frame)
        image = try toRGB(frame)
    } catch let error as EngineError {
        throw error
    } catch {
        throw .unreadableImage
    }
    return upright(image, orientation: orientation)
}

/// Any pixel format to packed RGB, its colours as sRGB means them.
func toRGB(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Image {
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    return try toRGB(frame, width: width, height: height, telling: nil)
}

/// - width, height: of the image that is made; smaller ones are means of what they show.
/// - telling: how the samples are meant; nil is as FFmpeg takes them by their pixel format.
func toRGB(
    _ frame: UnsafeMutablePointer<AVFrame>, width: Int, height: Int, telling: HEIFFile.Coding?
) throws(EngineError) -> Image {
    let format = AVPixelFormat(frame.pointee.format)
    let flags = av_pix_fmt_desc_get(format)?.pointee.flags ?? 0
    let hasAlpha = flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 || format == AV_PIX_FMT_PAL8
    let pixelBytes = hasAlpha ? 4 : 3
    guard
        let scaler = sws_getContext(
            frame.pointee.width, frame.pointee.height, format, Int32(width), Int32(height),
            hasAlpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24,
            (width < Int(frame.pointee.width) ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND,
            nil, nil, nil)
    else { throw .unreadableImage }
    defer { sws_freeContext(scaler) }
    if let telling {
        let samples = sws_getCoefficients(Int32(truncatingIfNeeded: telling.matrix))
        sws_setColorspaceDetails(
            scaler, samples, telling.isFullRange ? 1 : 0, samples, 1, 0, 1 << 16, 1 << 16)
    }
    var pixels = [UInt8](repeating: 0, count: width * height * pixelBytes)
    pixels.withUnsafeMutableBufferPointer { out in
        var plane: UnsafeMutablePointer<UInt8>? = out.baseAddress
        var stride = Int32(width * pixelBytes)
        withPlanes(frame) { planes, strides in
            _ = sws_scale(
                scaler, planes, strides, 0, frame.pointee.height, &plane, &stride)
        }
        if hasAlpha { layOverWhite(out) }
    }
    pixels.removeLast(pixels.count - width * height * 3)
    if let side = av_frame_get_side_data(frame, AV_FRAME_DATA_ICC_PROFILE),
        let profile = ColourProfileHandle(
            UnsafeRawBufferPointer(start: side.pointee.data, count: side.pointee.size))
    {
        pixels.withUnsafeMutableBufferPointer { profile.convert($0) }
    }
    return Image(width: width, height: height, rgb: pixels)
}

/// RGBA over white as RGB, in the same place: a second copy of a large image is large.
private func layOverWhite(_ pixels: UnsafeMutableBufferPointer<UInt8>) {
    for index in 0..<pixels.count / 4 {
        let alpha = Int(pixels[index * 4 + 3])
        for channel in 0..<3 {
            let over = Int(pixels[index * 4 + channel]) * alpha + 255 * (255 - alpha)
            pixels[index * 3 + channel] = UInt8(truncatingIfNeeded: (over + 127) / 255)
        }
    }
}

/// C arrays import as tuples; their address is the array's.
private func withPlanes(
    _ frame: UnsafeMutablePointer<AVFrame>,
    _ body: (UnsafePointer<UnsafePointer<UInt8>?>, UnsafePointer<Int32>) -> Void
) {
    withUnsafePointer(to: &frame.pointee.data) { data in
        withUnsafePointer(to: &frame.pointee.linesize) { lines in
            body(
                UnsafeRawPointer(data).assumingMemoryBound(to: UnsafePointer<UInt8>?.self),
                UnsafeRawPointer(lines).assumingMemoryBound(to: Int32.self))
        }
    }
}

/// EXIF's number, 1…8. JPEG: FFmpeg turns EXIF into a display matrix. WebP: into a text entry.
private func orientation(of frame: UnsafeMutablePointer<AVFrame>) -> Int {
    if let side = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX) {
        return orientation(ofMatrix: side.pointee.data!)
    }
    if let entry = av_dict_get(frame.pointee.metadata, "Orientation", nil, 0) {
        // "     6": the text is padded.
        let text = String(cString: entry.pointee.value)
        if let number = Int(text.drop { $0 == " " }), (1...8).contains(number) { return number }
    }
    return 1
}

/// EXIF's number of a display matrix, nine numbers of 32 bits.
func orientation(ofMatrix data: UnsafePointer<UInt8>) -> Int {
    let matrix = UnsafeRawPointer(data).assumingMemoryBound(to: Int32.self)
    return
        switch (
            matrix[0].signum(), matrix[1].signum(), matrix[3].signum(), matrix[4].signum()
        )
    {
    case (-1, 0, 0, 1): 2
    case (-1, 0, 0, -1): 3
    case (1, 0, 0, -1): 4
    case (0, 1, 1, 0): 5
    case (0, 1, -1, 0): 6
    case (0, -1, -1, 0): 7
    case (0, -1, 1, 0): 8
    default: 1
    }
}

/// Undoes EXIF's orientation (Exif 2.32, tag 0x0112).
func upright(_ image: Image, orientation: Int) -> Image {
    guard orientation > 1 else { return image }
    let (w, h) = (image.width, image.height)
    let isTurned = orientation > 4
    let (width, height) = isTurned ? (h, w) : (w, h)
    var rgb = [UInt8](repeating: 0, count: image.rgb.count)
    for y in 0..<height {
        for x in 0..<width {
            let (sourceX, sourceY): (Int, Int) =
                switch orientation {
                case 2: (w - 1 - x, y)
                case 3: (w - 1 - x, h - 1 - y)
                case 4: (x, h - 1 - y)
                case 5: (y, x)
                case 6: (y, h - 1 - x)
                case 7: (w - 1 - y, h - 1 - x)
                default: (w - 1 - y, x)
                }
            let (to, from) = ((y * width + x) * 3, (sourceY * w + sourceX) * 3)
            rgb[to] = image.rgb[from]
            rgb[to + 1] = image.rgb[from + 1]
            rgb[to + 2] = image.rgb[from + 2]
        }
    }
    return Image(width: width, height: height, rgb: rgb)
}
