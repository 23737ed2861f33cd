import COnnxRuntime
import EngineAPI

/// A tensor as a plain value: row-major elements and their shape.
package struct Tensor: Sendable, Equatable {
    /// The element types that our networks take or give.
    package enum Elements: Sendable, Equatable {
        case float([Float])
        case int64([Int64])
        case int32([Int32])
    }

    package var shape: [Int]
    package var elements: Elements

    package init(_ values: [Float], shape: [Int]) {
        precondition(values.count == shape.reduce(1, *))
        self.shape = shape
        elements = .float(values)
    }

    package init(_ values: [Int64], shape: [Int]) {
        precondition(values.count == shape.reduce(1, *))
        self.shape = shape
        elements = .int64(values)
    }

    package init(whole values: [Int32], shape: [Int]) {
        precondition(values.count == shape.reduce(1, *))
        self.shape = shape
        elements = .int32(values)
    }

    init(shape: [Int], elements: Elements) {
        self.shape = shape
        self.elements = elements
    }

    /// The elements of a float tensor; empty for another type.
    package var floats: [Float] { if case .float(let values) = elements { values } else { [] } }

    /// The elements of a float tensor that becomes indexes, places or lengths: as many as they must
    /// be, and all of them numbers.
    /// - Throws: `.modelDamaged`, with the name of the model's file.
    package func floats(
        exactly count: Int, of file: String
    ) throws(EngineError) -> [Float] {
        let values = floats
        guard values.count == count, values.allSatisfy(\.isFinite) else {
            throw .modelDamaged(path: file)
        }
        return values
    }

    /// The elements of an int64 tensor; empty for another type.
    package var integers: [Int64] { if case .int64(let values) = elements { values } else { [] } }
}

