/// Where networks can run.
package enum Backend: String, Sendable, CaseIterable { case cpu, cuda, vulkan }

/// What the operator asks for.
package enum BackendChoice: String, Sendable, CaseIterable {
    case auto, cpu, cuda, vulkan

    /// The GPU backends that may be taken, best first.
    var candidates: [Backend] {
        switch self {
        case .auto: [.cuda, .vulkan]
        case .cpu: []
        case .cuda: [.cuda]
        case .vulkan: [.vulkan]
        }
    }
}

/// A GPU, as a backend's library describes it.
package struct ComputeDevice: Sendable, Equatable {
    package let backend: Backend
    /// Its place among its backend's devices.
    package let ordinal: Int
    /// Its place among the GPUs that whisper.cpp counts; nil where ggml does not see it.
    package let whisperIndex: Int?
    package let name: String
    package let freeBytes: Int
    /// A processor that plays a GPU: right, and slower than itself.
    package let isSoftware: Bool

    package init(
        _ backend: Backend, ordinal: Int = 0, whisperIndex: Int?, name: String, freeBytes: Int,
        isSoftware: Bool = false
    ) {
        self.backend = backend
        self.ordinal = ordinal
        self.whisperIndex = whisperIndex
        self.name = name
        self.freeBytes = freeBytes
        self.isSoftware = isSoftware
    }
}

/// What is known of the machine before anything is chosen.
package struct BackendFacts: Sendable, Equatable {
    /// A library that lets a backend be used.
    package enum Library: Sendable, Equatable {
        case absent
        /// It lies there and can't be used; the loader's words.
        case unusable(String)
        case usable
    }

    /// ggml's backends, for whisper.cpp.
    package var ggml: [Backend: Library]
    /// ONNX Runtime's CUDA provider, for all other networks.
    package var onnxCUDA: Library
    package var devices: [ComputeDevice]

    package init(
        ggml: [Backend: Library] = [:], onnxCUDA: Library = .absent, devices: [ComputeDevice] = []
    ) {
        self.ggml = ggml
        self.onnxCUDA = onnxCUDA
        self.devices = devices
    }
}

/// GPU memory that the engines want, in bytes.
package struct BackendNeeds: Sendable, Equatable {
    /// Weights of the Whisper models that the default picks from.
    package var whisperWeightBytes: Int
    /// One state: keys, values and the buffers of a pass. A guess: no GPU was at hand.
    package var whisperStateBytes = 128 << 20
    /// All of ONNX Runtime's sessions. Not measured: no CUDA device was at hand.
    package var onnxBytes = 1_024 << 20
    /// The least that they run in.
    package var onnxLowBytes = 384 << 20

    package init(whisperWeightBytes: Int) { self.whisperWeightBytes = whisperWeightBytes }
}

/// Where everything runs.
package struct BackendPlan: Sendable, Equatable {
    /// The device that whisper.cpp runs on; nil is the CPU.
    package var whisper: ComputeDevice?
    /// States, hence pieces at once, on the device.
    package var whisperStates = 0
    /// Bytes that whisper.cpp's weights and states may take on the device.
    package var whisperBytesMax = 0
    /// The CUDA device that ONNX Runtime runs on; nil is the CPU.
    package var onnx: ComputeDevice?
    /// Bytes that the arena of one of ONNX Runtime's sessions may take.
    package var onnxArenaBytesMax = 0
    /// Little memory is free: one state, small arenas.
    package var isLowMemory = false
    /// Why no GPU is used, where one was looked for.
    package var reason: BackendError?

    package init() {}

    /// The backend in one word, as reports have it.
    package var backend: Backend { whisper?.backend ?? onnx?.backend ?? .cpu }
}

/// Why a GPU can't be used: facts only.
package enum BackendError: Error, Equatable {
    /// None of the files lies there.
    case libraryMissing(Backend)
    case libraryUnusable(Backend, String)
    case noDevice(Backend)
    /// Only software plays a GPU; taken when it is asked for by name, never by itself.
    case onlySoftware(Backend, name: String)
    case tooLittleMemory(name: String, haveBytes: Int, needBytes: Int)
    /// It failed while a model was loaded.
    case failedAtLoad(Backend, name: String)
}
