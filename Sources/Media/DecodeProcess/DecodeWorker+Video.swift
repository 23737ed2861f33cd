import EngineAPI

extension DecodeWorker {
    /// Opens a video; returns its pixels, as it claims.
    func openVideo(
        _ bytes: [UInt8], _ limits: VideoLimits, work: WorkContext
    ) throws(EngineError) -> (width: Int, height: Int) {
        let damage = EngineError.videoUnread(.damaged)
        let response = try ask(
            DecodeMessage(opening: limits, byteCount: bytes.count),
            bytes.prefix(DecodeMessage.windowBytes), of: bytes, work, damage: damage, isFirst: true)
        let (width, height) = (Int(response.numbers.x), Int(response.numbers.y))
        let sides = 0...limits.sideMax
        guard response.kind == .opened, sides.contains(width), sides.contains(height) else {
            throw failure(response, damage)
        }
        return (width, height)
    }

    /// The next image of the video that is open; nil at its end.
    func nextImage(
        of bytes: [UInt8], _ limits: VideoLimits, work: WorkContext
    ) throws(EngineError) -> TimedImage? {
        let damage = EngineError.videoUnread(.damaged)
        let response = try ask(DecodeMessage(.nextImage), of: bytes, work, damage: damage)
        if response.kind == .videoEnd {
            work.notes.add(mask: response.numbers.x)
            return nil
        }
        let (width, height) = (Int(response.numbers.x), Int(response.numbers.y))
        let seconds = Double(bitPattern: UInt64(bitPattern: response.numbers.z))
        let sides = 1...limits.sideMax
        guard response.kind == .image, sides.contains(width), sides.contains(height),
            response.payloadBytes == width * height * 3, (0...limits.secondsMax).contains(seconds)
        else { throw failure(response, damage) }
        let rgb = try guarded(damage) { process throws(DecodeProcessHandle.Failure) in
            try process.payload(width * height * 3, of: UInt8.self, work)
        }
        return TimedImage(
            image: Image(width: width, height: height, rgb: rgb), seconds: seconds)
    }
}
