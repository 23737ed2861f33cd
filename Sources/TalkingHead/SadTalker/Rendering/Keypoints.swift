import EngineAPI
import Glibc

/// The 15 key points of a face that the renderer bends by.
struct Keypoints: Sendable, Equatable {
    static let count = 15

    let points: [SIMD3<Double>]

    init(_ points: [SIMD3<Double>]) { self.points = points }

    /// - values: x, y and z of each.
    init(_ values: some Sequence<Float>) {
        let flat = values.map(Double.init)
        points = stride(from: 0, to: flat.count, by: 3).map {
            SIMD3(flat[$0], flat[$0 + 1], flat[$0 + 2])
        }
    }

    /// As a network takes them.
    var values: [Float] { points.flatMap { [Float($0.x), Float($0.y), Float($0.z)] } }

    /// The points of a face that looks straight ahead, turned, moved and bent as it speaks.
    func placed(_ pose: FacePose) -> Keypoints {
        let turn = pose.rotation
        // Of the network's translation only the height counts.
        let move = SIMD3(0, pose.translation.y, 0)
        return Keypoints(
            zip(points, pose.expression.points).map { turn.applied(to: $0) + move + $1 })
    }
}

/// How one frame's face stands: what the mapping makes of coefficients.
struct FacePose: Sendable {
    /// Degrees.
    var (yaw, pitch, roll): (Double, Double, Double)
    let translation: SIMD3<Double>
    /// How far each key point moves by the expression.
    let expression: Keypoints

    /// π as it was when the networks were trained.
    private static let pi = 3.14

    /// - outputs: the mapping's, of some frames.
    init(_ outputs: [[Float]], frame: Int) {
        func row(_ output: Int, _ count: Int) -> ArraySlice<Float> {
            outputs[output][frame * count..<(frame + 1) * count]
        }
        yaw = Self.degrees(row(0, SadTalkerNetwork.angleBins))
        pitch = Self.degrees(row(1, SadTalkerNetwork.angleBins))
        roll = Self.degrees(row(2, SadTalkerNetwork.angleBins))
        translation = Keypoints(row(3, 3)).points[0]
        expression = Keypoints(row(4, 3 * Keypoints.count))
    }

    /// The mean of bins of three degrees from −99 by their odds.
    private static func degrees(_ logits: ArraySlice<Float>) -> Double {
        let peak = Double(logits.max() ?? 0)
        var (sum, total) = (0.0, 0.0)
        for (bin, logit) in logits.enumerated() {
            let odds = exp(Double(logit) - peak)
            sum += odds * Double(bin)
            total += odds
        }
        return sum / total * 3 - 99
    }

    /// About x by the pitch, then about y by the yaw, then about z by the roll.
    fileprivate var rotation: Rotation {
        func turn(_ degrees: Double) -> (cos: Double, sin: Double) {
            (cos(degrees / 180 * Self.pi), sin(degrees / 180 * Self.pi))
        }
        let (a, b, c) = (turn(pitch), turn(yaw), turn(roll))
        let x = Rotation([SIMD3(1, 0, 0), SIMD3(0, a.cos, -a.sin), SIMD3(0, a.sin, a.cos)])
        let y = Rotation([SIMD3(b.cos, 0, b.sin), SIMD3(0, 1, 0), SIMD3(-b.sin, 0, b.cos)])
        let z = Rotation([SIMD3(c.cos, -c.sin, 0), SIMD3(c.sin, c.cos, 0), SIMD3(0, 0, 1)])
        return x.times(y).times(z)
    }
}

/// A 3 × 3 matrix by rows.
private struct Rotation {
    let rows: [SIMD3<Double>]

    init(_ rows: [SIMD3<Double>]) { self.rows = rows }

    func applied(to point: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3((rows[0] * point).sum(), (rows[1] * point).sum(), (rows[2] * point).sum())
    }

    func times(_ other: Rotation) -> Rotation {
        Rotation(
            rows.map { row in
                other.rows[0] * row.x + other.rows[1] * row.y + other.rows[2] * row.z
            })
    }
}
