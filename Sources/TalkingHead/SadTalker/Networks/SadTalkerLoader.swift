import EngineAPI
import Inference

/// Opens SadTalker's files, and looks through each of them once.
struct SadTalkerLoader {
    /// One file: the largest has 411 MB.
    private static let fileBytesMax = 2 << 30

    let files: SadTalkerFiles
    let runtime: OnnxRuntime
    let threads: Int
    private var checked: Set<String> = []

    init(_ files: SadTalkerFiles, _ runtime: OnnxRuntime, threads: Int) {
        self.files = files
        self.runtime = runtime
        self.threads = threads
    }

    /// - Throws: `.modelMissing`, `.modelDamaged`, `.modelMismatch`, `.deviceFailed`.
    mutating func open(_ network: SadTalkerNetwork) throws(EngineError) -> LoadedNetwork {
        if !checked.contains(network.file) {
            try check(network.file)
            checked.insert(network.file)
        }
        return try LoadedNetwork(
            network, path: files.models.file(network.file), runtime, threads: threads)
    }

    /// What the manifest says of it, and that it names no other file to be opened.
    private func check(_ file: String) throws(EngineError) {
        let path = try files.models.verified(file)
        let bytes = try files.models.content(of: file, bytesMax: Self.fileBytesMax)
        _ = try OnnxGraph(bytes, path: path)
    }

    /// The one that draws at that size.
    func renderer(side: Int) throws(EngineError) -> SadTalkerNetwork {
        let backend = try runtime.plannedBackend()
        return files.renderer(side: side, isOnCPU: backend == .cpu)
    }
}
