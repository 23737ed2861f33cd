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
    static let presenceMin: Float = 0.5

    let detector: FaceDetector
    let mesher: FaceMesher

    /// The largest face, or the one at `point`.
    /// - Throws: `.noFace`, `.cancelled`, `.deadlinePassed`, `.runtimeRefused`.
    func find(
        in picture: Picture, at point: Point2?, work: Work
    ) throws(EngineError) -> Found {
        let pyramid = Pyramid(picture)
        var faces = try search(pyramid, at: point, work: work)
        guard !faces.isEmpty else { throw .noFace(.nothingFound) }
        if let point {
            faces.sort { Self.distance($0, point) < Self.distance($1, point) }
        } else {
            faces.sort { $0.window.side > $1.window.side }
        }
        var reason = EngineError.NoFaceReason.nothingFound
        // A poster of a dog behind a man should not hide the man.
        for face in faces.prefix(4) {
            try work.check()
            let mesh = try mesher.mesh(of: face, in: pyramid)
            guard mesh.presence >= Self.presenceMin else { continue }
            guard HumanGeometry.isHuman(mesh) else {
                reason = .notHuman
                continue
            }
            let eyes = mesh.points[Landmark.eyeCorners.left] - mesh.points[Landmark.eyeCorners.right]
            guard eyes.plane.length >= Self.eyesApartMinPixels else {
                if reason == .nothingFound { reason = .tooSmall }
                continue
            }
            return Found(mesh: mesh, facesSeen: faces.count)
        }
        throw .noFace(reason)
    }

    private static func distance(_ face: DetectedFace, _ point: Point2) -> Float {
        max(0, (face.window.centre - point).length - face.window.side / 2)
    }

    /// The whole picture first; where that shows nothing (or nothing at `point`), a second chance
    /// for faces that fill the picture, are small in it, or lie on their side.
    private func search(
        _ pyramid: Pyramid, at point: Point2?, work: Work
    ) throws(EngineError) -> [DetectedFace] {
        for stage in Self.stages(width: pyramid.width, height: pyramid.height) {
            var faces: [DetectedFace] = []
            for window in stage {
                try work.check()
                for face in try detector.faces(in: pyramid, window) {
                    if let same = faces.firstIndex(where: { $0.overlaps(face) }) {
                        if face.score > faces[same].score { faces[same] = face }
                    } else {
                        faces.append(face)
                    }
                }
            }
            if let point, !faces.contains(where: { Self.distance($0, point) == 0 }) { continue }
            if !faces.isEmpty { return faces }
        }
        return point == nil ? [] : try search(pyramid, at: nil, work: work)
    }

    /// Windows to look through, stage by stage; 1 + 1 + 9 + 49 + 5 at most for a square picture.
    static func stages(width: Int, height: Int) -> [[Window]] {
        let size = Point2(Float(width), Float(height))
        let (centre, side) = (size * 0.5, max(size.x, size.y))
        let angles: [Float] = [90, -90, 180, 45, -45].map { $0 * .pi / 180 }
        let turned = angles.map { Window(centre: centre, side: side * 1.3, angle: $0) }
        return [
            [Window(centre: centre, side: side)], [Window(centre: centre, side: side * 2)],
            tiles(size, side: side / 2), turned, tiles(size, side: side / 4),
        ]
    }

    /// Squares that cover the picture, each half over its neighbour.
    private static func tiles(_ size: Point2, side: Float) -> [Window] {
        func centres(_ length: Float) -> [Float] {
            guard length > side else { return [length / 2] }
            let count = Int(((length - side) / (side / 2)).rounded(.up))
            return (0...count).map { side / 2 + (length - side) * Float($0) / Float(count) }
        }
        return centres(size.y).flatMap { y in
            centres(size.x).map { Window(centre: Point2($0, y), side: side) }
        }
    }
}
