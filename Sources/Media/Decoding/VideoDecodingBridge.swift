import CFFmpeg
import EngineAPI

/// A short video's images, decoded as far as they are asked for; used by one thread.
final class VideoDecoder {
    /// As the file claims.
    let width: Int
    let height: Int
    private var source: DemuxerHandle
    private let limits: VideoLimits
    private let work: WorkContext
    /// Decoded while the file was opened.
    private var first: TimedImage?
    private var start: Double?
    private var last: Double?
    /// Images before it are passed over.
    private var due = 0.0
    private var decoded = 0
    private var isAtEnd = false

    /// Images a second that are decoded, of any that a file claims; phones record 240.
    private static let decodedPerSecondMax = 300
    /// How far a stamp may be early and still be in its place, in images.
    private static let tolerance = 0.1

    /// The most that decoding takes: sixteen images that later ones refer to and some that wait,
    /// of two bytes a sample; one as RGB and a copy of it on its way; contexts and tables.
    static func memoryBytes(width: Int, height: Int) -> Int { width * height * 66 + 16 << 20 }

    /// - open: the file from its beginning.
    /// - Throws: `.videoUnread`, `.videoTooLarge`, `.cancelled`, `.deadlinePassed`.
    init(
        limits: VideoLimits, work: WorkContext, open: () -> MemoryIO
    ) throws(EngineError) {
        do throws(EngineError) {
            // Decoders work on whole blocks, and ask for room at the edges too.
            source = try DemuxerHandle(
                open(), kind: AVMEDIA_TYPE_VIDEO,
                pixelsMax: (limits.sideMax + 128) * (limits.sideMax + 128), work: work,
                failure: .videoUnread(.damaged), sideMax: limits.sideMax)
        } catch {
            // A reading that was stopped looks like the end of the file.
            try work.check()
            throw error
        }
        (width, height) = source.size
        self.limits = limits
        self.work = work
        first = try decodeNext()
        guard first != nil else {
            throw .videoUnread(source.wasRefused ? .damaged : .noFrames)
        }
    }

    /// The next image; nil at the end, or where the limits are.
    /// - Throws: as `init`.
    func next() throws(EngineError) -> TimedImage? {
        guard let first else { return try decodeNext() }
        self.first = nil
        return first
    }

    private func decodeNext() throws(EngineError) -> TimedImage? {
        while !isAtEnd {
            try work.check()
            guard let frame = source.nextFrame() else {
                isAtEnd = true
                // A reading that was stopped looks like the end of the file.
                try work.check()
                return nil
            }
            decoded += 1
            let seconds = place(frame)
            let countMax = limits.secondsMax * Double(Self.decodedPerSecondMax)
            guard seconds < limits.secondsMax - 1e-3, Double(decoded) <= countMax else {
                isAtEnd = true
                work.notes.add(.referenceCut)
                return nil
            }
            let rate = Double(limits.framesPerSecondMax)
            guard seconds * rate >= due - Self.tolerance else { continue }
            due = (seconds * rate + Self.tolerance).rounded(.down) + 1
            return TimedImage(image: try image(frame), seconds: seconds)
        }
        return nil
    }

    /// When a frame is seen, from the first one on. Stamps that are missing or go back are not
    /// believed: the frames follow one another.
    private func place(_ frame: UnsafeMutablePointer<AVFrame>) -> Double {
        let stamp = source.seconds(frame.pointee.best_effort_timestamp)
        let step = 1 / Double(limits.framesPerSecondMax)
        guard let last else {
            (start, self.last) = (stamp, 0)
            return 0
        }
        var seconds = last + step
        if let stamp, let start, stamp - start > last { seconds = stamp - start }
        self.last = seconds
        return seconds
    }

    private func image(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Image {
        // A stream may change its size further on.
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        guard max(width, height) <= limits.sideMax else {
            throw .videoTooLarge(width: width, height: height, sideMax: limits.sideMax)
        }
        do throws(EngineError) {
            return upright(try toRGB(frame), orientation: source.orientation)
        } catch {
            throw .videoUnread(.damaged)
        }
    }
}
