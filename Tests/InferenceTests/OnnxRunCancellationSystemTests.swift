import EngineAPI
import Execution
import Testing

@testable import Inference

/// A run of many steps, ended in its middle. The network is written here, field by field.
@Suite struct OnnxRunCancellationSystemTests {
    private static let side = 192
    private static let steps = 4_000

    /// A square matrix times itself, over and over.
    private static let network: [UInt8] = {
        var graph: [UInt8] = []
        for step in 0..<steps {
            let from = step == 0 ? "in" : "v\(step)"
            let to = step == steps - 1 ? "out" : "v\(step + 1)"
            graph += Protobuf.field(1, Protobuf.node("MatMul", [from, "in"], to))
        }
        graph += Protobuf.field(2, Array("steps".utf8))
        graph += Protobuf.field(11, Protobuf.value("in", [side, side]))
        graph += Protobuf.field(12, Protobuf.value("out", [side, side]))
        return Protobuf.number(1, 8) + Protobuf.field(7, graph)
            + Protobuf.field(8, Protobuf.number(2, 15))
    }()

    private static let input = Tensor(
        [Float](repeating: 0.001, count: side * side), shape: [side, side])

    private func session() throws -> OnnxSession {
        try OnnxSession(
            OnnxRuntime(), .bytes(Self.network), options: OnnxSession.Options(usesArena: false))
    }

    /// Runs it on a thread of its own, as engines do: what ends a run needs the pool's.
    private actor Runner {
        private let thread = ThreadExecutor(name: "runner")
        private let session: OnnxSession

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            thread.asUnownedSerialExecutor()
        }

        init(_ session: OnnxSession) { self.session = session }

        func run(_ work: WorkContext) throws(EngineError) -> [Tensor] {
            try session.run([("in", input)], until: work)
        }
    }

    @Test("a run that is left alone gives its outputs; inputs and outputs are as declared")
    func runs() throws {
        let session = try session()
        let work = WorkContext(within: .seconds(300))
        let out = try session.run([("in", Self.input)], outputs: ["out"], until: work)[0]
        #expect(out.shape == [Self.side, Self.side])
        #expect(try session.inputSpecs() == [TensorSpec("in", [Self.side, Self.side])])
        #expect(try session.outputSpecs().map(\.form) == ["float [192, 192]"])
    }

    @Test("a work that ends in the middle of a run ends the run, with its reason")
    func ends() async throws {
        let runner = Runner(try session())
        let cancelled = WorkContext(within: .seconds(300))
        let run = Task { () async throws in try await runner.run(cancelled) }
        // Long before the run could be through; too early is as good.
        try await Task.sleep(for: .milliseconds(50))
        cancelled.cancellation.raise()
        await #expect(throws: EngineError.cancelled) { _ = try await run.value }
        await #expect(throws: EngineError.deadlinePassed) {
            _ = try await runner.run(WorkContext(within: .milliseconds(30)))
        }
        let again = try await runner.run(WorkContext(within: .seconds(300)))
        #expect(again.count == 1, "it still works")
    }

    @Test("an open side fits any length, a fixed one its own only")
    func fits() {
        let wanted = TensorSpec("x", [nil, 3])
        #expect(
            TensorSpec("x", [nil, nil]).fits(wanted) && TensorSpec("x", [nil, 3]).fits(wanted))
        for other in [
            TensorSpec("x", [1, 3]), TensorSpec("x", [nil, 4]), TensorSpec("x", [nil]),
            TensorSpec("x", .int64, [nil, 3]),
        ] { #expect(!other.fits(wanted), "\(other.form)") }
    }
}
