import EngineAPI

/// How a head stands in an image.
enum HeadPose {
    /// Degrees of yaw, pitch and roll, as `Matrix3.turn` has their signs, by what no expression
    /// moves much.
    /// - points: 468 or more, in the image's pixels.
    static func degrees(_ points: [Point3]) -> [Double] {
        let rigid = Landmark.rigid
        let pose = Procrustes.fit(
            rigid.map { MeanFace.points[$0] }, onto: rigid.map { points[$0] })
        let turns = pose.rotation.turns
        return [turns.yaw, turns.pitch, turns.roll].map { Double($0) * 180 / .pi }
    }
}
