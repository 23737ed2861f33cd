/// Decides where networks run, from facts alone.
package enum BackendSelector {
    /// Pieces of a recording that one GPU decodes at once: a second fills the gaps of the first.
    static let whisperStatesMax = 2
    /// Sessions of ONNX Runtime that may lie on the device; each has an arena of its own.
    static let onnxSessions = 5
    /// Left to the driver and to whatever else shows images on the device.
    static let reserveBytes = 128 << 20

    /// The same facts always give the same plan.
    /// - bytesMax: upper bound on GPU memory; nil is what is free.
    /// - Throws: what is missing, where a GPU is asked for by name; `auto` gives the CPU instead,
    ///   and the reason with it.
    package static func plan(
        _ facts: BackendFacts, requested: BackendChoice, bytesMax: Int?, needs: BackendNeeds
    ) throws(BackendError) -> BackendPlan {
        var reasons: [BackendError] = []
        for backend in requested.candidates {
            do throws(BackendError) {
                return try plan(
                    backend, facts, isRequested: requested != .auto, bytesMax: bytesMax,
                    needs: needs)
            } catch {
                reasons.append(error)
            }
        }
        if requested != .auto, let reason = reasons.first { throw reason }
        var plan = BackendPlan()
        // Where one library is there, what is wrong with it tells more than that the other is not.
        plan.reason =
            reasons.first { if case .libraryMissing = $0 { false } else { true } }
            ?? reasons.first
        return plan
    }

    private static func plan(
        _ backend: Backend, _ facts: BackendFacts, isRequested: Bool, bytesMax: Int?,
        needs: BackendNeeds
    ) throws(BackendError) -> BackendPlan {
        let ggml = facts.ggml[backend] ?? .absent
        let onnx = backend == .cuda ? facts.onnxCUDA : .absent
        guard ggml == .usable || onnx == .usable else {
            for case .unusable(let words) in [ggml, onnx] {
                throw .libraryUnusable(backend, words)
            }
            throw .libraryMissing(backend)
        }
        let device = try device(backend, facts, isRequested: isRequested)
        var bytes = max(0, device.freeBytes - reserveBytes)
        if let bytesMax { bytes = min(bytes, bytesMax) }
        return try fit(
            device, bytes: bytes, whisper: ggml == .usable && device.whisperIndex != nil,
            onnx: onnx == .usable, needs: needs)
    }

    /// The device with most free memory; one that is software only where there is no other.
    private static func device(
        _ backend: Backend, _ facts: BackendFacts, isRequested: Bool
    ) throws(BackendError) -> ComputeDevice {
        let seen = facts.devices.filter { $0.backend == backend }
        if let best = largest(seen.filter { !$0.isSoftware }) { return best }
        guard let software = largest(seen) else { throw .noDevice(backend) }
        guard isRequested else { throw .onlySoftware(backend, name: software.name) }
        return software
    }

    /// The first of several that have the same.
    private static func largest(_ devices: [ComputeDevice]) -> ComputeDevice? {
        devices.reduce(nil) { best, next in
            best.map { $0.freeBytes >= next.freeBytes } == true ? best : next
        }
    }

    /// All at full size, or in the low-memory settings, or as much as fits of them.
    private static func fit(
        _ device: ComputeDevice, bytes: Int, whisper: Bool, onnx: Bool, needs: BackendNeeds
    ) throws(BackendError) -> BackendPlan {
        let whisperFull =
            whisper ? needs.whisperWeightBytes + whisperStatesMax * needs.whisperStateBytes : 0
        let whisperLow = whisper ? needs.whisperWeightBytes + needs.whisperStateBytes : 0
        let onnxFull = onnx ? needs.onnxBytes : 0
        let onnxLow = onnx ? needs.onnxLowBytes : 0
        var plan = BackendPlan()
        plan.isLowMemory = bytes < whisperFull + onnxFull
        let (whisperBytes, onnxBytes) =
            plan.isLowMemory ? (whisperLow, onnxLow) : (whisperFull, onnxFull)
        // Whisper gains most by a GPU: it comes first where not both fit.
        let takesWhisper = whisper && whisperBytes <= bytes
        let takesOnnx = onnx && (takesWhisper ? whisperBytes : 0) + onnxBytes <= bytes
        guard takesWhisper || takesOnnx else {
            throw .tooLittleMemory(
                name: device.name, haveBytes: bytes, needBytes: whisper ? whisperLow : onnxLow)
        }
        if takesWhisper {
            plan.whisper = device
            plan.whisperStates = plan.isLowMemory ? 1 : whisperStatesMax
            plan.whisperBytesMax = bytes - (takesOnnx ? onnxBytes : 0)
        }
        if takesOnnx {
            plan.onnx = device
            plan.onnxArenaBytesMax = onnxBytes / onnxSessions
        }
        return plan
    }
}
