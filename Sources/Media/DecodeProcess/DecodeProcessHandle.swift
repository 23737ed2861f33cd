import CLinux
import EngineAPI
import Glibc

/// One decoder process, and the server's end of the connection with it; used by one thread. It is
/// ended and waited for with the value.
struct DecodeProcessHandle: ~Copyable {
    private let descriptor: Int32
    private let process: Int32
    /// Files that it has read.
    private(set) var filesRead = 0
    /// Whether its system calls are filtered.
    private(set) var isFiltered = false
    /// What else it said of itself when it was ready.
    private(set) var helloDetail = 0

    /// How long it may be silent while it is asked for something. An honest minute of any codec
    /// takes less than a second.
    private static let silenceSecondsMax = 60.0
    private static let startSecondsMax = 10.0

    /// nil where it can't be started.
    /// - command: the word that says what the program is to be.
    static func start(
        _ program: String, command: String = DecodeChild.command
    ) -> DecodeProcessHandle? {
        var process: Int32 = 0
        let opened = linux_spawn_on_socket(program, command, &process)
        guard opened >= 0 else { return nil }
        var handle = DecodeProcessHandle(descriptor: Int32(opened), process: process)
        guard let hello = try? handle.receive(nil, secondsMax: Self.startSecondsMax),
            hello.kind == .hello
        else { return nil }
        handle.isFiltered = hello.numbers.x == 1
        handle.helloDetail = Int(hello.numbers.y)
        return handle
    }

    private init(descriptor: Int32, process: Int32) {
        self.descriptor = descriptor
        self.process = process
    }

    deinit {
        close(descriptor)
        _ = linux_end_process(process)
    }

    mutating func countFile() { filesRead += 1 }

    /// Why nothing came of an exchange: the work's own reason, or the process is gone.
    enum Failure: Error {
        case work(EngineError)
        case gone
    }

    /// Waits until something can be done, or the work must stop.
    private func wait(
        _ events: Int32, _ work: WorkContext?, _ end: ContinuousClock.Instant
    ) throws(Failure) {
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let ready = Glibc.poll(&poll, 1, 50)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw .gone }
            do throws(EngineError) {
                try work?.check()
            } catch {
                throw .work(error)
            }
            guard ContinuousClock.now < end else { throw .gone }
        }
    }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, _ work: WorkContext?,
        _ end: ContinuousClock.Instant
    ) throws(Failure) {
        var done = 0
        while done < buffer.count {
            let got = linux_recv(
                descriptor, buffer.baseAddress! + done, UInt(buffer.count - done))
            if got > 0 {
                done += got
            } else if got == -Int(EAGAIN) || got == -Int(EINTR) {
                try wait(POLLIN, work, end)
            } else {
                throw .gone
            }
        }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, _ work: WorkContext?, _ end: ContinuousClock.Instant
    ) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let sent = linux_send(
                descriptor, bytes.baseAddress! + done, UInt(bytes.count - done))
            if sent > 0 {
                done += sent
            } else if sent == -Int(EAGAIN) || sent == -Int(EINTR) {
                try wait(POLLOUT, work, end)
            } else {
                throw .gone
            }
        }
    }

    /// The next message's head.
    private func receive(_ work: WorkContext?, secondsMax: Double) throws(Failure) -> DecodeMessage
    {
        var words = [Int64](repeating: 0, count: 6)
        let end = ContinuousClock.now + .seconds(secondsMax)
        let result: Result<Void, Failure> = words.withUnsafeMutableBytes { buffer in
            do throws(Failure) { return .success(try fill(buffer, work, end)) } catch {
                return .failure(error)
            }
        }
        try result.get()
        guard let message = DecodeMessage(words) else { throw .gone }
        return message
    }

    /// Sends a message with bytes of a file behind it.
    func send(
        _ message: DecodeMessage, _ payload: ArraySlice<UInt8>, _ work: WorkContext
    ) throws(Failure) {
        var message = message
        message.payloadBytes = payload.count
        let end = ContinuousClock.now + .seconds(Self.silenceSecondsMax)
        let words = message.words
        let result: Result<Void, Failure> = words.withUnsafeBytes { head in
            payload.withUnsafeBytes { body in
                do throws(Failure) {
                    try write(head, work, end)
                    return .success(try write(body, work, end))
                } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
    }

    /// The next message of the decoder.
    func message(_ work: WorkContext) throws(Failure) -> DecodeMessage {
        try receive(work, secondsMax: Self.silenceSecondsMax)
    }

    /// The response to what was sent; what the decoder needs of the file meanwhile is handed over.
    func response(_ file: [UInt8], _ work: WorkContext) throws(Failure) -> DecodeMessage {
        while true {
            let message = try receive(work, secondsMax: Self.silenceSecondsMax)
            guard message.kind == .need else { return message }
            let from = min(max(Int(message.numbers.x), 0), file.count)
            let count = min(max(Int(message.numbers.y), 0), DecodeMessage.windowBytes)
            try send(
                DecodeMessage(.bytes), file[from..<min(from + count, file.count)], work)
        }
    }

    /// What follows a message, as elements of any plain type.
    func payload<Element: BitwiseCopyable>(
        _ count: Int, of type: Element.Type, _ work: WorkContext
    ) throws(Failure) -> [Element] {
        let end = ContinuousClock.now + .seconds(Self.silenceSecondsMax)
        var failure: Failure?
        let elements = [Element](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(Failure) {
                try fill(UnsafeMutableRawBufferPointer(buffer), work, end)
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return elements
    }
}
