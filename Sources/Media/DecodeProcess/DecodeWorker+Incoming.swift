import EngineAPI

// Files that still arrive. The decoder asks for bytes in order; what has not come yet is waited for
// here, without the thread.
extension DecodeWorker {
    /// Opens audio; returns its own rate.
    func open(
        _ file: IncomingFile, choice: AudioChoice, sampleRateHz: Int, secondsMax: Double,
        work: WorkContext
    ) async throws(EngineError) -> Int {
        let start = try await file.bytes(from: 0, atMost: DecodeMessage.windowBytes)
        let message = DecodeMessage(
            opening: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax,
            byteCount: DecodeMessage.unknownLength)
        let response = try await converse(message, start, of: file, work, isFirst: true)
        guard response.kind == .opened else {
            throw failure(response, .unreadableAudio, secondsMax: secondsMax)
        }
        work.notes.add(mask: response.numbers.y)
        return Int(response.numbers.x)
    }

    /// The next samples of the audio that is open.
    func read(
        _ count: Int, of file: IncomingFile, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> [Float] {
        let response = try await converse(
            DecodeMessage(.read, count), [], of: file, work, isFirst: false)
        return try samples(response, count, secondsMax: secondsMax, work)
    }

    private func converse(
        _ message: DecodeMessage, _ payload: ArraySlice<UInt8>, of file: IncomingFile,
        _ work: WorkContext, isFirst: Bool
    ) async throws(EngineError) -> DecodeMessage {
        let damage = EngineError.unreadableAudio
        try begin(message, payload, work, damage, isFirst: isFirst)
        while true {
            let next = try guarded(damage) { process throws(DecodeProcessHandle.Failure) in
                try process.message(work)
            }
            guard next.kind == .need else { return next }
            let count = min(max(Int(next.numbers.y), 0), DecodeMessage.windowBytes)
            let part: ArraySlice<UInt8>
            do throws(EngineError) {
                part = try await file.bytes(from: max(Int(next.numbers.x), 0), atMost: count)
            } catch {
                // It waits for bytes that do not come.
                end()
                throw error
            }
            try guarded(damage) { process throws(DecodeProcessHandle.Failure) in
                try process.send(DecodeMessage(.bytes), part, work)
            }
        }
    }
}
