import COnnxRuntime
import EngineAPI

/// One input or output of a network as its file declares it.
package struct TensorSpec: Sendable, Equatable {
    package let name: String
    package let type: ElementType
    /// nil where a side is left open.
    package let shape: [Int?]

    /// What our networks take or give.
    package enum ElementType: String, Sendable { case float, int64, other }

    /// A float tensor.
    package init(_ name: String, _ shape: [Int?]) { self.init(name, .float, shape) }

    package init(_ name: String, _ type: ElementType, _ shape: [Int?]) {
        self.name = name
        self.type = type
        self.shape = shape
    }

    /// As in "float [?, 80, 16]".
    package var form: String {
        let sides = shape.map { $0.map(String.init) ?? "?" }
        return "\(type.rawValue) [\(sides.joined(separator: ", "))]"
    }

    /// Whether it takes or gives what is wanted. A side that it leaves open may have any length;
    /// one that is to be open may not be fixed.
    package func fits(_ wanted: TensorSpec) -> Bool {
        type == wanted.type && shape.count == wanted.shape.count
            && zip(shape, wanted.shape).allSatisfy { own, other in
                own == nil || own == other
            }
    }
}

extension OnnxSession {
    /// Checks that it takes these inputs and no others, and gives these outputs.
    /// - Throws: `.modelMismatch` with the first that is otherwise; `.runtimeRefused`.
    package func require(
        inputs: [TensorSpec], outputs: [TensorSpec], of path: String
    ) throws(EngineError) {
        for (wanted, found) in [
            (inputs, try inputSpecs()), (outputs, try outputSpecs()),
        ] {
            for spec in wanted {
                let own = found.first { $0.name == spec.name }
                guard let own, own.fits(spec) else {
                    throw .modelMismatch(
                        path: path, tensor: spec.name, wanted: spec.form, found: own?.form)
                }
            }
        }
        // One that nobody would feed.
        let known = Set(inputs.map(\.name))
        if let more = inputNames.first(where: { !known.contains($0) }) {
            throw .modelMismatch(path: path, tensor: more, wanted: "no input", found: "an input")
        }
    }

    /// What the network takes, in its file's order.
    /// - Throws: `.runtimeRefused`.
    package func inputSpecs() throws(EngineError) -> [TensorSpec] {
        try specs(inputNames, runtime.api.pointee.SessionGetInputTypeInfo)
    }

    /// What the network gives, in its file's order.
    /// - Throws: `.runtimeRefused`.
    package func outputSpecs() throws(EngineError) -> [TensorSpec] {
        try specs(outputNames, runtime.api.pointee.SessionGetOutputTypeInfo)
    }

    private typealias Info =
        @convention(c) (OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?) ->
        OpaquePointer?

    private func specs(_ names: [String], _ info: Info?) throws(EngineError) -> [TensorSpec] {
        let api = runtime.api
        var made: [TensorSpec] = []
        for (index, name) in names.enumerated() {
            var kind: OpaquePointer?
            try runtime.check(info!(session, index, &kind))
            defer { api.pointee.ReleaseTypeInfo(kind) }
            // Belongs to `kind`; none where the value is no tensor.
            var facts: OpaquePointer?
            try runtime.check(api.pointee.CastTypeInfoToTensorInfo(kind, &facts))
            guard let facts else {
                made.append(TensorSpec(name, .other, []))
                continue
            }
            var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
            try runtime.check(api.pointee.GetTensorElementType(facts, &type))
            var rank = 0
            try runtime.check(api.pointee.GetDimensionsCount(facts, &rank))
            var sides = [Int64](repeating: 0, count: rank)
            try runtime.check(api.pointee.GetDimensions(facts, &sides, rank))
            made.append(
                TensorSpec(name, elementType(type), sides.map { $0 < 0 ? nil : Int($0) }))
        }
        return made
    }

    private func elementType(_ type: ONNXTensorElementDataType) -> TensorSpec.ElementType {
        switch type {
        case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: .float
        case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: .int64
        default: .other
        }
    }
}
