import Glibc

/// Finds when each token of a text was said, from what the decoder looked at while it wrote it.
///
/// As OpenAI's `timing.py`: attention over the audio is normalised over the tokens, smoothed, and
/// the cheapest monotonic path through it (dynamic time warping) tells where a token begins.
/// Heads look at audio a little before or after it is said, each by its own lag; where the lags
/// are known they are taken out. A word does not begin in the pause before it, where the path may
/// as well turn. A test holds the times against the voice's own.
struct WordAligner {
    /// A head that follows the speech, and how far behind it looks, in positions of 20 ms.
    struct Head {
        let index: Int
        let lag: Int
    }

    private let heads: [Head]

    /// - headCount: heads in the upper half of the decoder's layers.
    init(model: String, headCount: Int) {
        // Measured on LJ Speech; in other models all heads together do nearly as well.
        let tinyEnglish = [(8, 1), (5, 4), (1, -4), (0, 7)]
        heads =
            model == "tiny.en" && headCount == 12
            ? tinyEnglish.map { Head(index: $0.0, lag: $0.1) }
            : (0..<headCount).map { Head(index: $0, lag: 0) }
    }

    /// - attention: `[heads][tokens][positions]`, softmax over the positions.
    /// - rows: those of the tokens whose times are wanted: a token's row is that of the one before
    ///   it, which was looking for it.
    /// - positions: how many of them hold the clip.
    /// - Returns: the position at which each of the rows begins.
    func starts(
        _ attention: [Float], tokenCount: Int, width: Int, rows: Range<Int>, positions: Int
    ) -> [Int] {
        let count = min(positions, width)
        guard count > 0, !rows.isEmpty else { return rows.map { _ in 0 } }
        var score = [Float](repeating: 0, count: rows.count * count)
        for head in heads {
            let plane = normalised(
                attention, at: head.index * tokenCount * width, tokenCount: tokenCount,
                width: width, count: count)
            for (line, row) in rows.enumerated() {
                let smooth = medians(plane[row * count..<(row + 1) * count])
                for position in 0..<count {
                    let source = max(0, min(count - 1, position + head.lag))
                    score[line * count + position] += smooth[source]
                }
            }
        }
        return warped(score, rows: rows.count, columns: count)
    }

    /// The position that each row looks at most.
    /// - width: positions that are looked through, the silence behind the piece too.
    func looks(
        _ attention: [Float], tokenCount: Int, width: Int, rows: Range<Int>
    ) -> [Int] {
        guard width > 0, !rows.isEmpty else { return rows.map { _ in 0 } }
        var score = [Float](repeating: 0, count: rows.count * width)
        for head in heads {
            let plane = normalised(
                attention, at: head.index * tokenCount * width, tokenCount: tokenCount,
                width: width, count: width)
            for (line, row) in rows.enumerated() {
                for position in 0..<width {
                    let source = max(0, min(width - 1, position + head.lag))
                    score[line * width + position] += plane[row * width + source]
                }
            }
        }
        return (0..<rows.count).map { Self.highest(score[$0 * width..<($0 + 1) * width]) }
    }

    /// The middle of the seven values in a row that have the highest sum.
    private static func highest(_ values: ArraySlice<Float>) -> Int {
        let (first, count) = (values.startIndex, values.count)
        var sum = values.prefix(3).reduce(0, +)
        var (best, place) = (-Float.infinity, 0)
        for position in 0..<count {
            if position + 3 < count { sum += values[first + position + 3] }
            if position >= 4 { sum -= values[first + position - 4] }
            if sum > best { (best, place) = (sum, position) }
        }
        return place
    }

    /// One head's attention less its mean over the tokens, in units of its deviation.
    private func normalised(
        _ attention: [Float], at base: Int, tokenCount: Int, width: Int, count: Int
    ) -> [Float] {
        var plane = [Float](repeating: 0, count: tokenCount * count)
        for position in 0..<count {
            var (sum, squares): (Float, Float) = (0, 0)
            for token in 0..<tokenCount {
                let value = attention[base + token * width + position]
                // A softmax gives 0…1; with a sum that is no number nothing compares.
                guard value.isFinite else { continue }
                sum += value
                squares += value * value
            }
            let mean = sum / Float(tokenCount)
            let variance = max(0, squares / Float(tokenCount) - mean * mean)
            let scale = 1 / (variance.squareRoot() + 1e-9)
            for token in 0..<tokenCount {
                let value = attention[base + token * width + position]
                plane[token * count + position] = value.isFinite ? (value - mean) * scale : 0
            }
        }
        return plane
    }

