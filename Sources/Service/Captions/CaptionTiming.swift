/// From when to when captions are shown.
///
/// Each begins with its words, unless the ones around it need the time to be read: then they share
/// what there is. The starts are the ones nearest to the words (least squares) that leave each
/// caption its time: an isotonic regression, by pooling neighbours that are in each other's way
/// (Barlow et al., *Statistical Inference under Order Restrictions*, 1972).
enum CaptionTiming {
    /// - spoken: from when to when the words of each are said, in order.
    static func captions(
        _ lines: [[String]], spoken: [ClosedRange<Double>]
    ) -> [Caption] {
        var captions = zip(lines, spoken).map {
            Caption(lines: $0, start: $1.lowerBound, end: $1.upperBound)
        }
        var needed = captions.map { caption in
            // Two milliseconds more: times are written in whole ones.
            max(
                CaptionLimits.secondsMin,
                Double(caption.characterCount) / CaptionLimits.charactersPerSecondMax) + 0.002
        }
        let said = spoken.map(\.lowerBound)
        var starts = self.starts(said, needed)
        // Talk that is faster than anyone reads, for long: captions stay with their words.
        for _ in 0..<roundsMax {
            let isFar = zip(starts, said).map { abs($0 - $1) > CaptionLimits.shiftSecondsMax }
            guard isFar.contains(true) else { break }
            for index in hurried(isFar, starts, needed) {
                needed[index] = max(CaptionLimits.secondsLeast, needed[index] * 0.9)
            }
            starts = self.starts(said, needed)
        }
        for index in captions.indices {
            let start = starts[index]
            let next = index + 1 < starts.count ? starts[index + 1] : .infinity
            let end = max(captions[index].end, start + needed[index])
            captions[index].start = start
            captions[index].end = min(end, next, start + CaptionLimits.secondsMax)
        }
        return captions
    }

    private static let roundsMax = 24

    /// Captions that follow each other without a gap, around those that are far from their words.
    private static func hurried(
        _ isFar: [Bool], _ starts: [Double], _ needed: [Double]
    ) -> [Int] {
        var hurried: [Int] = []
        var run: [Int] = []
        for index in starts.indices {
            run.append(index)
            let touches =
                index + 1 < starts.count
                && starts[index + 1] - starts[index] <= needed[index] + 0.001
            guard !touches else { continue }
            if run.contains(where: { isFar[$0] }) { hurried += run }
            run = []
        }
        return hurried
    }

    /// The starts nearest to `wanted`, none before 0, each `needed` seconds after the one before.
    private static func starts(_ wanted: [Double], _ needed: [Double]) -> [Double] {
        var before: [Double] = []
        var sum = 0.0
        for seconds in needed {
            before.append(sum)
            sum += seconds
        }
        var pools: [(sum: Double, count: Int)] = []
        for (wanted, before) in zip(wanted, before) {
            var pool = (sum: wanted - before, count: 1)
            while let last = pools.last,
                last.sum / Double(last.count) >= pool.sum / Double(pool.count)
            {
                pool = (last.sum + pool.sum, last.count + pool.count)
                pools.removeLast()
            }
            pools.append(pool)
        }
        let levels = pools.flatMap { pool in
            repeatElement(max(0, pool.sum / Double(pool.count)), count: pool.count)
        }
        return zip(levels, before).map { $0 + $1 }
    }
}
