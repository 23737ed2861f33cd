import EngineAPI
import Execution

/// Decides once where networks run, and remembers which engine had to leave its GPU.
package final class DeviceRegistry: Sendable {
    /// What an operator should hear of.
    package enum Notice: Sendable, Equatable {
        case planned(BackendPlan)
        /// A GPU failed while a model of the engine was loaded; the engine stays on the CPU.
        case fellBack(engine: String, device: ComputeDevice)
        /// A model that the plan leaves no room for runs on the CPU.
        case noRoom(model: String, needBytes: Int, haveBytes: Int)
    }

    private struct State {
        var plan: BackendPlan?
        var fallen: Set<String> = []
        var whisperBytes = 0
    }

    private let choice: BackendChoice
    private let bytesMax: Int?
    private let models: ModelDirectory?
    private let probe: @Sendable (BackendChoice) -> BackendFacts
    private let notify: @Sendable (Notice) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - bytesMax: upper bound on GPU memory.
    ///   - models: whose Whisper models must fit.
    ///   - probe: finds the facts; asked once. It may load libraries.
    package init(
        _ choice: BackendChoice, bytesMax: Int? = nil, models: ModelDirectory? = nil,
        probe: @escaping @Sendable (BackendChoice) -> BackendFacts = DeviceDiscovery.facts,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        self.choice = choice
        self.bytesMax = bytesMax
        self.models = models
        self.probe = probe
        self.notify = notify
    }

    /// Whether a GPU was asked for by name: then one that fails is an error.
    private var isStrict: Bool { choice == .cuda || choice == .vulkan }

    /// The plan, made by the first caller. Blocks while GPUs are looked for, where their libraries
    /// lie beside the program: never on the cooperative pool.
    /// - Throws: what is missing, where a GPU is asked for by name.
    @discardableResult
    package func plan() throws(BackendError) -> BackendPlan {
        let (plan, isNew) = try state.withLock { (state) throws(BackendError) in
            if let plan = state.plan { return (plan, false) }
            let weights = ["tiny.en", "base"].reduce(0) {
                $0 + (models?.bytes(of: "whisper/\($1).bin") ?? 0)
            }
            let plan = try BackendSelector.plan(
                probe(choice), requested: choice, bytesMax: bytesMax,
                needs: BackendNeeds(whisperWeightBytes: weights))
            state.plan = plan
            return (plan, true)
        }
        if isNew { notify(.planned(plan)) }
        return plan
    }

    /// The backend in one word; "auto" until it is decided.
    package var name: String {
        state.withLock { state in
            guard let plan = state.plan else { return choice.rawValue }
            let devices = [
                state.fallen.contains(Engine.whisper) ? nil : plan.whisper,
                state.fallen.contains(Engine.onnx) ? nil : plan.onnx,
            ]
            return (devices.compactMap { $0?.backend }.first ?? .cpu).rawValue
        }
    }

    /// What falls back by itself.
    package enum Engine {
        package static let whisper = "transcribe"
        package static let onnx = "onnx"
    }

    /// The device for a Whisper model; nil is the CPU.
    /// - bytes: of its file.
    /// - Throws: `.deviceFailed` where a GPU was asked for by name and has no room.
    package func whisperDevice(model: String, bytes: Int) throws(EngineError) -> ComputeDevice? {
        let plan = try engineView()
        guard let device = plan.whisper else { return nil }
        let states = plan.whisperStates * BackendNeeds(whisperWeightBytes: 0).whisperStateBytes
        let (isFallen, free) = state.withLock { state in
            let free = plan.whisperBytesMax - state.whisperBytes - states
            let isFallen = state.fallen.contains(Engine.whisper)
            if !isFallen, bytes <= free { state.whisperBytes += bytes }
            return (isFallen, free)
        }
        if isFallen { return nil }
        if bytes <= free { return device }
        if isStrict { throw .outOfDeviceMemory(needBytes: bytes, haveBytes: max(0, free)) }
        notify(.noRoom(model: model, needBytes: bytes, haveBytes: max(0, free)))
        return nil
    }

    /// As `plan`, for an engine that is being loaded.
    package func engineView() throws(EngineError) -> BackendPlan {
        do throws(BackendError) {
            return try plan()
        } catch {
            throw .deviceFailed(backend: choice.rawValue)
        }
    }

    func isFallen(_ engine: String) -> Bool {
        state.withLock { $0.fallen.contains(engine) }
    }

    /// An engine's device failed while a model was loaded: it stays on the CPU from here on.
    /// - Throws: `.deviceFailed` where the device was asked for by name.
    package func fellBack(_ engine: String, from device: ComputeDevice) throws(EngineError) {
        if isStrict { throw .deviceFailed(backend: device.backend.rawValue) }
        let isNew = state.withLock { $0.fallen.insert(engine).inserted }
        if isNew { notify(.fellBack(engine: engine, device: device)) }
    }
}
