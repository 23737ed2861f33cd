import EngineAPI
import Execution
import Testing

@testable import Inference

private let megabyte = 1 << 20

/// Weights of 125 MiB; with the constants of `BackendNeeds`, 381 MiB for two states, 253 for one.
private let needs = BackendNeeds(whisperWeightBytes: 125 * megabyte)

private func device(
    _ backend: Backend, free megabytes: Int = 8_192, index: Int? = 0, ordinal: Int = 0,
    name: String = "GPU", software: Bool = false
) -> ComputeDevice {
    ComputeDevice(
        backend, ordinal: ordinal, whisperIndex: index, name: name,
        freeBytes: megabytes * megabyte, isSoftware: software)
}

/// One row: what is there, what is asked for, and what comes of it.
private struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var requested = BackendChoice.auto
    var facts = BackendFacts()
    var bytesMax: Int?
    let wanted: Result<Wanted, BackendError>

    /// What a plan is judged by: device names, states, low memory, and the reason of `auto`.
    struct Wanted: Equatable {
        var whisper: String?
        var onnx: String?
        var states = 0
        var isLow = false
        var reason: BackendError?
    }
}

private let llvmpipe = device(.vulkan, name: "llvmpipe (LLVM 15.0.6, 256 bits)", software: true)

private let rows: [Row] = [
    Row(
        testDescription: "nothing is there: the CPU, and why",
        wanted: .success(.init(reason: .libraryMissing(.cuda)))),
    Row(
        testDescription: "the CPU is asked for: no reason is given",
        requested: .cpu,
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan)]),
        wanted: .success(.init())),
    Row(
        testDescription: "Vulkan is asked for, and its library is not there",
        requested: .vulkan, wanted: .failure(.libraryMissing(.vulkan))),
    Row(
        testDescription: "CUDA is asked for, and no library is there",
        requested: .cuda, wanted: .failure(.libraryMissing(.cuda))),
    Row(
        testDescription: "a library lies there that can't be opened",
        requested: .vulkan,
        facts: BackendFacts(ggml: [.vulkan: .unusable("libvulkan.so.1: not there")]),
        wanted: .failure(.libraryUnusable(.vulkan, "libvulkan.so.1: not there"))),
    Row(
        testDescription: "auto tells of the library that is broken, not of the one that is missing",
        facts: BackendFacts(ggml: [.vulkan: .unusable("libvulkan.so.1: not there")]),
        wanted: .success(.init(reason: .libraryUnusable(.vulkan, "libvulkan.so.1: not there")))),
    Row(
        testDescription: "the library is there and no device",
        requested: .cuda, facts: BackendFacts(ggml: [.cuda: .usable]),
        wanted: .failure(.noDevice(.cuda))),
    Row(
        testDescription: "another backend's device does not count",
        requested: .cuda, facts: BackendFacts(ggml: [.cuda: .usable], devices: [device(.vulkan)]),
        wanted: .failure(.noDevice(.cuda))),
    Row(
        testDescription: "auto takes no device that is software",
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [llvmpipe]),
        wanted: .success(.init(reason: .onlySoftware(.vulkan, name: llvmpipe.name)))),
    Row(
        testDescription: "software is taken when it is asked for by name",
        requested: .vulkan, facts: BackendFacts(ggml: [.vulkan: .usable], devices: [llvmpipe]),
        wanted: .success(.init(whisper: llvmpipe.name, states: 2))),
    Row(
        testDescription: "a real device goes before software that has more memory",
        requested: .vulkan,
        facts: BackendFacts(
            ggml: [.vulkan: .usable], devices: [llvmpipe, device(.vulkan, free: 2_048, name: "A")]),
        wanted: .success(.init(whisper: "A", states: 2))),
    Row(
        testDescription: "auto takes Vulkan where that is all there is",
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan, name: "A")]),
        wanted: .success(.init(whisper: "A", states: 2))),
    Row(
        testDescription: "auto takes CUDA before Vulkan",
        facts: BackendFacts(
            ggml: [.cuda: .usable, .vulkan: .usable], onnxCUDA: .usable,
            devices: [device(.vulkan, name: "A"), device(.cuda, name: "B")]),
        wanted: .success(.init(whisper: "B", onnx: "B", states: 2))),
    Row(
        testDescription: "the device with most free memory is taken",
        facts: BackendFacts(
            ggml: [.vulkan: .usable],
            devices: [device(.vulkan, free: 900, name: "A"), device(.vulkan, name: "B")]),
        wanted: .success(.init(whisper: "B", states: 2))),
    Row(
        testDescription: "ONNX Runtime alone may have CUDA",
        requested: .cuda,
        facts: BackendFacts(
            onnxCUDA: .usable, devices: [device(.cuda, index: nil, name: "B")]),
        wanted: .success(.init(onnx: "B"))),
    Row(
        testDescription: "whisper.cpp alone may have CUDA",
        requested: .cuda,
        facts: BackendFacts(
            ggml: [.cuda: .usable], onnxCUDA: .unusable("no"),
            devices: [device(.cuda, name: "B")]),
        wanted: .success(.init(whisper: "B", states: 2))),
    Row(
        testDescription: "little memory is free: one state",
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan, free: 400)]),
        wanted: .success(.init(whisper: "GPU", states: 1, isLow: true))),
    Row(
        testDescription: "the bound makes a large device a small one",
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan)]),
        bytesMax: 300 * megabyte,
        wanted: .success(.init(whisper: "GPU", states: 1, isLow: true))),
    Row(
        testDescription: "where not both fit, whisper.cpp has the device",
        facts: BackendFacts(
            ggml: [.cuda: .usable], onnxCUDA: .usable, devices: [device(.cuda, free: 700)]),
        wanted: .success(.init(whisper: "GPU", states: 1, isLow: true))),
    Row(
        testDescription: "both fit in the low-memory settings",
        facts: BackendFacts(
            ggml: [.cuda: .usable], onnxCUDA: .usable, devices: [device(.cuda, free: 1_024)]),
        wanted: .success(.init(whisper: "GPU", onnx: "GPU", states: 1, isLow: true))),
    Row(
        testDescription: "too little even for the low-memory settings",
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan, free: 300)]),
        wanted: .success(
            .init(
                reason: .tooLittleMemory(
                    name: "GPU", haveBytes: 172 * megabyte, needBytes: 253 * megabyte)))),
    Row(
        testDescription: "too little on the device that is asked for",
        requested: .vulkan,
        facts: BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan)]),
        bytesMax: 64 * megabyte,
        wanted: .failure(
            .tooLittleMemory(name: "GPU", haveBytes: 64 * megabyte, needBytes: 253 * megabyte))),
    Row(
        testDescription: "a full CUDA device leaves auto the Vulkan one",
        facts: BackendFacts(
            ggml: [.cuda: .usable, .vulkan: .usable],
            devices: [device(.cuda, free: 100, name: "A"), device(.vulkan, name: "B")]),
        wanted: .success(.init(whisper: "B", states: 2))),
]

