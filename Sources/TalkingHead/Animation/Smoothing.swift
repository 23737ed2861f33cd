import EngineAPI

/// A curve under a Gaussian of a standard deviation in samples; its ends go on level.
func smoothed(_ curve: [Float], _ sigma: Float) -> [Float] {
    guard curve.count > 1, sigma > 0 else { return curve }
    let kernel = gaussianKernel(sigma)
    let radius = kernel.count / 2
    let padded =
        [Float](repeating: curve[0], count: radius) + curve
        + [Float](repeating: curve[curve.count - 1], count: radius)
    return curve.indices.map { index in
        var sum: Float = 0
        for tap in kernel.indices { sum += padded[index + tap] * kernel[tap] }
        return sum
    }
}

/// A curve at a place between its samples; level outside.
func sample(_ curve: [Float], at place: Float) -> Float {
    guard let last = curve.last else { return 0 }
    if place <= 0 { return curve[0] }
    let index = Int(bounded: place)
    guard index + 1 < curve.count else { return last }
    return curve[index] + (curve[index + 1] - curve[index]) * (place - Float(index))
}
