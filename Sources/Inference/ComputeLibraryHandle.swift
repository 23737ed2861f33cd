import CLinux
import CWhisper
import CWhisperShim
import EngineAPI
import Execution
import Glibc

/// ggml's backends and ONNX Runtime's CUDA provider: libraries that lie in `ggml/` beside libggml,
/// and beside it, wherever the run path found libggml, in .deps as in an installed tree.
package enum ComputeLibrary {
    /// ggml's registry is process-wide.
    private static let loaded = Mutex(Loaded())

    private struct Loaded {
        var hasCPU = false
        var gpus: [Backend: BackendFacts.Library] = [:]
    }

    /// ggml's libraries start a debugger where they abort or an exception ends the process, unless
    /// this variable is there when they are opened. Call it before there are threads: one may be
    /// reading variables.
    package static func forbidDebugger() { setenv("GGML_NO_BACKTRACE", "1", 1) }

    /// Loads the CPU variant that suits this processor; once.
    /// - Throws: `.libraryMissing`; whisper.cpp would abort the process.
    package static func loadCPU() throws(EngineError) {
        let isThere = loaded.withLock { loaded in
            if !loaded.hasCPU, guarded_whisper_library() {
                silence()
                loaded.hasCPU = bestVariant().map { guarded_ggml_load($0) } ?? false
            }
            return loaded.hasCPU
        }
        guard isThere else {
            throw .libraryMissing(name: "libwhisper.so.1 and ggml/libggml-cpu-*.so")
        }
    }

    /// Loads a GPU backend's library where it lies; once.
    static func loadGPU(_ backend: Backend) -> BackendFacts.Library {
        loaded.withLock { loaded in
            if let known = loaded.gpus[backend] { return known }
            let found = load(ggmlFile(backend))
            loaded.gpus[backend] = found
            return found
        }
    }

    private static func load(_ path: String) -> BackendFacts.Library {
        // In this order: what has no GPU opens nothing for one.
        guard isReadable(path), guarded_whisper_library() else { return .absent }
        silence()
        guard linux_load(path) != nil else {
            return .unusable(linux_load_error().map { String(cString: $0) } ?? path)
        }
        return guarded_ggml_load(path)
            ? .usable : .unusable("\(path) finds no driver that it can use")
    }

    /// The GPUs of ggml's loaded backends, after at least one was.
    static func devices() -> [ComputeDevice] {
        var found: [ComputeDevice] = []
        var whisperIndex = 0
        for index in 0..<ggml_backend_dev_count() {
            guard let device = ggml_backend_dev_get(index) else { continue }
            let type = ggml_backend_dev_type(device)
            guard
                type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU
            else { continue }
            defer { whisperIndex += 1 }
            let family = String(
                cString: ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)))
            guard let backend = Backend(rawValue: family.lowercased()) else { continue }
            let name = String(cString: ggml_backend_dev_description(device))
            found.append(
                ComputeDevice(
                    backend, ordinal: found.count { $0.backend == backend },
                    whisperIndex: whisperIndex, name: name,
                    freeBytes: Int(guarded_ggml_free_bytes(UnsafeMutableRawPointer(device))),
                    isSoftware: isSoftware(name)))
        }
        return found
    }

    /// The two Vulkan drivers that compute on the processor; ggml does not pass their type on.
    private static func isSoftware(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.contains("llvmpipe") || name.contains("swiftshader")
    }

    static func ggmlFile(_ backend: Backend) -> String {
        "\(folder)/ggml/libggml-\(backend.rawValue).so"
    }

    /// ONNX Runtime's CUDA provider and the bridge that it needs.
    static var onnxFiles: [String] {
        ["shared", "cuda"].map { "\(folder)/libonnxruntime_providers_\($0).so" }
    }

    /// The folder of libggml, "" where it is missing. Told without opening it, for this is asked at
    /// the start.
    private static let folder: String = {
        var folder = [CChar](repeating: 0, count: 4_096)
        guard linux_library_folder("libggml.so.0", &folder, UInt(folder.count)) == 0
        else { return "" }
        return String(
            decoding: folder.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// The CPU variant with the highest score; a variant that this processor can't run has 0.
    private static func bestVariant() -> String? {
        var best: (score: Int32, path: String)?
        for path in files(in: folder + "/ggml", prefix: "libggml-cpu-") {
            guard let library = linux_load(path),
                let symbol = linux_symbol(library, "ggml_backend_score")
            else { continue }
            let score = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)()
            if score > best?.score ?? 0 { best = (score, path) }
        }
        return best?.path
    }

    /// ggml writes to stderr by default.
    private static func silence() { ggml_log_set({ _, _, _ in }, nil) }
}
