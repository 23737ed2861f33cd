/// Whether a mesh has the proportions of a human face: the net draws one onto dogs as well.
enum HumanGeometry {
    /// Root mean square distance from the mean face, in units of the distance between the eyes.
    /// Portraits, paintings, cartoons and marble stay under .15.
    static let strangenessMax: Float = 0.2

    static func isHuman(_ mesh: FaceMesh) -> Bool { strangeness(mesh) < strangenessMax }

    static func strangeness(_ mesh: FaceMesh) -> Float {
        let mean = MeanFace.points
        let points = Array(mesh.points.prefix(Landmark.count))
        let fit = Procrustes.fit(mean, onto: points)
        let total = zip(mean, points).reduce(Float(0)) { sum, pair in
            let gap = pair.1 - fit.apply(pair.0)
            return sum + (gap * gap).sum()
        }
        let eyes = mean[Landmark.eyeCorners.right] - mean[Landmark.eyeCorners.left]
        return (total / Float(points.count)).squareRoot() / (fit.scale * eyes.length)
    }
}

extension MeanFace {
    /// Centimetres.
    static let points: [Point3] = (0..<Landmark.count).map { index in
        let at = hundredths[3 * index..<3 * index + 3].map { Float($0) / 100 }
        return Point3(at[0], at[1], at[2])
    }
}