/// One loaded network. Runs block their thread and may come from several threads at once.
// SAFETY: OrtSession::Run is thread-safe by contract; the handles never change after init.
package final class OnnxSession: @unchecked Sendable {
    let runtime: OnnxRuntime
    let session: OpaquePointer
    let memory: OpaquePointer
    private let runSettings: OpaquePointer?
    /// Names of inputs and outputs as the file has them, in its order.
    package let inputNames: [String]
    package let outputNames: [String]
    /// Where it runs.
    package let backend: Backend

    /// How a session is opened.
    package struct Options: Sendable {
        /// Threads inside one operator, which sleep while they wait; 1 is best for our small
        /// networks.
        package var threads = 1
        /// Let ONNX Runtime rewrite the graph; off for files that were prepared.
        package var optimizesGraph = true
        /// Too small to gain by a GPU: copying to it would cost more than the run.
        package var staysOnCPU = false
        /// Whether a run takes its memory in one piece, planned by the first of its shape: a little
        /// faster, but pieces of every shape are kept.
        package var plansMemory = true
        /// Give a run's memory back after it. A large network's would stay at its longest run's.
        package var returnsMemory = false
        /// Whether the CPU's memory comes from an arena, which keeps what a run took. A large
        /// network is as fast without, and holds its weights only between runs.
        package var usesArena = true
        /// Sums of integer products without saturation also where the processor has no instruction
        /// for them: before VNNI, the quick way cuts sums of large weights off.
        package var sumsExactly = false
        package init(
            threads: Int = 1, optimizesGraph: Bool = true, staysOnCPU: Bool = false,
            plansMemory: Bool = true, returnsMemory: Bool = false, usesArena: Bool = true,
            sumsExactly: Bool = false
        ) {
            self.threads = threads
            self.optimizesGraph = optimizesGraph
            self.staysOnCPU = staysOnCPU
            self.plansMemory = plansMemory
            self.returnsMemory = returnsMemory
            self.usesArena = usesArena
            self.sumsExactly = sumsExactly
        }
    }

    /// Where a network's bytes are.
    package enum Model: Sendable {
        case file(path: String)
        /// In memory, which is free again once the session is open.
        case bytes([UInt8])
    }

    /// - Throws: `.modelMissing`, `.deviceFailed`; `.modelDamaged` where ONNX Runtime refuses it.
    package convenience init(
        _ runtime: OnnxRuntime, modelPath: String, options: Options = Options()
    ) throws(EngineError) {
        guard isReadable(modelPath) else { throw .modelMissing(path: modelPath) }
        do throws(EngineError) {
            try self.init(runtime, .file(path: modelPath), options: options)
        } catch .runtimeRefused {
            throw .modelDamaged(path: modelPath)
        }
    }

    /// - Throws: `.runtimeRefused`, `.deviceFailed`.
    package init(
        _ runtime: OnnxRuntime, _ model: Model, options: Options = Options()
    ) throws(EngineError) {
        self.runtime = runtime
        let api = runtime.api
        let (session, backend) = try OnnxSession.open(runtime, model, options)
        self.backend = backend
        var memory: OpaquePointer?
        try runtime.check(
            api.pointee.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory))
        self.session = session
        self.memory = memory!
        runSettings = options.returnsMemory ? try OnnxSession.shrinkingRuns(runtime) : nil
        inputNames = try OnnxSession.names(
            runtime, session, api.pointee.SessionGetInputCount, api.pointee.SessionGetInputName)
        outputNames = try OnnxSession.names(
            runtime, session, api.pointee.SessionGetOutputCount, api.pointee.SessionGetOutputName)
    }

    deinit {
        if let runSettings { runtime.api.pointee.ReleaseRunOptions(runSettings) }
        runtime.api.pointee.ReleaseMemoryInfo(memory)
        runtime.api.pointee.ReleaseSession(session)
    }

    /// Runs the network on named inputs; returns the named outputs in that order (all of them,
    /// in the file's order, when none is named).
    /// - Throws: `.runtimeRefused`.
    package func run(
        _ inputs: [(name: String, tensor: Tensor)], outputs wanted: [String] = []
    ) throws(EngineError) -> [Tensor] {
        try run(inputs, outputs: wanted, settings: runSettings)
    }

    /// - settings: of this run.
    func run(
        _ inputs: [(name: String, tensor: Tensor)], outputs wanted: [String],
        settings: OpaquePointer?
    ) throws(EngineError) -> [Tensor] {
        try run(inputs, values: wanted.isEmpty ? outputNames : wanted, settings: settings) {
            (results) throws(EngineError) in
            var tensors: [Tensor] = []
            for result in results { tensors.append(try copy(result)) }
            return tensors
        }
    }

    /// As `run`, but lends the elements of the named outputs, all of them float, instead of
    /// copying them: large spectra are read once only. The buffers end with `body`.
    /// - Throws: `.runtimeRefused`, and what `body` throws.
    package func run<Made>(
        _ inputs: [(name: String, tensor: Tensor)], lending wanted: [String],
        _ body: ([UnsafeBufferPointer<Float>]) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        try run(inputs, values: wanted, settings: runSettings) {
            (results) throws(EngineError) in
            var buffers: [UnsafeBufferPointer<Float>] = []
            for result in results { buffers.append(try floats(result)) }
            return try body(buffers)
        }
    }

    /// Runs the network and frees its values after `body`.
    /// - lent: further inputs, whose elements lie elsewhere; freed too, but for the elements.
    func run<Made>(
        _ inputs: [(name: String, tensor: Tensor)],
        lent: [(name: String, value: OpaquePointer?)] = [], values wanted: [String],
        settings: OpaquePointer?, _ body: ([OpaquePointer?]) throws(EngineError) -> Made
    ) throws(EngineError) -> Made {
        var values = lent.map(\.value)
        var results = [OpaquePointer?](repeating: nil, count: wanted.count)
        defer { for value in values + results { runtime.api.pointee.ReleaseValue(value) } }
        for input in inputs { values.append(try makeValue(input.tensor)) }
        let status = withNames(lent.map(\.name) + inputs.map(\.name)) { inputNames in
            withNames(wanted) { outputNames in
                runtime.api.pointee.Run(
                    session, settings, inputNames, values, values.count, outputNames,
                    wanted.count, &results)
            }
        }
        try runtime.check(status)
        return try body(results)
    }

    /// The elements of a float value, where they lie.
    func floats(_ value: OpaquePointer?) throws(EngineError) -> UnsafeBufferPointer<Float> {
        let api = runtime.api
        var facts: OpaquePointer?
        try runtime.check(api.pointee.GetTensorTypeAndShape(value, &facts))
        defer { api.pointee.ReleaseTensorTypeAndShapeInfo(facts) }
        var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
        try runtime.check(api.pointee.GetTensorElementType(facts, &type))
        guard type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT else {
            throw .runtimeRefused("element type \(type.rawValue)")
        }
        var count = 0
        try runtime.check(api.pointee.GetTensorShapeElementCount(facts, &count))
        var from: UnsafeMutableRawPointer?
        try runtime.check(api.pointee.GetTensorMutableData(value, &from))
        return UnsafeBufferPointer(start: from?.assumingMemoryBound(to: Float.self), count: count)
    }

    /// A value that owns a copy of the elements: a run may then outlive any Swift array.
    private func makeValue(_ tensor: Tensor) throws(EngineError) -> OpaquePointer? {
        let api = runtime.api
        var allocator: UnsafeMutablePointer<OrtAllocator>?
        try runtime.check(api.pointee.GetAllocatorWithDefaultOptions(&allocator))
        let type =
            switch tensor.elements {
            case .float: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
            case .int64: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64
            case .int32: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
            }
        var value: OpaquePointer?
        let shape = tensor.shape.map(Int64.init)
        try runtime.check(
            api.pointee.CreateTensorAsOrtValue(allocator, shape, shape.count, type, &value))
        var into: UnsafeMutableRawPointer?
        try runtime.check(api.pointee.GetTensorMutableData(value, &into))
        func fill<Element>(_ elements: [Element]) {
            elements.withUnsafeBytes { bytes in
                if bytes.count > 0 {
                    into!.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
                }
            }
        }
        switch tensor.elements {
        case .float(let elements): fill(elements)
        case .int64(let elements): fill(elements)
        case .int32(let elements): fill(elements)
        }
        return value
    }

    private func copy(_ value: OpaquePointer?) throws(EngineError) -> Tensor {
        let api = runtime.api
        var facts: OpaquePointer?
        try runtime.check(api.pointee.GetTensorTypeAndShape(value, &facts))
        defer { api.pointee.ReleaseTensorTypeAndShapeInfo(facts) }
        var rank = 0
        try runtime.check(api.pointee.GetDimensionsCount(facts, &rank))
        var dimensions = [Int64](repeating: 0, count: rank)
        try runtime.check(api.pointee.GetDimensions(facts, &dimensions, rank))
        var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
        try runtime.check(api.pointee.GetTensorElementType(facts, &type))
        var from: UnsafeMutableRawPointer?
        try runtime.check(api.pointee.GetTensorMutableData(value, &from))
        let shape = dimensions.map(Int.init)
        let count = shape.reduce(1, *)
        func elements<Element>(_ type: Element.Type) -> [Element] {
            guard count > 0, let from else { return [] }
            let first = from.assumingMemoryBound(to: type)
            return Array(UnsafeBufferPointer(start: first, count: count))
        }
        switch type {
        case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
            return Tensor(shape: shape, elements: .float(elements(Float.self)))
        case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
            return Tensor(shape: shape, elements: .int64(elements(Int64.self)))
        case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
            return Tensor(shape: shape, elements: .int32(elements(Int32.self)))
        default: throw .runtimeRefused("element type \(type.rawValue)")
        }
    }

    private typealias Count =
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int>?) -> OpaquePointer?
    private typealias Name =
        @convention(c) (
            OpaquePointer?, Int, UnsafeMutablePointer<OrtAllocator>?,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> OpaquePointer?

    private static func names(
        _ runtime: OnnxRuntime, _ session: OpaquePointer, _ count: Count?, _ name: Name?
    ) throws(EngineError) -> [String] {
        var allocator: UnsafeMutablePointer<OrtAllocator>?
        try runtime.check(runtime.api.pointee.GetAllocatorWithDefaultOptions(&allocator))
        var total = 0
        try runtime.check(count!(session, &total))
        var names: [String] = []
        for index in 0..<total {
            var text: UnsafeMutablePointer<CChar>?
            try runtime.check(name!(session, index, allocator, &text))
            names.append(String(cString: text!))
            try runtime.check(runtime.api.pointee.AllocatorFree(allocator, text))
        }
        return names
    }
}

/// Lends C strings for the length of one call.
func withNames<Result>(
    _ names: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = names.map { Array($0.utf8CString) }
    func lend(_ index: Int, _ pointers: inout [UnsafePointer<CChar>?]) -> Result {
        if index == copies.count {
            return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
        }
        return copies[index].withUnsafeBufferPointer {
            pointers.append($0.baseAddress)
            return lend(index + 1, &pointers)
        }
    }
    var pointers: [UnsafePointer<CChar>?] = []
    return lend(0, &pointers)
}
