import EngineAPI

/// Timed mouth shapes as rows of certainties, 100 a second, as the model would give them.
enum VisemeTrack {
    /// A gap between words that is shorter than this closes no mouth.
    static let pauseMinSeconds = 0.09

    static func rows(_ visemes: [TimedViseme], frames: Int) -> [SIMD16<Float>] {
        var silence = SIMD16<Float>()
        silence[Int(Viseme.sil.rawValue)] = 1
        var rows = [SIMD16<Float>](repeating: silence, count: frames)
        var previous: TimedViseme?
        for (index, viseme) in visemes.enumerated() {
            var shape = viseme.viseme
            let isGap =
                shape == .sil && viseme.endSeconds - viseme.startSeconds < pauseMinSeconds
                && index + 1 < visemes.count
            if isGap, let previous { shape = previous.viseme }
            var start = viseme.startSeconds
            // The same between two shapes of a list that leaves gaps out.
            if let previous, start > previous.endSeconds,
                start - previous.endSeconds < pauseMinSeconds
            {
                start = previous.endSeconds
            }
            var row = SIMD16<Float>()
            row[Int(shape.rawValue)] = 1
            let first = min(max(Int(bounded: (start * 100).rounded()), 0), frames)
            let last = min(max(Int(bounded: (viseme.endSeconds * 100).rounded()), first), frames)
            for frame in first..<last { rows[frame] = row }
            previous = viseme
        }
        return rows
    }
}
