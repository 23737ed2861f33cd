import EngineAPI
import Glibc

/// Finds the face that is to speak.
struct FaceFinder: Sendable {
    struct Found: Sendable {
        var mesh: FaceMesh
        var facesSeen: Int
    }

    /// Outer corners of the eyes closer than this cannot be animated.
    static let eyesApartMinPixels: Float = 12
    /// Faces that are looked at closely in one image.
    static let facesMax = 8
    /// A face smaller than this part of the image may have neighbours that the first look missed.
    private static let largePart: Float = 0.35

    /// Its two networks below the models folder.
    static let detectorFile = "face/face_detection.onnx"
    static let landmarkerFile = "face/face_landmarks.onnx"
    static let files = [detectorFile, landmarkerFile]

    let detector: FaceDetector
    let mesher: FaceLandmarker

    /// The largest face, or the one nearest to `point`.
    /// - Throws: `.noFace`, `.cancelled`, `.deadlinePassed`, `.runtimeRefused`.
    func find(in image: Image, at point: Point2?, work: WorkContext) throws(EngineError) -> Found {
        let pyramid = Pyramid(image)
        let longer = Float(max(image.width, image.height))
        var reason = EngineError.NoFaceReason.nothingFound
        var kept: [Candidate] = []
        var faces: [DetectedFace] = []
        for stage in Self.stages(width: image.width, height: image.height) {
            for window in stage {
                try work.check()
                for face in try detector.faces(in: pyramid, window) { Self.add(face, to: &faces) }
            }
            faces.sort { $0.window.side > $1.window.side }
            let isLarge = faces.contains { $0.window.side > Self.largePart * longer }
            let isMeant =
                point.map { point in faces.contains { Self.distance($0, point) == 0 } } ?? isLarge
            // The tiles see what is small closer: it is looked at once, after them.
            if stage.count == 1, !isMeant { continue }
            kept = []
            for face in faces.prefix(Self.facesMax) {
                try work.check()
                switch try judge(face, pyramid) {
                case .success(let candidate): kept.append(candidate)
                case .failure(let refusal): reason = Self.graver(reason, refusal.reason)
                }
            }
            faces = kept.map(\.face)
            let isEnough =
                point.map { point in kept.contains { Self.distance($0.face, point) == 0 } }
                ?? kept.contains { $0.face.window.side > Self.largePart * longer }
            // The first look and the tiles together; what comes after costs more.
            if isEnough || (!kept.isEmpty && stage.count > 1) { break }
        }
        let best =
            if let point {
                kept.min { Self.distance($0.face, point) < Self.distance($1.face, point) }
            } else {
                kept.max { $0.face.window.side < $1.face.window.side }
            }
        guard let best else { throw .noFace(reason) }
        return Found(mesh: best.mesh, facesSeen: kept.count)
    }

    private struct Candidate {
        var face: DetectedFace
        var mesh: FaceMesh
    }

    private struct Refusal: Error { let reason: EngineError.NoFaceReason }

    /// Draws the mesh and asks whether it is a human face that stands as the mesh says.
    private func judge(
        _ face: DetectedFace, _ pyramid: Pyramid
    ) throws(EngineError) -> Result<Candidate, Refusal> {
        let mesh = try mesher.mesh(of: face, in: pyramid)
        guard mesh.presence >= 0.5 else { return .failure(Refusal(reason: .nothingFound)) }
        // Upright and centred, a true face is found again, and surely.
        var window = FaceLandmarker.window(around: mesh.points)
        window.side *= 1.4
        let again = try detector.faces(in: pyramid, window).map(\.score).max() ?? 0
        guard HumanGeometry.isHuman(mesh, uprightScore: again) else {
            return .failure(Refusal(reason: .notHuman))
        }
        let eyes = mesh.points[Landmark.eyeCorners.left] - mesh.points[Landmark.eyeCorners.right]
        guard eyes.plane.length >= Self.eyesApartMinPixels else {
            return .failure(Refusal(reason: .tooSmall))
        }
        return .success(Candidate(face: face, mesh: mesh))
    }

    /// Of two reasons the one that tells more.
    private static func graver(
        _ a: EngineError.NoFaceReason, _ b: EngineError.NoFaceReason
    ) -> EngineError.NoFaceReason {
        let order: [EngineError.NoFaceReason] = [.nothingFound, .notHuman, .tooSmall]
        return (order.firstIndex(of: a) ?? 0) < (order.firstIndex(of: b) ?? 0) ? b : a
    }

    private static func add(_ face: DetectedFace, to faces: inout [DetectedFace]) {
        guard let same = faces.firstIndex(where: { $0.overlaps(face) }) else {
            faces.append(face)
            return
        }
        if face.score > faces[same].score { faces[same] = face }
    }

    private static func distance(_ face: DetectedFace, _ point: Point2) -> Float {
        max(0, (face.window.centre - point).length - face.window.side / 2)
    }

    /// Windows to look through, stage by stage: the whole image, halves of it, then a second
    /// chance for faces that fill the image, lie on their side, or are small in it.
    static func stages(width: Int, height: Int) -> [[RegionOfInterest]] {
        let size = Point2(Float(width), Float(height))
        let (centre, side) = (size * 0.5, max(size.x, size.y))
        let angles: [Float] = [90, -90, 180, 45, -45].map { $0 * .pi / 180 }
        let turned = angles.map { RegionOfInterest(centre: centre, side: side * 1.3, angle: $0) }
        let whole = RegionOfInterest(centre: centre, side: side)
        let wide = RegionOfInterest(centre: centre, side: side * 2)
        var stages = [[whole], tiles(size, side: side / 2), [wide] + turned]
        stages.append(tiles(size, side: side / 4))
        // Below twice the detector's own side a tile shows nothing new. 225 tiles at most.
        if side / 8 >= Float(2 * FaceDetector.side) { stages.append(tiles(size, side: side / 8)) }
        return stages
    }

    /// Squares that cover the image, each half over its neighbour.
    private static func tiles(_ size: Point2, side: Float) -> [RegionOfInterest] {
        func centres(_ length: Float) -> [Float] {
            guard length > side else { return [length / 2] }
            let count = Int(bounded: ((length - side) / (side / 2)).rounded(.up))
            return (0...count).map { side / 2 + (length - side) * Float($0) / Float(count) }
        }
        return centres(size.y).flatMap { y in
            centres(size.x).map { RegionOfInterest(centre: Point2($0, y), side: side) }
        }
    }
}
