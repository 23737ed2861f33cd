import EngineAPI
import Testing

@testable import Inference

/// The outline of ONNX files, on bytes written field by field.
@Suite struct OnnxGraphTests {
    private static func model(_ graph: [UInt8]) -> [UInt8] {
        Protobuf.number(1, 8) + Protobuf.field(7, graph) + Protobuf.field(8, Protobuf.number(2, 15))
    }

    private static let graph =
        Protobuf.field(1, Protobuf.node("Ceil", ["raw"], "whole"))
        + Protobuf.field(1, Protobuf.node("RandomNormalLike", ["whole"], "noise"))
        + Protobuf.field(1, Protobuf.node("Add", ["whole", "noise"], "out"))
        + Protobuf.field(11, Protobuf.value("raw", [1, 4]))
        + Protobuf.field(12, Protobuf.value("out", nil))

    @Test("nodes, inputs and outputs are found")
    func outline() throws {
        let graph = try OnnxGraph(Self.model(Self.graph), path: "x")
        #expect(graph.nodes.map(\.kind) == ["Ceil", "RandomNormalLike", "Add"])
        #expect(graph.nodes[2].inputs == ["whole", "noise"])
        #expect(graph.inputs["raw"] == .float)
        #expect(graph.outputs == ["out"])
    }

    @Test("outputs are added once, and generators of noise make room for an input")
    func changed() throws {
        let graph = try OnnxGraph(Self.model(Self.graph), path: "x")
        let plain = try OnnxGraph(
            graph.changed(outputs: ["whole", "out"], isSeeded: false), path: "x")
        #expect(plain.outputs == ["out", "whole"])
        #expect(plain.nodes.map(\.kind) == ["Ceil", "RandomNormalLike", "Add"])
        let seeded = try OnnxGraph(graph.changed(outputs: [], isSeeded: true), path: "x")
        #expect(seeded.inputs.keys.sorted() == [OnnxGraph.noiseName, "raw"])
        #expect(
            seeded.nodes.map(\.kind)
                == ["Ceil", "Size", "Range", "Add", "Mod", "Gather", "Shape", "Reshape", "Add"])
        #expect(seeded.nodes[7].outputs == ["noise"])
    }

    @Test("weights in other files are refused, in initializers and in constants")
    func external() {
        let location = Protobuf.number(14, 1)
        let attribute = Protobuf.field(1, Array("value".utf8)) + Protobuf.field(5, location)
        let constant = Protobuf.node("Constant", [], "c") + Protobuf.field(5, attribute)
        for part in [
            Protobuf.field(5, location), Protobuf.field(5, Protobuf.field(13, [])),
            Protobuf.field(1, constant),
        ] {
            #expect(throws: EngineError.modelDamaged(path: "x")) {
                try OnnxGraph(Self.model(Self.graph + part), path: "x")
            }
        }
    }

    @Test("cut and changed bytes are refused or read, and never read beyond")
    func hostile() {
        let whole = Self.model(Self.graph)
        for count in 0..<whole.count {
            _ = try? OnnxGraph(Array(whole.prefix(count)), path: "x")
        }
        for index in whole.indices {
            for value: UInt8 in [0, 0x7F, 0xFF] {
                var bytes = whole
                bytes[index] = value
                _ = try? OnnxGraph(bytes, path: "x").changed(outputs: ["whole"], isSeeded: true)
            }
        }
        #expect(throws: EngineError.modelDamaged(path: "x")) { try OnnxGraph([], path: "x") }
    }
}
