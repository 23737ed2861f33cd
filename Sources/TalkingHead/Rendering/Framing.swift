import EngineAPI

/// Cuts and scales the portrait to the video's size and takes the mesh along.
enum Framing {
    /// Width of a crop in widths of the face's box: head and shoulders.
    static let cropPerFace: Float = 2.1

    static func frame(
        _ portrait: Image, _ mesh: FaceMesh, _ options: AnimationOptions
    ) -> (image: Image, points: [Point3]) {
        let (cut, width, height) = cut(portrait, mesh, options)
        let image = portrait.resized(cut, width: width, height: height)
        let scale = Point2(Float(width) / cut.width, Float(height) / cut.height)
        let points = mesh.points.map { point in
            let plane = (point.plane + 0.5 - Point2(cut.left, cut.top)) * scale - 0.5
            return Point3(plane.x, plane.y, point.z * scale.x)
        }
        return (image, points)
    }

    /// `full`: all of the portrait, its longer side `sidePixels`. `crop`: a square around the face.
    /// `resize`: the largest square of the portrait, as near to the face as it goes. Even sides.
    static func cut(
        _ portrait: Image, _ mesh: FaceMesh, _ options: AnimationOptions
    ) -> (CropRect, width: Int, height: Int) {
        let side = side(options)
        let (width, height) = (Float(portrait.width), Float(portrait.height))
        let box = box(mesh)
        switch options.framing {
        case .full:
            let (newWidth, newHeight) = fitted(width, height, side: side)
            return (
                CropRect(left: 0, top: 0, width: width, height: height), newWidth, newHeight
            )
        case .crop:
            let length = min(box.side * cropPerFace, min(width, height))
            return (square(length, around: box.centre, width, height), side, side)
        case .resize:
            return (square(min(width, height), around: box.centre, width, height), side, side)
        }
    }

    /// The video's longer side.
    static func side(_ options: AnimationOptions) -> Int { max(options.sidePixels / 2 * 2, 16) }

    /// Even sides, the longer one `side`, as near to the aspect as they go.
    static func fitted(_ width: Float, _ height: Float, side: Int) -> (width: Int, height: Int) {
        let scale = Float(side) / max(width, height)
        return (max(even(width * scale), 16), max(even(height * scale), 16))
    }

    /// A square inside the image, its middle as near to a point as it goes.
    private static func square(
        _ length: Float, around centre: Point2, _ width: Float, _ height: Float
    ) -> CropRect {
        CropRect(
            left: min(max(centre.x - length / 2, 0), width - length).rounded(),
            top: min(max(centre.y - length / 2, 0), height - length).rounded(),
            width: length, height: length)
    }

    private static func box(_ mesh: FaceMesh) -> (centre: Point2, side: Float) {
        var low = Point2(repeating: .infinity)
        var high = Point2(repeating: -.infinity)
        for point in mesh.points.prefix(Landmark.count) {
            low = pointwiseMin(low, point.plane)
            high = pointwiseMax(high, point.plane)
        }
        let size = high - low
        // A little above the middle: hair needs more room than the chin.
        return ((low + high) * 0.5 - Point2(0, size.y * 0.05), size.max())
    }

    private static func even(_ length: Float) -> Int { Int(bounded: (length / 2).rounded()) * 2 }
}
