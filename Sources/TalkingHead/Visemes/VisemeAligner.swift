import EngineAPI
import Glibc

/// Moves the borders of shapes that a voice says it speaks to where they are heard. A voice's own
/// times are steps of 25 ms, and a hundredth or three from what an ear hears; the order of its
/// shapes is sure. What comes out for a border depends on the next shapes but `horizon`, and never
/// on how the voice was cut.
struct VisemeAligner {
    /// A border moves by no more, rows of 10 ms.
    private static let reach = 10
    /// So many borders are weighed together.
    private static let horizon = 2
    /// Of a long shape after those, so many rows are looked at.
    private static let lastRows = 30
    /// No shape becomes shorter, unless it was.
    private static let leastRows = 2
    /// What a border costs by row of its way, in nats, and how likely anything is at least.
    private static let costPerRow: Float = 0.15
    private static let doubt: Float = 0.02

    /// Rows of one shape as the voice tells them; the last one may go on.
    private struct Span {
        let shape: Int
        let start: Int
        var end: Int
    }

    /// Shapes whose end is not settled, and where the first of them begins now.
    private var spans: [Span] = []
    private var begin = 0
    private var told = 0
    private var returned = 0
    /// Logarithms of what is heard, from a row on.
    private var (heard, heardStart) = ([SIMD16<Float>](), 0)

    /// - rows: the voice's own, one certain shape each. - posteriors: what is heard; the two need
    ///   not come in step. - isLast: no more of either comes.
    /// - Returns: the next rows that are settled; with the last ones all that are left.
    mutating func add(
        _ rows: [SIMD16<Float>], heard posteriors: [SIMD16<Float>], isLast: Bool
    ) -> [SIMD16<Float>] {
        for row in rows {
            let shape = row.indices.max { row[$0] < row[$1] } ?? 0
            if let last = spans.indices.last, spans[last].shape == shape {
                spans[last].end = told + 1
            } else {
                spans.append(Span(shape: shape, start: told, end: told + 1))
            }
            told += 1
        }
        for row in posteriors {
            var logarithms = SIMD16<Float>()
            for lane in row.indices { logarithms[lane] = logf(max(row[lane], 0) + Self.doubt) }
            heard.append(logarithms)
        }
        var made: [SIMD16<Float>] = []
        while spans.count > 1, isKnown || isLast {
            let border = border()
            give(until: border, &made)
            begin = border
            spans.removeFirst()
        }
        // A shape that goes on, as long pauses do, ends no earlier than this.
        give(until: isLast ? told : min((spans.first?.end ?? 0) - Self.reach, told), &made)
        let old = min(max(begin - Self.reach, 0) - heardStart, heard.count)
        if old > 256 {
            heard.removeFirst(old)
            heardStart += old
        }
        return made
    }

    /// Whether all is there that the first border depends on.
    private var isKnown: Bool {
        guard spans.count > Self.horizon else { return false }
        let last = spans[Self.horizon]
        let isWhole = spans.count > Self.horizon + 1 || last.end - last.start >= Self.lastRows
        let end = max(last.start + Self.reach + 1, Self.end(of: last))
        return isWhole && end <= min(told, heardStart + heard.count)
    }

    private static func end(of last: Span) -> Int { min(last.end, last.start + lastRows) }

    private mutating func give(until end: Int, _ made: inout [SIMD16<Float>]) {
        guard let shape = spans.first?.shape, end > returned else { return }
        var certain = SIMD16<Float>()
        certain[shape] = 1
        made += Array(repeating: certain, count: end - returned)
        returned = end
    }

    /// Where the first shape ends: the best of all ways to place the next borders.
    private func border() -> Int {
        let count = min(Self.horizon, spans.count - 1)
        let (low, high) = (max(begin, spans[0].end - Self.reach), Self.end(of: spans[count]))
        var ways: [(place: Int, score: Float, first: Int)] = [(begin, 0, 0)]
        for (index, span) in spans[..<count].enumerated() {
            let sums = sums(of: span.shape, low, max(span.end + Self.reach, low))
            let least = min(Self.leastRows, span.end - span.start)
            let places = (span.end - Self.reach...span.end + Self.reach).filter {
                $0 > begin && $0 < told
            }
            ways = places.compactMap { place in
                let from = ways.filter { place - $0.place >= least }.map { way in
                    (way, way.score + sums[place - low] - sums[max(way.place, low) - low])
                }
                guard let (way, score) = from.max(by: { $0.1 < $1.1 }) else { return nil }
                let cost = Self.costPerRow * Float(abs(place - span.end))
                return (place, score - cost, index == 0 ? place : way.first)
            }
        }
        let sums = sums(of: spans[count].shape, low, max(high, low))
        // From there on it is the last one's: the more of that comes before, the less is left.
        let best = ways.filter { $0.place < high }.max { a, b in
            a.score - sums[a.place - low] < b.score - sums[b.place - low]
        }
        return best?.first ?? min(max(spans[0].end, begin + 1), told)
    }

    /// Sums of one shape's logarithms from a row up to each of those after it.
    private func sums(of shape: Int, _ low: Int, _ high: Int) -> [Float] {
        var (sum, sums): (Float, [Float]) = (0, [0])
        for row in low..<high {
            let at = row - heardStart
            if heard.indices.contains(at) { sum += heard[at][shape] }
            sums.append(sum)
        }
        return sums
    }
}
