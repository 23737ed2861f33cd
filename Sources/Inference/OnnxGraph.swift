import EngineAPI

/// The outline of an ONNX file, read off its bytes, and changes to it without a protobuf library.
/// Field numbers are those of onnx.proto: ModelProto.graph 7; GraphProto node 1, initializer 5,
/// input 11, output 12; NodeProto input 1, output 2, op_type 4.
package struct OnnxGraph {
    /// One operator.
    package struct Node: Equatable {
        package let kind: String
        package let inputs: [String]
        package let outputs: [String]
        /// Where its bytes lie in the file, with their tag and length.
        let range: Range<Int>
    }

    /// ONNX's numbers of element types.
    package enum ElementType: Int {
        case float = 1
        case int32 = 6
        case int64 = 7
    }

    package private(set) var nodes: [Node] = []
    package private(set) var inputs: [String: ElementType] = [:]
    package private(set) var outputs: [String] = []
    private let bytes: [UInt8]
    /// The graph's content in the file.
    private var graph = 0..<0

    /// - path: names the file in errors.
    /// - Throws: `.modelDamaged` when the bytes are no ONNX file, or one that has its weights in
    ///   another file: a model that somebody brings must not name files to be opened.
    package init(_ bytes: [UInt8], path: String) throws(EngineError) {
        self.bytes = bytes
        guard var file = ProtobufFields(bytes, 0..<bytes.count) else {
            throw .modelDamaged(path: path)
        }
        while let field = file.next() {
            if field.number == 7, field.isBytes { graph = field.content }
        }
        guard !file.isBroken, !graph.isEmpty, readGraph() else { throw .modelDamaged(path: path) }
    }

    private mutating func readGraph() -> Bool {
        guard var fields = ProtobufFields(bytes, graph) else { return false }
        while let field = fields.next() {
            guard field.isBytes else { continue }
            switch field.number {
            case 1:
                guard let node = node(field) else { return false }
                nodes.append(node)
            case 5: if isExternal(field.content) { return false }
            case 11:
                let (name, type) = value(field.content)
                inputs[name] = type
            case 12: outputs.append(value(field.content).name)
            default: break
            }
        }
        return !fields.isBroken && !nodes.isEmpty
    }

    private func node(_ field: ProtobufFields.Field) -> Node? {
        guard var parts = ProtobufFields(bytes, field.content) else { return nil }
        var (kind, inputs, outputs) = ("", [String](), [String]())
        while let part = parts.next() {
            switch part.number {
            case 1 where part.isBytes: inputs.append(text(part.content))
            case 2 where part.isBytes: outputs.append(text(part.content))
            case 4 where part.isBytes: kind = text(part.content)
            // AttributeProto.t: a constant may lie elsewhere too.
            case 5 where part.isBytes: if hasExternalConstant(part.content) { return nil }
            default: break
            }
        }
        return parts.isBroken
            ? nil : Node(kind: kind, inputs: inputs, outputs: outputs, range: field.whole)
    }

    private func hasExternalConstant(_ attribute: Range<Int>) -> Bool {
        guard var parts = ProtobufFields(bytes, attribute) else { return true }
        while let part = parts.next() {
            if part.number == 5, part.isBytes, isExternal(part.content) { return true }
        }
        return parts.isBroken
    }

    /// TensorProto.external_data 13, data_location 14 (1 is external).
    private func isExternal(_ tensor: Range<Int>) -> Bool {
        guard var parts = ProtobufFields(bytes, tensor) else { return true }
        while let part = parts.next() {
            if part.number == 13 || (part.number == 14 && part.value == 1) { return true }
        }
        return parts.isBroken
    }

    /// ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1; its elem_type 1.
    private func value(_ range: Range<Int>) -> (name: String, type: ElementType?) {
        var (name, type): (String, ElementType?) = ("", nil)
        guard var parts = ProtobufFields(bytes, range) else { return (name, type) }
        while let part = parts.next() {
            if part.number == 1, part.isBytes { name = text(part.content) }
            guard part.number == 2, part.isBytes,
                var kinds = ProtobufFields(bytes, part.content), let kind = kinds.next(),
                kind.number == 1, kind.isBytes,
                var facts = ProtobufFields(bytes, kind.content), let fact = facts.next(),
                fact.number == 1
            else { continue }
            type = ElementType(rawValue: fact.value)
        }
        return (name, type)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    // MARK: changes

    /// Names of the inputs that `seeded` adds, and how many values each holds.
    package static let noiseName = "avatar.noise"
    package static let noiseCount = 65_536

    /// The file with inner float tensors as further outputs and, where `isSeeded`, with an input
    /// `noiseName` of `noiseCount` values in place of every generator of Gaussian noise: ONNX
    /// Runtime's own can't be seeded for a run.
    package func changed(outputs wanted: [String], isSeeded: Bool) -> [UInt8] {
        let generators = isSeeded ? nodes.filter { $0.kind == "RandomNormalLike" } : []
        var content: [UInt8] = []
        content.reserveCapacity(graph.count + 4096)
        var at = graph.lowerBound
        for (index, node) in generators.enumerated() {
            content += bytes[at..<node.range.lowerBound]
            content += OnnxGraph.noise(node, index)
            at = node.range.upperBound
        }
        content += bytes[at..<graph.upperBound]
        if !generators.isEmpty {
            content += Protobuf.field(
                11, Protobuf.value(OnnxGraph.noiseName, [OnnxGraph.noiseCount]))
            content += OnnxGraph.scalar("avatar.zero", 0) + OnnxGraph.scalar("avatar.one", 1)
            content += OnnxGraph.scalar("avatar.count", OnnxGraph.noiseCount)
        }
        for name in wanted where !outputs.contains(name) {
            content += Protobuf.field(12, Protobuf.value(name, nil))
        }
        // The other fields of the model, then the graph.
        guard var file = ProtobufFields(bytes, 0..<bytes.count) else { return bytes }
        var model: [UInt8] = []
        model.reserveCapacity(content.count + 4096)
        while let field = file.next() { if field.number != 7 { model += bytes[field.whole] } }
        return model + Protobuf.field(7, content)
    }

    /// As many values of the input as the generator would give: its place in the tensor picks the
    /// value, from another start for each generator.
    private static func noise(_ node: Node, _ index: Int) -> [UInt8] {
        let prefix = "avatar.\(index)."
        func name(_ part: String) -> String { prefix + part }
        let like = node.inputs.first ?? ""
        let steps: [(String, [String], String)] = [
            ("Size", [like], name("size")),
            ("Range", ["avatar.zero", name("size"), "avatar.one"], name("range")),
            ("Add", [name("range"), name("start")], name("moved")),
            ("Mod", [name("moved"), "avatar.count"], name("places")),
            ("Gather", [noiseName, name("places")], name("values")),
            ("Shape", [like], name("shape")),
            ("Reshape", [name("values"), name("shape")], node.outputs.first ?? ""),
        ]
        return scalar(name("start"), index * 7919)
            + steps.flatMap { Protobuf.field(1, Protobuf.node($0.0, $0.1, $0.2)) }
    }

    /// An int64 scalar as an initializer: TensorProto data_type 2, int64_data 7, name 8.
    private static func scalar(_ name: String, _ value: Int) -> [UInt8] {
        Protobuf.field(
            5,
            Protobuf.number(2, ElementType.int64.rawValue)
                + Protobuf.field(7, Protobuf.varint(value))
                + Protobuf.field(8, Array(name.utf8)))
    }
}
