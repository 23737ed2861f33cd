import CLinux
import EngineAPI

/// Finds out what this machine has. Where no GPU library lies beside the program, that costs a few
/// looks at the file system.
package enum DeviceDiscovery {
    /// Whether any GPU library lies beside the program, so that a probe would open one.
    package static var hasLibraries: Bool {
        let files = [Backend.cuda, .vulkan].map(ComputeLibrary.ggmlFile)
        return (files + ComputeLibrary.onnxFiles).contains(where: isReadable)
    }

    /// The facts that a choice needs; loads the libraries that are there.
    @Sendable package static func facts(_ choice: BackendChoice) -> BackendFacts {
        var facts = BackendFacts()
        for backend in choice.candidates { facts.ggml[backend] = ComputeLibrary.loadGPU(backend) }
        if choice.candidates.contains(.cuda) { facts.onnxCUDA = onnxCUDA() }
        if facts.ggml.values.contains(.usable) { facts.devices = ComputeLibrary.devices() }
        if facts.onnxCUDA == .usable, facts.ggml[.cuda] != .usable {
            facts.devices += CUDADriver.devices()
        }
        return facts
    }

    private static func onnxCUDA() -> BackendFacts.Library {
        let files = ComputeLibrary.onnxFiles
        guard files.contains(where: isReadable) else { return .absent }
        for file in files where !isReadable(file) { return .unusable("\(file) is not there") }
        return OnnxRuntime.isBuiltForCUDA()
            ? .usable : .unusable("libonnxruntime.so.1 is a build without CUDA")
    }
}
