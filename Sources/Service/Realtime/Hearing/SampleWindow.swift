/// The newest samples of a stream, by their place from its beginning.
struct SampleWindow: Sendable {
    private(set) var start = 0
    private var samples: [Float] = []

    var end: Int { start + samples.count }
    var count: Int { samples.count }

    mutating func append(_ more: [Float]) { samples += more }

    /// What is there of a range.
    func samples(_ range: Range<Int>) -> [Float] {
        let range = range.clamped(to: start..<end)
        return Array(samples[range.lowerBound - start..<range.upperBound - start])
    }

    /// Drops what lies before a place. Dropping moves the rest: it is done a second at a time.
    mutating func drop(before place: Int, atOnce: Bool = false) {
        let count = min(place - start, samples.count)
        guard count > 0, atOnce || count >= 16_000 else { return }
        samples.removeFirst(count)
        start += count
    }
}
