/// The convex hull of points, in order around it: Andrew's monotone chain.
func convexHull(_ points: [Point2]) -> [Point2] {
    let sorted = points.sorted { $0.x != $1.x ? $0.x < $1.x : $0.y < $1.y }
    guard sorted.count > 2 else { return sorted }
    func chain(_ points: some Sequence<Point2>) -> [Point2] {
        var made: [Point2] = []
        for point in points {
            while made.count > 1 {
                let (a, b) = (made[made.count - 2], made[made.count - 1])
                let cross = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
                guard cross <= 0 else { break }
                made.removeLast()
            }
            made.append(point)
        }
        return made.dropLast()
    }
    return chain(sorted) + chain(sorted.reversed())
}

/// The area of a polygon, whichever way round it goes.
func polygonArea(_ polygon: [Point2]) -> Float {
    let twice = polygon.indices.reduce(Float(0)) { sum, index in
        let (a, b) = (polygon[index], polygon[(index + 1) % polygon.count])
        return sum + a.x * b.y - b.x * a.y
    }
    return abs(twice) / 2
}

/// Whether a polygon holds a point.
func contains(_ polygon: [Point2], _ point: Point2) -> Bool {
    var isInside = false
    for index in polygon.indices {
        let (a, b) = (polygon[index], polygon[(index + 1) % polygon.count])
        guard (a.y <= point.y) != (b.y <= point.y) else { continue }
        if a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x) > point.x { isInside.toggle() }
    }
    return isInside
}
