/// Whether a mesh has the proportions of a human face: the model draws one onto dogs as well.
enum HumanGeometry {
    /// Root mean square distance from the mean face, in units of the distance between the eyes.
    /// Measured: photographs, paintings, cartoons and marble .03–.065, animals .06–.12, no face
    /// .1–.15.
    static let strangenessMax: Float = 0.1
    /// The model's own certainty: people above .999, animals .25–.996.
    static let presenceMin: Float = 0.998
    /// The detector's, on the face set upright: people above .87, animals below .8.
    static let uprightScoreMin: Float = 0.82

    static func isHuman(_ mesh: FaceMesh, uprightScore: Float) -> Bool {
        mesh.presence >= presenceMin && uprightScore >= uprightScoreMin
            && strangeness(mesh) < strangenessMax
    }

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
