import EngineAPI

/// Indexes of MediaPipe's face mesh by what they lie on, in order along each curve. "Left" is left
/// in the image. Curves of lips and lids run from the left corner to the right one (lips) and
/// from the outer corner to the inner one (lids), both corners in each.
enum Landmark {
    static let count = 468
    static let countWithIrises = 478

    static let oval = [
        10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152,
        148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
    ]
    static let chin = 152
    static let ears = (left: 234, right: 454)
    static let eyeCorners = (left: 33, right: 263)
    static let mouthCorners = (left: 61, right: 291)
    static let innerLips = (upper: 13, lower: 14)
    static let lowerLipEdge = 17

    /// From the inner edge outwards.
    static let upperLip = [
        [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308],
        [62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292],
        [76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306],
        [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291],
    ]
    static let lowerLip = [
        [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308],
        [62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292],
        [76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306],
        [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291],
    ]

    /// An eye's lids and the folds of skin beside them.
    struct Eye: Sendable {
        let upper: [Int]
        let lower: [Int]
        let upperFold: [Int]
        let lowerFold: [Int]
        /// Lower edge of the brow.
        let browEdge: [Int]
        /// Skin from the lower lid's fold to the cheekbone.
        let skin: [Int]
        /// Centre and four of the rim.
        let iris: [Int]
    }
    static let leftEye = Eye(
        upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
        lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
        upperFold: [130, 247, 30, 29, 27, 28, 56, 190, 243],
        lowerFold: [130, 25, 110, 24, 23, 22, 26, 112, 243],
        browEdge: [46, 53, 52, 65, 55], skin: [228, 229, 230, 231, 118, 119, 120],
        iris: AttentionMeshOutputs.leftIris)
    static let rightEye = Eye(
        upper: [263, 466, 388, 387, 386, 385, 384, 398, 362],
        lower: [263, 249, 390, 373, 374, 380, 381, 382, 362],
        upperFold: [359, 467, 260, 259, 257, 258, 286, 414, 463],
        lowerFold: [359, 255, 339, 254, 253, 252, 256, 341, 463],
        browEdge: [276, 283, 282, 295, 285], skin: [448, 449, 450, 451, 347, 348, 349],
        iris: AttentionMeshOutputs.rightIris)

    static let brows = [
        35, 124, 46, 53, 52, 65, 156, 70, 63, 105, 66, 107, 55, 193,
        265, 353, 276, 283, 282, 295, 383, 300, 293, 334, 296, 336, 285, 417,
    ]
    static let cheeks = [50, 280, 205, 425, 101, 330]

    /// Points that no expression moves much: brow, temples, nose, corners of the eyes.
    static let rigid = [
        10, 338, 297, 332, 284, 251, 389, 127, 162, 21, 54, 103, 67, 109, 168, 6, 197, 195, 5, 4, 1,
        33, 133, 263, 362, 70, 63, 105, 66, 107, 300, 293, 334, 296, 336, 234, 454, 129, 358, 2, 98,
        327,
    ]
}

/// The triangles that close the holes of the mesh.
enum Holes {
    static let mouth = strip(Landmark.upperLip[0], Landmark.lowerLip[0])
    /// Behind the lips' inner edges: where these nearly meet, a pixel between them may belong to no
    /// triangle of theirs nor of the mouth.
    static let seam = strip(Landmark.upperLip[1], Landmark.lowerLip[1])
    static let eyes =
        strip(Landmark.leftEye.upper, Landmark.leftEye.lower)
        + strip(Landmark.rightEye.upper, Landmark.rightEye.lower)

    /// Triangles between two curves that share their ends.
    static func strip(_ above: [Int], _ below: [Int]) -> [UInt16] {
        var corners: [UInt16] = []
        for index in 0..<above.count - 1 {
            let (a, b) = (UInt16(above[index]), UInt16(above[index + 1]))
            let (c, d) = (UInt16(below[index]), UInt16(below[index + 1]))
            if a != c { corners += [a, b, c] }
            if b != d { corners += [b, d, c] }
        }
        return corners
    }
}
