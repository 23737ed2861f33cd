import EngineAPI

/// Timed mouth shapes, as they come, as rows of certainties, 100 a second, as the model would give
/// them. Shapes come in order, and no later than the audio that they are heard in.
struct VisemeTrack {
    /// A gap between words that is shorter than this closes no mouth.
    static let pauseMinSeconds = 0.09

    private var previous: TimedViseme?
    /// A short gap: with the next shape it turns out to be one between words.
    private var gap: TimedViseme?
    /// Rows of shapes that were not returned yet.
    private var spans: [(shape: Viseme, rows: Range<Int>)] = []
    /// The row after the last one that has a shape.
    private var shaped = 0
    private var returned = 0

    mutating func add(_ visemes: [TimedViseme]) {
        // One that ends before it starts is none.
        for viseme in visemes where viseme.endSeconds > viseme.startSeconds {
            if let gap {
                let isBridged = viseme.startSeconds - gap.endSeconds < Self.pauseMinSeconds
                settle(gap, as: isBridged ? previous?.viseme ?? .sil : .sil)
            }
            let seconds = viseme.endSeconds - viseme.startSeconds
            if viseme.viseme == .sil, seconds < Self.pauseMinSeconds {
                gap = viseme
            } else {
                settle(viseme, as: viseme.viseme)
            }
        }
    }

    private mutating func settle(_ viseme: TimedViseme, as shape: Viseme) {
        gap = nil
        var start = viseme.startSeconds
        // The same between two shapes of a list that leaves gaps out.
        if let previous, start > previous.endSeconds,
            start - previous.endSeconds < Self.pauseMinSeconds
        {
            start = previous.endSeconds
        }
        let first = max(Self.row(start), shaped)
        shaped = max(Self.row(viseme.endSeconds), first)
        spans.append((shape, first..<shaped))
        previous = viseme
    }

    private static func row(_ seconds: Double) -> Int {
        max(Int(bounded: (seconds * 100).rounded()), 0)
    }

    /// - frames: rows of the audio that came so far. - isLast: no more comes.
    /// - Returns: the next rows that are known.
    mutating func rows(of frames: Int, isLast: Bool) -> [SIMD16<Float>] {
        if let gap, isLast || Double(frames) / 100 - gap.endSeconds >= Self.pauseMinSeconds {
            settle(gap, as: .sil)
        }
        let known = max(isLast ? frames : min(knownRows(frames), frames), returned)
        var rows = [SIMD16<Float>](repeating: Viseme.silence, count: known - returned)
        for (shape, span) in spans {
            var certain = SIMD16<Float>()
            certain[Int(shape.rawValue)] = 1
            for row in span.clamped(to: returned..<known) { rows[row - returned] = certain }
        }
        returned = known
        spans.removeAll { $0.rows.upperBound <= known }
        return rows
    }

    /// What comes next may yet reach back over a short gap.
    private func knownRows(_ frames: Int) -> Int {
        if let gap { return Self.row(min(gap.startSeconds, previous?.endSeconds ?? .infinity)) }
        guard let previous else { return frames }
        let silence = Double(frames) / 100 - previous.endSeconds
        return (0..<Self.pauseMinSeconds).contains(silence) ? Self.row(previous.endSeconds) : frames
    }
}
