import EngineAPI

/// Follows one face from frame to frame: in each it is looked for where the one before had it.
struct FaceTracker: Sendable {
    /// Below it the frame shows no face there, or one that nobody can see well: it stays where it
    /// was. MediaPipe's graph for video has the same bound.
    private static let presenceMin: Float = 0.5

    private let mesher: FaceLandmarker
    /// 478, in the frame's pixels.
    private(set) var points: [Point3]

    /// - points: where the first frame has the face, or nearly.
    init(_ mesher: FaceLandmarker, points: [Point3]) {
        self.mesher = mesher
        self.points = points
    }

    /// Looks at the next frame.
    /// - Returns: whether the face is seen.
    @discardableResult
    mutating func follow(in frame: Pyramid) throws(EngineError) -> Bool {
        let mesh = try mesher.mesh(within: FaceLandmarker.window(around: points), in: frame)
        guard mesh.presence >= Self.presenceMin else { return false }
        points = mesh.points
        return true
    }
}
