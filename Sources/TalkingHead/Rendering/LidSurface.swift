import EngineAPI

/// An upper lid as plain skin. An open eye shows hardly any of its lid, and much of what lies there
/// is lashes and outline: stretched over the eye they would be fur and stripes.
struct LidSurface: Sendable {
    /// Skin at each point of the fold.
    let colours: [Point3]
    /// How far below the lower lid's landmarks the eye's lower outline lies, in largest gaps
    /// between the lids.
    let reach: [Float]
    /// From the upper lid to the lower one where they are farthest apart, pixels.
    let largestGap: Point2
    /// Colour of the lashes.
    let lash: Point3

    /// The lid rounds away from the light towards its edge.
    static let edgeShade: Float = 0.92
    /// Outlines are looked for this far down, in gaps.
    private static let reachMax: Float = 0.3

    init(_ eye: Landmark.Eye, image: Image, points: [Point2]) {
        /// Colours about a fold.
        func about(_ fold: [Int], _ lid: [Int], _ index: Int) -> [Point3] {
            let out = points[fold[index]] - points[lid[index]]
            return [Float(-0.15), 0.05, 0.25].map {
                image.nearest(points[fold[index]] + out * $0)
            }
        }
        let columns = eye.upper.indices
        let above = columns.map { about(eye.upperFold, eye.upper, $0) }
        let below = columns.map { about(eye.lowerFold, eye.lower, $0) }
        let skin = FaceColours.median((above + below).flatMap(\.self))
        // What is far darker is a lash, a brow or a crease.
        let plain = columns.map { column -> Point3 in
            let near = max(column - 2, 0)...min(column + 2, columns.count - 1)
            let kept = above[near].flatMap(\.self).filter { $0.luminance > 0.5 * skin.luminance }
            return kept.count > 2 ? FaceColours.median(kept) : skin * 0.9
        }
        colours = Self.smoothed(plain)
        let gaps = columns.map { points[eye.lower[$0]] - points[eye.upper[$0]] }
        let largest = gaps.max { $0.length < $1.length } ?? Point2()
        var depths = columns.map { column -> Point3 in
            guard column > 0, column < columns.count - 1 else { return Point3() }
            let lower = points[eye.lower[column]]
            let steps = (0...8).map { Float($0) / 8 * Self.reachMax }
            let lights = steps.map { image.nearest(lower + largest * $0).luminance }
            guard let least = lights.min(), least < 0.7 * skin.luminance else {
                return Point3(repeating: 0.03)
            }
            return Point3(repeating: steps[lights.firstIndex(of: least)!])
        }
        depths[0] = depths[1] * 0.5
        depths[columns.count - 1] = depths[columns.count - 2] * 0.5
        reach = Self.smoothed(depths).map(\.x)
        // The outline above the eye, or its lashes.
        let rim = columns.flatMap { column in
            let out = points[eye.upperFold[column]] - points[eye.upper[column]]
            return [Float(0.1), 0.2, 0.3].map {
                image.nearest(points[eye.upper[column]] + out * $0)
            }
        }.sorted { $0.luminance < $1.luminance }
        lash = rim[rim.count / 8] * 0.85
        largestGap = largest
    }

    private static func smoothed(_ values: [Point3]) -> [Point3] {
        var values = values
        for _ in 0..<2 {
            values = values.indices.map { index in
                let (last, next) = (max(index - 1, 0), min(index + 1, values.count - 1))
                return (values[last] + values[index] * 2 + values[next]) * 0.25
            }
        }
        return values
    }
}

extension Canvas {
    /// Draws a triangle of a lid: at the fold the source's as it is, further down the plain colours
    /// of its corners with a trace of the source's grain.
    /// - down: of each corner, 0 at the fold, 1 at the lid's edge.
    func drawLid(
        _ to: (Point2, Point2, Point2), from: (Point2, Point2, Point2),
        _ colours: (Point3, Point3, Point3), down: Point3, _ plainness: Float, _ source: Sampler
    ) {
        let (p, q) = (to.1 - to.0, to.2 - to.0)
        let area = p.x * q.y - q.x * p.y
        guard abs(area) > 1e-6 else { return }
        let low = pointwiseMin(pointwiseMin(to.0, to.1), to.2)
        let high = pointwiseMax(pointwiseMax(to.0, to.1), to.2)
        let (top, left) = (
            max(Int(bounded: low.y.rounded(.up)), 0), max(Int(bounded: low.x.rounded(.up)), 0)
        )
        let (bottom, right) = (
            min(Int(bounded: high.y) + 1, height), min(Int(bounded: high.x) + 1, width)
        )
        guard top < bottom, left < right else { return }
        for y in top..<bottom {
            for x in left..<right {
                let at = Point2(Float(x), Float(y)) - to.0
                let u = (at.x * q.y - q.x * at.y) / area
                let v = (p.x * at.y - at.x * p.y) / area
                // An edge belongs to both of its triangles: they agree there.
                guard u >= -1e-4, v >= -1e-4, u + v <= 1 + 1e-4 else { continue }
                let place = from.0 + (from.1 - from.0) * u + (from.2 - from.0) * v
                let texture = source.colour(place)
                let plain = colours.0 + (colours.1 - colours.0) * u + (colours.2 - colours.0) * v
                let grain = ((texture - plain) * 0.3).clamped(
                    lowerBound: Point3(repeating: -4), upperBound: Point3(repeating: 4))
                let depth = down.x + (down.y - down.x) * u + (down.z - down.x) * v
                let weight = plainness * smoothStep(0, 0.55, depth)
                blend(x, y, texture + (plain + grain - texture) * weight, 1)
            }
        }
    }
}
