import EngineAPI

/// How sharp a portrait is, so that what is painted new is as sharp.
enum BlurEstimate {
    /// A portrait's blur as a Gaussian's standard deviation, 0…3 pixels: how much a further blur of
    /// one pixel takes from the strongest edges. Zhuo and Sim, "Defocus map estimation from a
    /// single image" (2011).
    /// - luminance: one channel. - mask: where the face is.
    static func sigma(_ luminance: FloatImage, where mask: [Bool]) -> Float {
        let sharp = luminance.gradients
        let soft = luminance.blurred(1).gradients
        let inside = mask.indices.filter { mask[$0] }.map { sharp.values[$0] }
        guard inside.count > 30 else { return 0 }
        let strong = max(quantile(inside, strongest), 1e-3)
        let ratios = mask.indices.filter { mask[$0] && sharp.values[$0] >= strong }.map {
            sharp.values[$0] / max(soft.values[$0], 1e-3)
        }
        guard !ratios.isEmpty else { return 0 }
        let ratio = quantile(ratios, 0.5)
        let sigma = 1 / max(ratio * ratio - 1, 0.05).squareRoot()
        return min(max(sigma - bias, 0), 3)
    }

    /// The same over a face and a little around it.
    /// - face: landmarks in pixels.
    static func sigma(of image: Image, face: [Point2]) -> Float {
        let outline = Landmark.oval.map { face[$0] }
        let reach = 4
        var oval = AlphaMask(
            around: outline, margin: Float(reach + 2), width: image.width, height: image.height)
        guard !oval.isEmpty else { return 0 }
        oval.fill(outline)
        let box = PixelBox(oval)
        let inside = FloatImage(
            oval.values.map { $0 > 0.5 ? 1 : 0 }, width: box.width, height: box.height)
        return sigma(
            FloatImage(image, box).plane(3),
            where: inside.dilated(.square(reach)).values.map { $0 > 0.5 })
    }

    /// Gradients above this part of all.
    private static let strongest: Float = 0.97
    /// What a sharp photograph reads: a pixel has a size.
    private static let bias: Float = 0.35
}

extension FloatImage {
    /// Lengths of Sobel's gradients; one channel.
    var gradients: FloatImage {
        precondition(channels == 1)
        var made = FloatImage(width: width, height: height)
        guard width > 2, height > 2 else { return made }
        values.withUnsafeBufferPointer { from in
            made.values.withUnsafeMutableBufferPointer { into in
                for y in 1..<height - 1 {
                    let above = from.baseAddress! + (y - 1) * width
                    let (line, below) = (above + width, above + 2 * width)
                    let row = into.baseAddress! + y * width
                    for x in 1..<width - 1 {
                        let right = above[x + 1] + 2 * line[x + 1] + below[x + 1]
                        let left = above[x - 1] + 2 * line[x - 1] + below[x - 1]
                        let low = below[x - 1] + 2 * below[x] + below[x + 1]
                        let high = above[x - 1] + 2 * above[x] + above[x + 1]
                        let (across, down) = (right - left, low - high)
                        row[x] = (across * across + down * down).squareRoot()
                    }
                }
            }
        }
        return made
    }
}

/// The value that so much (0…1) of the others lies below; 0 of none. Hoare's selection.
func quantile(_ values: [Float], _ part: Float) -> Float {
    guard !values.isEmpty else { return 0 }
    var values = values
    let wanted = min(
        max(Int(bounded: (part * Float(values.count - 1)).rounded()), 0), values.count - 1)
    var (low, high) = (0, values.count - 1)
    while low < high {
        let pivot = values[(low + high) / 2]
        var (left, right) = (low, high)
        while left <= right {
            while values[left] < pivot { left += 1 }
            while values[right] > pivot { right -= 1 }
            if left <= right {
                values.swapAt(left, right)
                left += 1
                right -= 1
            }
        }
        if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
    }
    return values[wanted]
}