@Suite struct BackendSelectorTests {
    @Test("the same facts always give this plan", arguments: rows)
    private func table(_ row: Row) {
        let got: Result<Row.Wanted, BackendError>
        do throws(BackendError) {
            let plan = try BackendSelector.plan(
                row.facts, requested: row.requested, bytesMax: row.bytesMax, needs: needs)
            got = .success(
                Row.Wanted(
                    whisper: plan.whisper?.name, onnx: plan.onnx?.name,
                    states: plan.whisperStates, isLow: plan.isLowMemory, reason: plan.reason))
        } catch {
            got = .failure(error)
        }
        #expect(got == row.wanted)
    }

    @Test("no plan takes more memory than the bound, whatever the bound is")
    func bound() throws {
        let facts = BackendFacts(
            ggml: [.cuda: .usable], onnxCUDA: .usable, devices: [device(.cuda)])
        for bound in stride(from: 0, through: 3_000, by: 50) {
            let plan = try BackendSelector.plan(
                facts, requested: .auto, bytesMax: bound * megabyte, needs: needs)
            let arenas = plan.onnxArenaBytesMax * BackendSelector.onnxSessions
            let whisper =
                plan.whisper == nil
                ? 0 : needs.whisperWeightBytes + plan.whisperStates * needs.whisperStateBytes
            #expect(arenas + whisper <= bound * megabyte)
            #expect(whisper <= plan.whisperBytesMax)
            #expect(plan.whisper != nil || plan.onnx != nil || plan.reason != nil)
        }
    }

    @Test("CUDA's arena is bounded, grows by what is asked for, and cuDNN does not search for long")
    func cudaSettings() {
        let (names, values) = OnnxSession.cudaSettings(ordinal: 1, bytesMax: 77)
        let settings = Dictionary(uniqueKeysWithValues: zip(names, values))
        #expect(settings["device_id"] == "1")
        #expect(settings["gpu_mem_limit"] == "77")
        #expect(settings["arena_extend_strategy"] == "kSameAsRequested")
        #expect(settings["cudnn_conv_algo_search"] == "HEURISTIC")
    }
}

