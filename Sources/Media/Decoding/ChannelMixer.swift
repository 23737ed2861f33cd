/// Makes one channel of several, so that nothing that is in any of them is lost.
///
/// A plain mean loses what two channels have in opposite phase (a balanced line recorded as two
/// channels, a plug wired the wrong way round), and makes what is in one of eight 18 dB quieter.
/// Here a channel that follows the loudest one turned over is turned back, and the sum is divided
/// by how many channels have sound in them, by their levels. Both are found over what came so far,
/// the last seconds most, so that the result does not depend on how the audio is read.
struct ChannelMixer: Sendable {
    /// Samples that are weighed together.
    private static let blockSamples = 4_096
    /// What is left of what was known after a block: half of it after some seconds.
    private static let memory = 0.985
    /// A channel is turned over below the first and back above the second, as cosines.
    private static let turnsBelow = -0.5
    private static let turnsBackAbove = -0.2

    private let channelCount: Int
    private var energies: [Double]
    /// Products with each other channel, `[one][other]`.
    private var products: [Double]
    private var isTurned: [Bool]
    /// What each channel is multiplied by; where it changes it does so over a block.
    private var gains: [Float]
    private var hasBegun = false

    init(channelCount: Int) {
        self.channelCount = channelCount
        energies = Array(repeating: 0, count: channelCount)
        products = Array(repeating: 0, count: channelCount * channelCount)
        isTurned = Array(repeating: false, count: channelCount)
        gains = Array(repeating: 1 / Float(channelCount), count: channelCount)
    }

    /// Samples that wait until there is a block of them, channel by channel.
    private var waiting: [[Float]] = []

    /// Adds samples of each channel, as many of each; returns what is mixed.
    mutating func add(_ planes: [[Float]]) -> [Float] {
        if waiting.isEmpty {
            waiting = planes
        } else {
            for index in planes.indices { waiting[index] += planes[index] }
        }
        var mixed: [Float] = []
        var from = 0
        let count = waiting[0].count
        mixed.reserveCapacity(count)
        while count - from >= Self.blockSamples {
            mix(from..<from + Self.blockSamples, into: &mixed)
            from += Self.blockSamples
        }
        if from > 0 {
            for index in waiting.indices { waiting[index].removeFirst(from) }
        }
        return mixed
    }

    /// What is left at the end, or before a gap.
    mutating func finish() -> [Float] {
        var mixed: [Float] = []
        if let count = waiting.first?.count, count > 0 { mix(0..<count, into: &mixed) }
        waiting = []
        return mixed
    }

    private mutating func mix(_ range: Range<Int>, into mixed: inout [Float]) {
        weigh(range)
        let before = hasBegun ? gains : nil
        gains = newGains()
        hasBegun = true
        let start = mixed.count
        mixed.append(contentsOf: repeatElement(0, count: range.count))
        let step = 1 / Float(range.count)
        for channel in 0..<channelCount {
            let gain = gains[channel]
            let first = before?[channel] ?? gain
            waiting[channel].withUnsafeBufferPointer { source in
                mixed.withUnsafeMutableBufferPointer { out in
                    for index in 0..<range.count {
                        let factor = first + (gain - first) * Float(index) * step
                        out[start + index] += source[range.lowerBound + index] * factor
                    }
                }
            }
        }
    }

    private mutating func weigh(_ range: Range<Int>) {
        for index in energies.indices { energies[index] *= Self.memory }
        for index in products.indices { products[index] *= Self.memory }
        for one in 0..<channelCount {
            energies[one] += Self.product(waiting[one], waiting[one], range)
            for other in one + 1..<channelCount where energies[one] > 0 {
                let product = Self.product(waiting[one], waiting[other], range)
                products[one * channelCount + other] += product
                products[other * channelCount + one] += product
            }
        }
    }

    /// Sum of products; every fourth sample tells enough of each other's phase.
    private static func product(_ one: [Float], _ other: [Float], _ range: Range<Int>) -> Double {
        one.withUnsafeBufferPointer { one in
            other.withUnsafeBufferPointer { other in
                var sum: Float = 0
                for index in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
                    sum += one[index] * other[index]
                }
                return sum.isFinite ? Double(sum) : 0
            }
        }
    }

    private mutating func newGains() -> [Float] {
        let loudest = energies.indices.max { energies[$0] < energies[$1] } ?? 0
        let top = energies[loudest]
        guard top > 0 else { return gains }
        for channel in 0..<channelCount {
            let scale = (top * energies[channel]).squareRoot()
            guard channel != loudest, scale > top * 1e-3 else {
                isTurned[channel] = false
                continue
            }
            let cosine = products[loudest * channelCount + channel] / scale
            if cosine < Self.turnsBelow { isTurned[channel] = true }
            if cosine > Self.turnsBackAbove { isTurned[channel] = false }
        }
        // One where one channel has all the sound, as many as there are where all have as much.
        let levels = energies.reduce(0) { $0 + ($1 / top).squareRoot() }
        let powers = energies.reduce(0) { $0 + $1 / top }
        let gain = Float(min(Double(channelCount), max(1, levels * levels / powers)))
        return isTurned.map { ($0 ? -1 : 1) / gain }
    }
}
