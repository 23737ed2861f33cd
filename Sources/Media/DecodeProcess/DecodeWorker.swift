import EngineAPI
import Execution
import Synchronization

/// What becomes of decoder processes, for the log.
package enum DecoderEvent: Sendable, Equatable {
    /// None can be started here: media are decoded in this process.
    case notIsolated
    /// They run, but the platform lets nobody filter system calls.
    case notFiltered
    /// One ended while it read a file.
    case ended
}

/// One decoder process at a time, and the thread that waits for it.
actor DecodeWorker {
    private let thread: ThreadExecutor
    private var process: DecodeProcessHandle?
    /// How often it was borrowed.
    private let borrowings = Atomic<Int>(0)
    private let program: String
    private let tell: @Sendable (DecoderEvent) -> Void

    /// A process reads so many files, then another takes its place: what leaks, or what one file
    /// might have left behind, ends with it.
    private static let filesMax = 64

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(name: String, program: String, tell: @escaping @Sendable (DecoderEvent) -> Void) {
        thread = ThreadExecutor(name: name)
        self.program = program
        self.tell = tell
    }

    isolated deinit { process = nil }

    /// Somebody reads with it from now on.
    nonisolated func countBorrowing() { borrowings.add(1, ordering: .relaxed) }

    /// How often somebody did.
    nonisolated var borrowingCount: Int { borrowings.load(ordering: .relaxed) }

    /// Starts its process, where there is none; false where that can't be done.
    func start() -> Bool {
        if process == nil { process = DecodeProcessHandle.start(program) }
        guard let isFiltered = process?.isFiltered else { return false }
        if !isFiltered { tell(.notFiltered) }
        return true
    }

    /// Nobody reads with it: the process forgets its file, or another takes its place. Where
    /// somebody has borrowed it meanwhile, their file does that.
    func rest(after borrowing: Int) {
        guard borrowingCount == borrowing, let read = process?.filesRead else { return }
        guard read < Self.filesMax else {
            process = nil
            _ = start()
            return
        }
        do throws(DecodeProcessHandle.Failure) {
            try process?.send(DecodeMessage(.close), [], WorkContext(within: .seconds(5)))
        } catch {
            // It held nothing of anybody; the next file starts another.
            process = nil
        }
    }

    /// Ends the process.
    func end() { process = nil }

    /// Opens audio; returns its own rate.
    func open(
        _ bytes: [UInt8], choice: AudioChoice, sampleRateHz: Int, secondsMax: Double,
        work: WorkContext
    ) throws(EngineError) -> Int {
        let message = DecodeMessage(
            opening: choice, sampleRateHz: sampleRateHz, secondsMax: secondsMax,
            byteCount: bytes.count)
        let response = try ask(
            message, bytes.prefix(DecodeMessage.windowBytes), of: bytes, work,
            damage: .unreadableAudio, isFirst: true)
        guard response.kind == .opened else {
            throw failure(response, .unreadableAudio, secondsMax: secondsMax)
        }
        work.notes.add(mask: response.numbers.y)
        return Int(response.numbers.x)
    }

    /// The next samples of the audio that is open.
    func read(
        _ count: Int, of bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) throws(EngineError) -> [Float] {
        let response = try ask(
            DecodeMessage(.read, count), of: bytes, work, damage: .unreadableAudio)
        return try samples(response, count, secondsMax: secondsMax, work)
    }

    /// The samples that a response announces, at most `count`.
    func samples(
        _ response: DecodeMessage, _ count: Int, secondsMax: Double, _ work: WorkContext
    ) throws(EngineError) -> [Float] {
        guard response.kind == .samples, response.payloadBytes == response.numbers.x * 4,
            response.numbers.x <= count
        else { throw failure(response, .unreadableAudio, secondsMax: secondsMax) }
        work.notes.add(mask: response.numbers.y)
        let samples = try guarded(.unreadableAudio) {
            process throws(DecodeProcessHandle.Failure) in
            try process.payload(Int(response.numbers.x), of: Float.self, work)
        }
        // A process that reads hostile files may have become one.
        return samples.allSatisfy { $0.magnitude <= SampleRange.bearable }
            ? samples : samples.map { $0.magnitude <= SampleRange.bearable ? $0 : 0 }
    }

    func image(_ bytes: [UInt8], sideMax: Int, work: WorkContext) throws(EngineError) -> Image {
        try withImageMemory(bytes, sideMax: sideMax, work: work) {
            _, bytesMax throws(EngineError) in
            try image(bytes, sideMax: sideMax, memoryBytes: bytesMax, work)
        }
    }

    private func image(
        _ bytes: [UInt8], sideMax: Int, memoryBytes: Int, _ work: WorkContext
    ) throws(EngineError) -> Image {
        let response = try ask(
            DecodeMessage(.decodeImage, sideMax, memoryBytes), bytes[...], of: bytes, work,
            damage: .unreadableImage, isFirst: true)
        let (width, height) = (Int(response.numbers.x), Int(response.numbers.y))
        let sides = 1...sideMax
        guard response.kind == .image, sides.contains(width), sides.contains(height),
            response.payloadBytes == width * height * 3
        else { throw failure(response, .unreadableImage) }
        let rgb = try guarded(.unreadableImage) {
            process throws(DecodeProcessHandle.Failure) in
            try process.payload(width * height * 3, of: UInt8.self, work)
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    /// What a refusal says; after any other answer the two do not understand each other.
    func failure(
        _ response: DecodeMessage, _ damage: EngineError, secondsMax: Double = 0
    ) -> EngineError {
        guard response.kind == .failed else {
            process = nil
            return damage
        }
        return response.error(damage: damage, secondsMax: secondsMax)
    }

    /// One exchange. - isFirst: with a file that the process has not seen; where it had ended
    /// unseen, before that, another is started.
    func ask(
        _ message: DecodeMessage, _ payload: ArraySlice<UInt8> = [], of file: [UInt8],
        _ work: WorkContext, damage: EngineError, isFirst: Bool = false
    ) throws(EngineError) -> DecodeMessage {
        try begin(message, payload, work, damage, isFirst: isFirst)
        return try guarded(damage) { process throws(DecodeProcessHandle.Failure) in
            try process.response(file, work)
        }
    }

    /// Sends what begins an exchange.
    func begin(
        _ message: DecodeMessage, _ payload: ArraySlice<UInt8>, _ work: WorkContext,
        _ damage: EngineError, isFirst: Bool
    ) throws(EngineError) {
        var wasSent = false
        if isFirst {
            try work.check()
            if process?.filesRead ?? 0 > 0 {
                do throws(DecodeProcessHandle.Failure) {
                    try process?.send(message, payload, work)
                    wasSent = true
                } catch {
                    // One that ended between two files: another is started below.
                    process = nil
                    if case .work(let error) = error { throw error }
                }
            }
            guard start() else { throw .backendFailed(code: -1) }
            process?.countFile()
        }
        guard !wasSent else { return }
        try guarded(damage) { process throws(DecodeProcessHandle.Failure) in
            try process.send(message, payload, work)
        }
    }

    /// Ends the process where it does not answer: its file is damage, and the next gets another.
    func guarded<Value>(
        _ damage: EngineError,
        _ body: (borrowing DecodeProcessHandle) throws(DecodeProcessHandle.Failure) -> Value
    ) throws(EngineError) -> Value {
        guard process != nil else { throw damage }
        do throws(DecodeProcessHandle.Failure) {
            return try body(process!)
        } catch {
            process = nil
            switch error {
            case .work(let error): throw error
            case .gone:
                tell(.ended)
                throw damage
            }
        }
    }
}
