import EngineAPI
import Glibc

/// A curve under a Gaussian, as it comes: each lane of a value has a width of its own. Its ends go
/// on level. What comes out depends on what came in, never on how it was cut.
struct GaussianSmoother<Value: SIMD> where Value.Scalar == Float {
    private let kernel: [Value]
    private let ahead: Int
    /// As many of the newest values as the kernel is long, at most.
    private var window: [Value] = []
    private var received = 0
    private var made = 0

    /// - sigmas: standard deviations in samples by lane; 0 hands a lane on as it is.
    /// - back, ahead: how far the kernel reaches; three deviations, where that is less.
    init(_ sigmas: Value, back: Int, ahead: Int) {
        self.ahead = ahead
        var kernel = [Value](repeating: .zero, count: back + 1 + ahead)
        for lane in sigmas.indices {
            let sigma = sigmas[lane]
            let reach = sigma > 0 ? max(Int(bounded: (3 * sigma).rounded(.up)), 1) : 0
            let taps = -min(reach, back)...min(reach, ahead)
            let weights = taps.map { sigma > 0 ? expf(-Float($0 * $0) / (2 * sigma * sigma)) : 1 }
            let total = weights.reduce(0, +)
            for (tap, weight) in zip(taps, weights) { kernel[back + tap][lane] = weight / total }
        }
        self.kernel = kernel
    }

    /// Adds a value; returns the curve `ahead` samples before it, once it is known.
    mutating func add(_ value: Value) -> Value? {
        if received == 0 { window = Array(repeating: value, count: kernel.count - 1 - ahead) }
        received += 1
        return push(value)
    }

    /// No more will come; returns what was not known before.
    mutating func finish() -> [Value] {
        guard let last = window.last else { return [] }
        var rest: [Value] = []
        while made < received {
            if let value = push(last) { rest.append(value) }
        }
        return rest
    }

    // Debug builds optimise file by file, and would leave it generic for its use in another one.
    @specialized(where Value == SIMD4<Float>)
    @specialized(where Value == SIMD16<Float>)
    private mutating func push(_ value: Value) -> Value? {
        window.append(value)
        guard window.count == kernel.count else { return nil }
        var sum = Value.zero
        for tap in kernel.indices { sum += kernel[tap] * window[tap] }
        window.removeFirst()
        made += 1
        return sum
    }
}

/// Values by their place from the beginning, of which the oldest are dropped as they get old.
struct SlidingWindow<Value> {
    private(set) var start = 0
    private var values: [Value] = []

    /// The place of the next value.
    var end: Int { start + values.count }

    subscript(_ place: Int) -> Value { values[place - start] }

    mutating func append(_ value: Value) { values.append(value) }
    mutating func append(contentsOf more: some Sequence<Value>) { values.append(contentsOf: more) }

    /// Drops what lies before a place, now and then: dropping moves the rest.
    mutating func drop(before place: Int) {
        let count = min(place - start, values.count)
        guard count >= 256 else { return }
        values.removeFirst(count)
        start += count
    }
}
