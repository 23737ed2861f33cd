import EngineAPI

/// The coefficients that SadTalker describes a frame with: expression 64, then the head's pose: its
/// angles 3 and translation 3; then where the face stands in a whole picture, 3.
enum Coefficients {
    static let expressionCount = 64
    static let poseCount = 6
    static let placementCount = 3
    static let count = expressionCount + poseCount + placementCount
    static let pose = expressionCount..<expressionCount + poseCount
    /// Frames of coefficients.
    static let framesPerSecond = 25

    /// What the reconstruction gives: identity 80, expression 64, texture 80, angles 3, light 27,
    /// translation 3.
    static let reconstructionCount = 257
    private static let ofReconstruction = [80..<144, 224..<227, 254..<257]

    /// How many of them the mapping reads.
    static func width(_ framing: AnimationOptions.Framing) -> Int {
        framing == .full ? count : count - placementCount
    }

    /// A portrait's own.
    static func portrait(_ reconstruction: [Float], _ fit: FaceAlignment.Fit) -> [Double] {
        ofReconstruction.flatMap { reconstruction[$0].map(Double.init) }
            + [fit.scale, fit.x, fit.y]
    }
}

/// Coefficients of all frames, 25 a second, as many a frame.
struct CoefficientTrack: Sendable {
    let width: Int
    /// Frame after frame.
    private(set) var values: [Double]

    var frames: Int { values.count / width }

    init(_ values: [Double], width: Int) {
        precondition(!values.isEmpty && values.count.isMultiple(of: width))
        self.values = values
        self.width = width
    }

    subscript(frame: Int, coefficient: Int) -> Double { values[frame * width + coefficient] }

    /// As the mapping reads them of a portrait.
    /// - portrait: its own coefficients.
    /// - scale: of the expression, the portrait's own included.
    /// - isStill: the head keeps the portrait's pose.
    func adjusted(
        to portrait: [Double], _ framing: AnimationOptions.Framing, scale: Double, isStill: Bool
    ) -> CoefficientTrack {
        let newWidth = Coefficients.width(framing)
        var made: [Double] = []
        made.reserveCapacity(frames * newWidth)
        for frame in 0..<frames {
            for index in 0..<newWidth {
                if index < Coefficients.expressionCount {
                    made.append(self[frame, index] * scale)
                } else {
                    let isOwn = isStill || index >= width
                    made.append(isOwn ? portrait[index] : self[frame, index])
                }
            }
        }
        return CoefficientTrack(made, width: newWidth)
    }
}

/// What the mapping reads around a time: 27 frames, a 25th of a second apart.
enum SemanticWindow {
    static let count = 27
    private static let radius = 13

    /// Coefficients × frames. Between two frames the track is a line, and beyond its ends it stays
    /// as it is, so that a video of any rate is made from the same track.
    /// - time: in 25ths of a second.
    static func around(_ time: Double, in track: CoefficientTrack) -> [Float] {
        let last = Double(track.frames - 1)
        let places = (-radius...radius).map { min(max(time + Double($0), 0), last) }
        var made: [Float] = []
        made.reserveCapacity(track.width * count)
        for coefficient in 0..<track.width {
            for place in places {
                let low = Int(bounded: place)
                let part = place - Double(low)
                let high = min(low + 1, track.frames - 1)
                made.append(
                    Float(
                        track[low, coefficient] * (1 - part) + track[high, coefficient] * part))
            }
        }
        return made
    }

    /// That of a face that keeps its coefficients.
    static func still(_ coefficients: some Sequence<Double>) -> [Float] {
        coefficients.flatMap { [Float](repeating: Float($0), count: count) }
    }
}