@Suite struct DeviceRegistryTests {
    private final class Heard: Sendable {
        let notices = Mutex<[DeviceRegistry.Notice]>([])
        let probes = Mutex(0)
    }

    private func registry(
        _ choice: BackendChoice, _ facts: BackendFacts, bytesMax: Int? = nil, _ received: Heard
    ) -> DeviceRegistry {
        DeviceRegistry(
            choice, bytesMax: bytesMax,
            probe: { _ in
                received.probes.withLock { $0 += 1 }
                return facts
            }, notify: { notice in received.notices.withLock { $0.append(notice) } })
    }

    private let oneGPU = BackendFacts(ggml: [.vulkan: .usable], devices: [device(.vulkan)])

    @Test("the machine is looked at once, and told of once")
    func once() throws {
        let received = Heard()
        let registry = registry(.auto, oneGPU, received)
        #expect(registry.name == "auto")
        let plans = [try registry.plan(), try registry.plan()]
        #expect(plans[0] == plans[1])
        #expect(registry.name == "vulkan")
        #expect(received.probes.withLock { $0 } == 1)
        #expect(received.notices.withLock { $0 } == [.planned(plans[0])])
    }

    @Test("a GPU that fails at load is left once, with one warning, and for that engine only")
    func fallsBack() throws {
        let received = Heard()
        let facts = BackendFacts(
            ggml: [.cuda: .usable], onnxCUDA: .usable, devices: [device(.cuda)])
        let registry = registry(.auto, facts, received)
        let gpu = try #require(try registry.whisperDevice(model: "base", bytes: 1))
        try registry.fellBack(DeviceRegistry.Engine.whisper, from: gpu)
        try registry.fellBack(DeviceRegistry.Engine.whisper, from: gpu)
        #expect(try registry.whisperDevice(model: "tiny.en", bytes: 1) == nil)
        #expect(!registry.isFallen(DeviceRegistry.Engine.onnx))
        #expect(registry.name == "cuda")
        try registry.fellBack(DeviceRegistry.Engine.onnx, from: gpu)
        #expect(registry.name == "cpu")
        let warnings = received.notices.withLock { $0.dropFirst() }
        #expect(
            Array(warnings) == [
                .fellBack(engine: "transcribe", device: gpu),
                .fellBack(engine: "onnx", device: gpu),
            ])
    }

    @Test("a GPU that was asked for by name and fails at load is an error")
    func strict() throws {
        let received = Heard()
        let registry = registry(.vulkan, oneGPU, received)
        let gpu = try #require(try registry.whisperDevice(model: "base", bytes: 1))
        #expect(throws: EngineError.deviceFailed(backend: "vulkan")) {
            try registry.fellBack(DeviceRegistry.Engine.whisper, from: gpu)
        }
        #expect(try registry.whisperDevice(model: "base", bytes: 1) == gpu)
    }

    @Test("a model without room runs on the CPU, and is an error where the GPU was asked for")
    func room() throws {
        let received = Heard()
        let bound = 1_024 * megabyte
        let easy = registry(.auto, oneGPU, bytesMax: bound, received)
        // Two states of 128 MiB are kept free.
        #expect(try easy.whisperDevice(model: "small", bytes: 500 * megabyte) != nil)
        #expect(try easy.whisperDevice(model: "small2", bytes: 500 * megabyte) == nil)
        #expect(
            received.notices.withLock { $0.last }
                == .noRoom(
                    model: "small2", needBytes: 500 * megabyte, haveBytes: 268 * megabyte))
        let strict = registry(.vulkan, oneGPU, bytesMax: bound, received)
        #expect(
            throws: EngineError.outOfDeviceMemory(
                needBytes: 900 * megabyte, haveBytes: 768 * megabyte)
        ) {
            try strict.whisperDevice(model: "large", bytes: 900 * megabyte)
        }
    }

    @Test("what is missing is told, and asked for again at the next call")
    func missing() {
        let received = Heard()
        let registry = registry(.cuda, BackendFacts(), received)
        for _ in 0..<2 {
            #expect(throws: BackendError.libraryMissing(.cuda)) { try registry.plan() }
        }
        #expect(registry.name == "cuda")
        #expect(received.notices.withLock { $0.isEmpty })
    }
}
