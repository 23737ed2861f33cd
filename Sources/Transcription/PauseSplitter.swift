import EngineAPI
import Glibc

/// Cuts a clip at its pauses into pieces that one encoder window holds.
struct PauseSplitter {
    /// Longest and shortest piece: a shorter window costs less a second, since attention is
    /// quadratic, and a longer one needs fewer joins. Measured best between 6 and 15 s.
    static let secondsMax = 15.0
    static let secondsMin = 6.0
    /// Cost of one more cut against the cost of cutting into speech.
    private static let costPerCut: Float = 0.1
    /// Frames of 20 ms.
    private static let frameSamples = 320

    /// - regions: where somebody speaks; what lies outside belongs to no piece.
    static func pieces(_ samples: [Float], regions: [SampleRange]) -> [SampleRange] {
        guard let first = regions.first, let last = regions.last else { return [] }
        let spoken = first.lowerBound..<last.upperBound
        guard spoken.count > Int(bounded: secondsMax * 16_000) else { return [spoken] }
        var pieces: [SampleRange] = []
        // Long silences are cuts already: each group between them is cut for itself.
        for group in groups(regions) { pieces += cut(samples, group) }
        return pieces.compactMap { trim($0, to: regions) }
    }

    /// Given to both pieces on each side of a cut where nobody pauses: .4 s, most words' length.
    static let joinSamples = 6_400
    /// A pause is so far under the speech around it; a consonant's closure is shorter than a frame.
    private static let pauseDecibels: Float = 18

    /// Cuts at which one piece ends, another begins, and nobody pauses.
    static func joins(_ samples: [Float], _ pieces: [SampleRange]) -> Set<Int> {
        Set(
            zip(pieces, pieces.dropFirst()).compactMap { one, next in
                one.upperBound == next.lowerBound && !isPause(samples, at: one.upperBound)
                    ? one.upperBound : nil
            })
    }

    /// Whether two frames of 20 ms near a cut are far quieter than the second on each side.
    private static func isPause(_ samples: [Float], at cut: Int) -> Bool {
        func energy(_ range: Range<Int>) -> Float {
            let range = range.clamped(to: 0..<samples.count)
            let sum = samples[range].reduce(Float(1e-10)) { $0 + $1 * $1 }
            return 10 * log10(sum / Float(max(1, range.count)))
        }
        let around = energy(cut - 16_000..<cut + 16_000)
        let quietest =
            stride(from: cut - 1_600, through: cut + 960, by: 320)
            .map { energy($0..<$0 + 2 * frameSamples) }.min() ?? around
        return quietest < around - pauseDecibels
    }

    /// Regions that less than two seconds part.
    private static func groups(_ regions: [SampleRange]) -> [SampleRange] {
        var groups: [SampleRange] = []
        for region in regions {
            if let last = groups.last, region.lowerBound - last.upperBound < 32_000 {
                groups[groups.count - 1] = last.lowerBound..<region.upperBound
            } else {
                groups.append(region)
            }
        }
        return groups
    }

    /// Dynamic programming over cut points: the cheapest way to end a piece at each frame.
    private static func cut(_ samples: [Float], _ range: SampleRange) -> [SampleRange] {
        guard range.count > Int(bounded: secondsMax * 16_000) else { return [range] }
        let loudness = smoothedLoudness(samples, range)
        let count = loudness.count - 1
        let longest = Int(bounded: secondsMax * 50)
        let shortest = Int(bounded: secondsMin * 50)
        var cost = [Float](repeating: .infinity, count: count + 1)
        var previous = [Int](repeating: -1, count: count + 1)
        cost[0] = 0
        for end in 1...count {
            // The last piece may be short: what is left is left.
            let least = end == count ? 25 : shortest
            guard end >= least else { continue }
            for start in max(0, end - longest)...(end - least) where cost[start] < .infinity {
                let candidate = cost[start] + (end == count ? 0 : loudness[end]) + costPerCut
                if candidate < cost[end] { (cost[end], previous[end]) = (candidate, start) }
            }
        }
        guard previous[count] >= 0 else { return [range] }
        var pieces: [SampleRange] = []
        var end = count
        while end > 0 {
            let start = previous[end]
            let upper =
                end == count ? range.upperBound : range.lowerBound + end * frameSamples
            pieces.append(range.lowerBound + start * frameSamples..<upper)
            end = start
        }
        return pieces.reversed()
    }

    /// Log energy between its 5th and 95th percentile as 0…1, a mean over 200 ms, at each frame's
    /// beginning and at the end.
    private static func smoothedLoudness(_ samples: [Float], _ range: SampleRange) -> [Float] {
        let count = range.count / frameSamples
        var energy = [Float](repeating: 0, count: count)
        for frame in 0..<count {
            let start = range.lowerBound + frame * frameSamples
            var sum: Float = 1e-10
            for sample in samples[start..<start + frameSamples] { sum += sample * sample }
            energy[frame] = 10 * log10(sum / Float(frameSamples))
        }
        let sorted = energy.sorted()
        let low = sorted[count / 20]
        let high = max(low + 6, sorted[count * 19 / 20])
        let level = energy.map { max(0, min(1, ($0 - low) / (high - low))) }
        return (0...count).map { frame in
            let near = level[max(0, frame - 5)..<min(count, frame + 5)]
            return near.reduce(0, +) / Float(max(1, near.count))
        }
    }

    /// A piece from its first to its last spoken sample; nil when nobody speaks in it.
    private static func trim(_ piece: SampleRange, to regions: [SampleRange]) -> SampleRange? {
        let inside = regions.filter { $0.overlaps(piece) }.map { $0.clamped(to: piece) }
        guard let first = inside.first, let last = inside.last else { return nil }
        let spoken = first.lowerBound..<last.upperBound
        // whisper.cpp passes over less than 100 ms.
        return spoken.count > 1_600 ? spoken : nil
    }
}
