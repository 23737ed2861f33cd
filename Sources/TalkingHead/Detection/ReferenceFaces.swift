import EngineAPI

/// Follows the face in a reference video's images, from the first one that shows it.
struct ReferenceFaces {
    /// A face is looked for in the first images and then in some of a second: to look costs more
    /// than to follow.
    private static let firstSearched = 5
    private static let searchedStep = 5
    private static let searchedEnd = 25

    private let finder: FaceFinder
    private var tracker: FaceTracker?
    /// Images that came before any face.
    private var before = 0
    private var reason = EngineError.NoFaceReason.nothingFound

    init(_ finder: FaceFinder) { self.finder = finder }

    /// An image's face: 478 points in its pixels. nil where none has been seen yet, or where the
    /// face has gone.
    /// - Throws: `.noFace` where nobody comes; `.cancelled`, `.deadlinePassed`.
    mutating func points(
        in image: Image, work: WorkContext
    ) throws(EngineError) -> [Point3]? {
        try work.check()
        if tracker != nil {
            let isSeen = try tracker?.follow(in: Pyramid(image)) ?? false
            return isSeen ? tracker?.points : nil
        }
        guard before < Self.searchedEnd else { throw .noFace(reason) }
        before += 1
        guard before <= Self.firstSearched || before % Self.searchedStep == 0 else { return nil }
        do throws(EngineError) {
            let found = try finder.find(in: image, at: nil, work: work).mesh.points
            tracker = FaceTracker(finder.mesher, points: found)
            return found
        } catch .noFace(let reason) {
            self.reason = reason
            return nil
        }
    }

    /// What is read of each image that shows the face, 25 rows a second from the first of them on.
    /// Where the face has gone it stays as it was.
    /// - read: a row of an image and its points; nil where it can't be told of this one.
    /// - Throws: `.noFace` where no image shows a face, and as the others.
    mutating func motion(
        of video: any VideoSource, width: Int, work: WorkContext,
        isolation: isolated (any Actor)? = #isolation,
        _ read: (Image, [Point3]) throws(EngineError) -> [Double]?
    ) async throws(EngineError) -> ReferenceMotion {
        var (rows, times): ([Double], [Double]) = ([], [])
        while let timed = try await video.next() {
            guard let points = try points(in: timed.image, work: work),
                let row = try read(timed.image, points)
            else {
                if !times.isEmpty {
                    rows += Array(rows.suffix(width))
                    times.append(timed.seconds)
                }
                continue
            }
            rows += row
            times.append(timed.seconds)
        }
        guard !times.isEmpty else { throw .noFace(reason) }
        return ReferenceMotion(rows, width: width, at: times)
    }
}
