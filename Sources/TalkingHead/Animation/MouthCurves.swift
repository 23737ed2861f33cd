import EngineAPI

/// Certainties of shapes and loudness, 100 a second → the mouth, once a frame.
enum MouthCurves {
    /// The mouth is ahead of the audio: a viewer forgives that, not the reverse.
    static let leadSeconds: Float = 0.03
    /// Standard deviations of the smoothing by channel, in 10 ms: lips close faster than jaws open.
    private static let sigmas: [Float] = [4, 5.5, 5, 4, 4, 2.6, 2.8, 3]
    /// Silence of this length lets the mouth go back to the portrait's own.
    private static let restAfterFrames = 45
    /// Silence of this length lets a smile come back.
    private static let smileAfterFrames = 250

    static func curves(
        _ rows: [SIMD16<Float>], loudness: [Float], frames: Int, framesPerSecond: Int, scale: Float
    ) -> [MouthShape] {
        var channels = raw(rows, loudness)
        for (channel, sigma) in sigmas.enumerated() {
            channels[channel] = smoothed(channels[channel], sigma)
        }
        closeLips(rows, &channels)
        let rest = restCurve(rows)
        for channel in channels.indices {
            // Opening and shaping follow the wanted strength; closing is never half done.
            let strength = channel == 5 || channel == 6 ? 1 : scale
            for index in channels[channel].indices {
                let value = channels[channel][index] * strength * (1 - rest[index])
                channels[channel][index] = min(max(value, 0), channel < 5 ? 1.25 : 1)
            }
        }
        return (0..<frames).map { frame in
            let place = (Float(frame) / Float(framesPerSecond) + leadSeconds) * 100
            var shape = SIMD8<Float>()
            for channel in 0..<8 { shape[channel] = sample(channels[channel], at: place) }
            return MouthShape(shape * edge(frame, frames, framesPerSecond))
        }
    }

    /// Certainties through the table of shapes; stress opens jaw and corners further.
    private static func raw(_ rows: [SIMD16<Float>], _ loudness: [Float]) -> [[Float]] {
        let stress = smoothed(loudness, 8)
        let table = Viseme.allCases.map(\.mouth)
        var channels = [[Float]](repeating: [], count: 8)
        for (index, row) in rows.enumerated() {
            var shape = SIMD8<Float>()
            for (viseme, mouth) in table.enumerated() { shape += mouth * row[viseme] }
            let amount = 0.72 + 0.5 * sample(stress, at: Float(index))
            shape[0] *= amount
            shape[2] *= 0.8 + 0.3 * amount
            for channel in 0..<8 { channels[channel].append(shape[channel]) }
        }
        return channels
    }

    /// p, b and m must close and f and v must tuck, however short they are.
    private static func closeLips(_ rows: [SIMD16<Float>], _ channels: inout [[Float]]) {
        // A model that is half sure of a closure is nearly always right.
        func certain(_ viseme: Viseme) -> [Float] {
            smoothed(rows.map { smoothStep(0.1, 0.5, $0[Int(viseme.rawValue)]) }, 2.6)
        }
        let (pressed, bitten) = (certain(.PP), certain(.FF))
        for index in rows.indices {
            let closed = min(pressed[index] * 1.5, 1)
            channels[0][index] *= 1 - 0.85 * closed
            channels[3][index] *= 1 - closed
            channels[4][index] *= 1 - closed
            channels[5][index] = max(channels[5][index], closed)
            let tucked = min(bitten[index] * 1.4, 1)
            channels[0][index] *= 1 - 0.5 * tucked
            channels[6][index] = tucked
        }
    }

    /// 1 in the middle of long silences, where the portrait's own mouth comes back.
    private static func restCurve(_ rows: [SIMD16<Float>]) -> [Float] {
        var isResting = [Float](repeating: 0, count: rows.count)
        var start = 0
        for index in 0...rows.count {
            let isSilent = index < rows.count && rows[index][Int(Viseme.sil.rawValue)] > 0.5
            if isSilent { continue }
            if index - start >= restAfterFrames {
                // Not at once: lips stay closed for a moment around speech.
                let first = start == 0 ? 0 : start + 15
                let last = index == rows.count ? index : index - 15
                for resting in first..<max(first, last) { isResting[resting] = 1 }
            }
            start = index + 1
        }
        return smoothed(isResting, 7)
    }

    /// From shortly before the first word to shortly after the last one, but for long pauses.
    static func ease(
        _ rows: [SIMD16<Float>], frames: Int, framesPerSecond: Int
    ) -> [Float] {
        var curve = [Float](repeating: 0, count: rows.count)
        var end = 0
        for index in rows.indices where rows[index][Int(Viseme.sil.rawValue)] <= 0.5 {
            let isFirst = end == 0
            let start = !isFirst && index - end < smileAfterFrames ? end : max(index - 10, 0)
            end = index + 1
            for speaking in start..<end { curve[speaking] = 1 }
        }
        curve = smoothed(curve, 9)
        return (0..<frames).map { frame in
            let place = (Float(frame) / Float(framesPerSecond) + leadSeconds) * 100
            return sample(curve, at: place) * edge(frame, frames, framesPerSecond, seconds: 0.25)
        }
    }

    /// The video starts and ends with the portrait's own mouth.
    private static func edge(
        _ frame: Int, _ frames: Int, _ framesPerSecond: Int, seconds: Float = 0.12
    ) -> Float {
        let nearest = Float(min(frame, frames - 1 - frame)) / Float(framesPerSecond)
        return smoothStep(0, seconds, nearest)
    }
}
