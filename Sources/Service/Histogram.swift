/// Counts durations by their upper bounds, as Prometheus' histograms have them.
struct Histogram: Sendable {
    /// Seconds, rising.
    let bounds: [Double]
    private(set) var counts: [Int]
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func add(_ seconds: Double) {
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }

    /// Its lines in Prometheus' text format.
    /// - labels: without braces, as in `stage="infer"`.
    func text(_ name: String, _ labels: String) -> String {
        var out = ""
        var total = 0
        for (place, count) in counts.enumerated() {
            total += count
            let bound = place < bounds.count ? String(bounds[place]) : "+Inf"
            out += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
        }
        out += "\(name)_sum{\(labels)} \(rounded(sum))\n"
        out += "\(name)_count{\(labels)} \(total)\n"
        return out
    }
}