    /// Median of seven, the edges mirrored.
    private func medians(_ row: ArraySlice<Float>) -> [Float] {
        let (base, count) = (row.startIndex, row.count)
        var window = [Float](repeating: 0, count: 7)
        return (0..<count).map { center in
            for offset in -3...3 {
                let place = center + offset
                let mirrored = place < 0 ? -place : place >= count ? 2 * count - 2 - place : place
                window[offset + 3] = row[base + max(0, min(count - 1, mirrored))]
            }
            window.sort()
            return window[3]
        }
    }

    /// The column at which each row begins on the path of the highest sum from corner to corner.
    private func warped(_ score: [Float], rows: Int, columns: Int) -> [Int] {
        enum Step: UInt8 { case both, row, column }
        let stride = columns + 1
        var best = [Float](repeating: -.infinity, count: (rows + 1) * stride)
        var steps = [Step](repeating: .both, count: (rows + 1) * stride)
        best[0] = 0
        for row in 1...rows {
            for column in 1...columns {
                let here = row * stride + column
                var (from, step) = (best[here - stride - 1], Step.both)
                if best[here - stride] > from { (from, step) = (best[here - stride], .row) }
                if best[here - 1] > from { (from, step) = (best[here - 1], .column) }
                best[here] = from + score[(row - 1) * columns + column - 1]
                steps[here] = step
            }
        }
        var starts = [Int](repeating: 0, count: rows)
        var (row, column) = (rows, columns)
        while row > 0, column > 0 {
            starts[row - 1] = column - 1
            switch steps[row * stride + column] {
            case .both: (row, column) = (row - 1, column - 1)
            case .row: row -= 1
            case .column: column -= 1
            }
        }
        return starts
    }
}

/// Where a piece pauses, in positions of 20 ms.
struct Pauses {
    /// A pause is 30 dB under the loud parts for 120 ms: less is a consonant's closure.
    private static let decibelsBelow: Float = 30
    private static let positionsMin = 6
    private static let silenceMin = 25
    /// How far into a word the pause before it may begin: 160 ms.
    private static let reach = 8
    private static let positionSamples = 320

    private var isQuiet: [Bool]

    /// - samples: 16 000 Hz.
    init(_ samples: [Float]) {
        let levels = (0..<samples.count / Self.positionSamples).map { position -> Float in
            let start = position * Self.positionSamples
            let energy = samples[start..<start + Self.positionSamples].reduce(1e-7) {
                $0 + $1 * $1
            }
            return 10 * log10f(energy / Float(Self.positionSamples))
        }
        let loud = levels.sorted().dropLast(levels.count / 20).last ?? 0
        isQuiet = levels.map { $0 < loud - Self.decibelsBelow }
        var start = 0
        while start < isQuiet.count {
            guard isQuiet[start] else {
                start += 1
                continue
            }
            let end = isQuiet[start...].firstIndex(of: false) ?? isQuiet.count
            if end - start < Self.positionsMin {
                for position in start..<end { isQuiet[position] = false }
            }
            start = end
        }
    }

    /// Those parts of some stretches that are no silence: no pause of over half a second.
    func loud(in stretches: [Range<Int>]) -> [Range<Int>] {
        stretches.flatMap { stretch in
            var parts: [Range<Int>] = []
            for position in stretch where !quiet(position) {
                if let last = parts.last, position - last.upperBound < Self.silenceMin {
                    parts[parts.count - 1] = last.lowerBound..<position + 1
                } else {
                    parts.append(position..<position + 1)
                }
            }
            return parts
        }
    }

    /// Words from their first to their last sound.
    /// - edges: where each word begins, and where the last one ends.
    func words(_ edges: [Int]) -> [Range<Int>] {
        let begins = zip(edges, edges.dropFirst()).map { begin, next in
            spokenFrom(begin, before: max(begin + 1, next))
        }
        return begins.indices.map { index in
            let next = index + 1 < begins.count ? begins[index + 1] : edges[edges.count - 1]
            var end = max(begins[index], next)
            while end - 1 > begins[index], quiet(end - 1) { end -= 1 }
            return begins[index]..<end
        }
    }

    private func quiet(_ position: Int) -> Bool {
        isQuiet.indices.contains(position) && isQuiet[position]
    }

    /// Past a pause that begins just after `begin`, unless nothing is left of the word then.
    private func spokenFrom(_ begin: Int, before next: Int) -> Int {
        guard let pause = (begin..<min(begin + Self.reach, next)).first(where: quiet),
            let end = (pause..<next).first(where: { !quiet($0) })
        else { return begin }
        return end
    }
}
