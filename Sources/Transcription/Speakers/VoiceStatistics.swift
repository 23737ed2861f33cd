import Glibc

/// How likely two groups of windows are one voice: a model of two Gaussians, one of a voice's own
/// windows around its mean and one of the means around each other (probabilistic linear
/// discriminant analysis), over vectors that `scripts/models/voices` made so that the first is 1 in
/// every direction.
struct VoiceStatistics: Sendable {
    /// Variance of the voices' means in each direction.
    let spread: [Float]
    /// What one says in a row is alike: of so much of a window something new is learnt.
    static let share: Float = 0.7

    /// The logarithm of how much likelier the means are one voice's than two voices'.
    /// - Parameters:
    ///   - drift: variance by which a voice's mean moves in the course of a recording.
    ///   - logs: what is known already of `logarithm`.
    func evidence(
        _ one: VoiceGroup, _ other: VoiceGroup, drift: Float, _ logs: inout [UInt32: Float]
    ) -> Float {
        let own = 2 * drift + 1 / (Self.share * one.count) + 1 / (Self.share * other.count)
        var sum: Float = 0
        one.mean.withUnsafeBufferPointer { first in
            other.mean.withUnsafeBufferPointer { second in
                spread.withUnsafeBufferPointer { spread in
                    sum = Self.distance(first, second, spread, own)
                }
            }
        }
        return 0.5 * (logarithm(own, &logs) - sum)
    }

    /// Σ log((2 spread + own) / own); groups of the same sizes have the same.
    private func logarithm(_ own: Float, _ logs: inout [UInt32: Float]) -> Float {
        if let known = logs[own.bitPattern] { return known }
        let sum = spread.reduce(0) { $0 + logf((2 * $1 + own) / own) }
        logs[own.bitPattern] = sum
        return sum
    }

    /// Σ (a − b)² (1/own − 1/(2 spread + own)).
    private static func distance(
        _ first: UnsafeBufferPointer<Float>, _ second: UnsafeBufferPointer<Float>,
        _ spread: UnsafeBufferPointer<Float>, _ own: Float
    ) -> Float {
        precondition(first.count == second.count && first.count == spread.count)
        var sums = SIMD8<Float>()
        var index = 0
        func lanes(_ buffer: UnsafeBufferPointer<Float>) -> SIMD8<Float> {
            UnsafeRawPointer(buffer.baseAddress! + index).loadUnaligned(as: SIMD8<Float>.self)
        }
        while index + 8 <= first.count {
            let between = lanes(first) - lanes(second)
            let wide = 2 * lanes(spread) + own
            sums += between * between * (1 / own - 1 / wide)
            index += 8
        }
        var sum = sums.sum()
        while index < first.count {
            let between = first[index] - second[index]
            sum += between * between * (1 / own - 1 / (2 * spread[index] + own))
            index += 1
        }
        return sum
    }
}

/// Windows that are taken for one voice: how many, and their mean.
struct VoiceGroup: Sendable {
    var count: Float
    var mean: [Float]

    init(_ voice: [Float]) { (count, mean) = (1, voice) }

    /// nil of none.
    init?(of voices: [[Float]]) {
        guard let first = voices.first else { return nil }
        var mean = [Float](repeating: 0, count: first.count)
        for voice in voices { for index in mean.indices { mean[index] += voice[index] } }
        count = Float(voices.count)
        self.mean = mean.map { $0 / Float(voices.count) }
    }

    mutating func add(_ other: VoiceGroup) {
        let sum = count + other.count
        for index in mean.indices {
            mean[index] = (mean[index] * count + other.mean[index] * other.count) / sum
        }
        count = sum
    }
}
