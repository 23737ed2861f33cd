import COnnxRuntime
import EngineAPI

/// Keys and values of what a transformer has seen, in buffers that its runs read where they lie.
/// They grow by blocks, so that a step costs a row a head and not a copy of the past. Used by one
/// thread at a time.
///
/// The network takes `past_key_0`, `past_value_0` and so on, each f32[1, heads, capacity, width],
/// and gives `present` f32[2 · layers, heads, count, width], those of the new tokens.
package final class OnnxKeyValueCache {
    /// What of a network decides how much it remembers.
    package struct Shape: Sendable, Equatable {
        package let layers: Int
        package let heads: Int
        /// Numbers of a key.
        package let width: Int

        package init(layers: Int, heads: Int, width: Int) {
            (self.layers, self.heads, self.width) = (layers, heads, width)
        }

        /// Bytes of so many tokens.
        package func bytes(_ tokens: Int) -> Int {
            2 * layers * heads * width * tokens * MemoryLayout<Float>.stride
        }
    }

    /// Places that buffers grow by.
    private static let block = 128

    let shape: Shape
    /// Tokens that are held.
    package private(set) var count = 0
    private var capacity = 0
    /// Keys and values by turns, layer by layer; each [heads, capacity, width].
    private var buffers: [UnsafeMutableBufferPointer<Float>] = []

    package init(_ shape: Shape) { self.shape = shape }

    deinit { for buffer in buffers { buffer.deallocate() } }

    /// Forgets all but the first tokens. What room they have is looked at by each run: much of it
    /// goes.
    package func rewind(to count: Int) {
        self.count = min(max(count, 0), self.count)
        let enough = rounded(self.count)
        if capacity > enough + Self.block { resize(enough) }
    }

    /// Makes room for more tokens.
    private func reserve(_ more: Int) {
        if count + more > capacity { resize(rounded(count + more)) }
    }

    /// Of nothing there is one place: a buffer can't be empty.
    private func rounded(_ tokens: Int) -> Int {
        max((tokens + Self.block - 1) / Self.block * Self.block, 1)
    }

    private func resize(_ larger: Int) {
        let row = shape.width
        for index in 0..<2 * shape.layers {
            let fresh = UnsafeMutableBufferPointer<Float>.allocate(
                capacity: shape.heads * larger * row)
            // What no token has filled is looked at and counts for nothing: it must be a number.
            fresh.initialize(repeating: 0)
            if index < buffers.count {
                for head in 0..<shape.heads {
                    (fresh.baseAddress! + head * larger * row).update(
                        from: buffers[index].baseAddress! + head * capacity * row,
                        count: count * row)
                }
                buffers[index].deallocate()
                buffers[index] = fresh
            } else {
                buffers.append(fresh)
            }
        }
        capacity = larger
    }

    /// Takes what a run made of new tokens.
    /// - Throws: `.runtimeRefused` where it is not as much as it should be.
    func append(_ present: UnsafeBufferPointer<Float>, _ more: Int) throws(EngineError) {
        let part = shape.heads * more * shape.width
        guard present.count == part * buffers.count, let from = present.baseAddress else {
            throw .runtimeRefused("present")
        }
        reserve(more)
        for (index, buffer) in buffers.enumerated() {
            for head in 0..<shape.heads {
                (buffer.baseAddress! + (head * capacity + count) * shape.width).update(
                    from: from + index * part + head * more * shape.width,
                    count: more * shape.width)
            }
        }
        count += more
    }

    /// The buffers as values of a run, which must not be read after the next change of the cache.
    func values(
        _ runtime: OnnxRuntime, _ memory: OpaquePointer
    ) throws(EngineError) -> [(name: String, value: OpaquePointer?)] {
        if buffers.isEmpty { resize(1) }
        let sides = [1, shape.heads, capacity, shape.width].map(Int64.init)
        var values: [(name: String, value: OpaquePointer?)] = []
        for (index, buffer) in buffers.enumerated() {
            var value: OpaquePointer?
            do throws(EngineError) {
                try runtime.check(
                    runtime.api.pointee.CreateTensorWithDataAsOrtValue(
                        memory, buffer.baseAddress, buffer.count * MemoryLayout<Float>.stride,
                        sides, sides.count, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value))
            } catch {
                for value in values { runtime.api.pointee.ReleaseValue(value.value) }
                throw error
            }
            values.append(
                (name: "past_\(index % 2 == 0 ? "key" : "value")_\(index / 2)", value: value))
        }
        return values
    }
}

extension OnnxSession {
    /// Runs a transformer on so many new tokens behind those that a cache holds, which then holds
    /// them too.
    /// - Returns: `logits`, those of the last token.
    /// - Throws: `.cancelled` and `.deadlinePassed`, also in the middle of the run;
    ///   `.runtimeRefused`.
    package func run(
        _ inputs: [(name: String, tensor: Tensor)], count: Int, behind cache: OnnxKeyValueCache,
        among runs: OnnxRuns
    ) throws(EngineError) -> [Float] {
        let length = (name: "past_length", tensor: Tensor([Int64(cache.count)], shape: [1]))
        return try runs.run { (settings) throws(EngineError) in
            let past = try cache.values(runtime, memory)
            return try run(
                inputs + [length], lent: past, values: ["logits", "present"], settings: settings
            ) { (results) throws(EngineError) in
                let logits = try floats(results[0])
                try cache.append(try floats(results[1]), count)
                return Array(logits)
            }
        }
    }
}
