import EngineAPI
import Glibc

/// Iris and white as they go on behind the lids, and how they turn.
struct Eyeball {
    /// Four channels.
    let colours: FloatImage
    /// How much of each pixel lies between the lids.
    let opening: FloatImage
    /// How much each pixel follows the iris: the white beside it gives way.
    let following: FloatImage
    /// How far the iris may go along the eye and across, pixels.
    let reach: Point2

    init(_ eye: EyeGeometry, _ skin: EyeSkin, sigma: Float) {
        let isOpen = eye.mask {
            eye.v[$0] > eye.upper[$0] && eye.v[$0] < eye.lower[$0] && eye.u[$0] > 0
                && eye.u[$0] < eye.width
        }
        opening = eye.plane(isOpen).blurred(0.6 + 0.4 * sigma)
        guard let iris = eye.iris else {
            (colours, following, reach) = (skin.source, eye.plane { _ in 0 }, Point2())
            return
        }
        let distances = (0..<eye.count).map {
            (Point2(eye.u[$0], eye.v[$0]) - iris.centre).length
        }
        let sure = eye.plane(isOpen).eroded(.square(Int(bounded: 1 + sigma)))
        let radius = iris.radius
        let white = eye.plane { sure.values[$0] > 0 && distances[$0] > 1.12 * radius ? 1 : 0 }
        var ball = white.values.reduce(0, +) > 6 ? skin.source.filled(white) : skin.source
        Self.completeIris(&ball, skin.source, sure, distances, radius)
        for index in 0..<eye.count where sure.values[index] > 0 {
            for at in index * 4..<index * 4 + 4 { ball.values[at] = skin.source.values[at] }
        }
        colours = ball
        let rooms = (
            max(iris.centre.x - radius, 0.15 * radius),
            max(eye.width - iris.centre.x - radius, 0.15 * radius)
        )
        reach = Point2(0.55 * min(rooms.0, rooms.1), 0.3 * radius)
        following = eye.plane { index in
            let room = eye.u[index] < iris.centre.x ? rooms.0 : rooms.1
            return 1 - smoothStep(0, 1, (distances[index] - radius) / max(room, 1))
        }
    }

    /// An iris is round: what a lid hides has the colour of its ring.
    private static func completeIris(
        _ ball: inout FloatImage, _ source: FloatImage, _ sure: FloatImage, _ distances: [Float],
        _ radius: Float
    ) {
        let rings = 6
        var sums = [SIMD4<Float>](repeating: SIMD4(), count: rings + 1)
        for index in distances.indices
        where sure.values[index] > 0 && distances[index] <= 1.05 * radius {
            let ring = min(Int(bounded: distances[index] / radius * Float(rings)), rings)
            sums[ring] += SIMD4(source.colour(index), 1)
        }
        let found = sums.indices.filter { sums[$0].w > 2 }
        guard !found.isEmpty, sums.reduce(0, { $0 + $1.w }) > 10 else { return }
        let places = found.map { (Float($0) + 0.5) / Float(rings) }
        let disc = (0..<3).map { channel in
            let points = zip(places, found).map { Point2($0, sums[$1][channel] / sums[$1].w) }
            return MonotoneCurve(linear: points, over: 0...1.1, step: 0.025)
        }
        for index in distances.indices where distances[index] < 1.06 * radius {
            let weight = smoothStep(1.06, 0.98, distances[index] / radius)
            for channel in 0..<3 {
                let at = index * 4 + channel
                let colour = disc[channel](distances[index] / radius)
                ball.values[at] += (colour - ball.values[at]) * weight
            }
        }
    }
}
