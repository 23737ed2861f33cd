import EngineAPI

/// Up to 255 colours that stand for all of some images, and the nearest of them to any colour.
struct ColourPalette {
    /// 0xRRGGBB.
    let colours: [UInt32]
    /// By six bits a channel: the nearest colour, or `unknown` until it is asked for.
    private var nearest = [UInt16](repeating: unknown, count: 1 << 18)

    private static let unknown = UInt16.max
    static let countMax = 255

    /// Median cut (Heckbert 1982) over colours of five bits a channel.
    /// - images: packed RGB. - step: every how many pixels one is counted.
    init(_ images: [[UInt8]], step: Int) {
        var bins = [Bin](repeating: Bin(), count: 1 << 15)
        for rgb in images {
            for at in stride(from: 0, to: rgb.count - 2, by: 3 * step) {
                let (r, g, b) = (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
                bins[(r >> 3) << 10 | (g >> 3) << 5 | b >> 3].add(r, g, b)
            }
        }
        var boxes = [bins.filter { $0.count > 0 }]
        while boxes.count < Self.countMax {
            let widest = boxes.indices.max {
                Self.unevenness(boxes[$0]) < Self.unevenness(boxes[$1])
            }
            guard let widest, boxes[widest].count > 1 else { break }
            let (low, high) = Self.halves(boxes[widest])
            boxes[widest] = low
            boxes.append(high)
        }
        colours = boxes.map(Self.mean)
    }

    /// Pixels of about one colour.
    private struct Bin {
        var count = 0
        var sum = SIMD3<Int>()

        mutating func add(_ r: Int, _ g: Int, _ b: Int) {
            count += 1
            sum &+= SIMD3(r, g, b)
        }

        var mean: SIMD3<Int> { sum / max(count, 1) }
    }

    private static func mean(_ box: [Bin]) -> UInt32 {
        var whole = Bin()
        for bin in box {
            whole.count += bin.count
            whole.sum &+= bin.sum
        }
        let mean = whole.mean
        return UInt32(mean.x) << 16 | UInt32(mean.y) << 8 | UInt32(mean.z)
    }

    /// The longest side, and which channel it is of.
    private static func extent(_ box: [Bin]) -> (length: Int, channel: Int) {
        var low = SIMD3<Int>(repeating: 255)
        var high = SIMD3<Int>()
        for bin in box {
            low = pointwiseMin(low, bin.mean)
            high = pointwiseMax(high, bin.mean)
        }
        let size = high &- low
        let length = max(size.x, size.y, size.z)
        return (length, size.y == length ? 1 : size.x == length ? 0 : 2)
    }

    /// How much is to be gained by a cut. Large even areas must not take every colour: the square
    /// root of the pixels counts.
    private static func unevenness(_ box: [Bin]) -> Double {
        guard box.count > 1 else { return 0 }
        let pixels = box.reduce(0) { $0 + $1.count }
        return Double(extent(box).length) * Double(pixels).squareRoot()
    }

    private static func halves(_ box: [Bin]) -> ([Bin], [Bin]) {
        let channel = extent(box).channel
        let sorted = box.sorted { $0.mean[channel] < $1.mean[channel] }
        let half = box.reduce(0) { $0 + $1.count } / 2
        var (seen, cut) = (0, 0)
        while cut < sorted.count - 1, seen + sorted[cut].count <= half || cut == 0 {
            seen += sorted[cut].count
            cut += 1
        }
        return (Array(sorted[..<cut]), Array(sorted[cut...]))
    }

    /// Index of the colour nearest to one of 0…255 a channel.
    @inline(__always)
    mutating func index(_ r: Int, _ g: Int, _ b: Int) -> UInt8 {
        let key = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2
        if nearest[key] == Self.unknown { nearest[key] = search(r | 2, g | 2, b | 2) }
        return UInt8(truncatingIfNeeded: nearest[key])
    }

    private func search(_ r: Int, _ g: Int, _ b: Int) -> UInt16 {
        var (best, least) = (0, Int.max)
        for (index, colour) in colours.enumerated() {
            let dr = Int(colour >> 16) - r
            let dg = Int(colour >> 8 & 255) - g
            let db = Int(colour & 255) - b
            // The eye is keenest on green, then red (ITU-R BT.601's weights, rounded).
            let distance = 3 * dr * dr + 6 * dg * dg + db * db
            if distance < least { (best, least) = (index, distance) }
        }
        return UInt16(best)
    }
}
