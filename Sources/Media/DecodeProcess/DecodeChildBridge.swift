import CLinux
import EngineAPI
import Glibc

/// The decoder's side: one process that reads one file at a time for the server at descriptor 0,
/// and can do nothing else.
package enum DecodeChild {
    /// The word on the command line that makes a process a decoder.
    package static let command = "decode-media"
    /// Processor time of one process; the server ends it long before.
    private static let cpuSeconds: UInt64 = 900
    /// What reading audio may take: contexts, tables of a long file, some seconds of samples.
    private static let audioBytes = 64 << 20
    /// Memory that stays for the next file: to ask for a portrait's anew each time costs a third of
    /// decoding it.
    private static let keptBytes = 8 << 20
    /// Libraries' own tables, and what memory that is freed leaves behind.
    private static let slackBytes = 48 << 20

    /// Serves until the server ends the connection.
    package static func run() -> Never {
        linux_keep_memory(UInt64(keptBytes))
        let isFiltered = linux_confine(cpuSeconds) == 0
        let line = ChildLine()
        FFmpegLog.silence()
        line.send(DecodeMessage(.hello, isFiltered ? 1 : 0))
        var session: AudioDecoder?
        var video: VideoDecoder?
        var (work, notes) = newWork()
        while let message = line.receive() {
            do throws(EngineError) {
                switch message.kind {
                case .openAudio:
                    (session, video) = (nil, nil)
                    (work, notes) = newWork()
                    linux_limit_own_memory(UInt64(audioBytes))
                    let opened = try openAudio(message, line, work)
                    session = opened
                    line.send(DecodeMessage(.opened, opened.sourceRateHz, notes.mask))
                case .read:
                    guard let session else { _exit(65) }
                    let samples = try session.read(Int(message.numbers.x))
                    samples.withUnsafeBytes {
                        line.send(DecodeMessage(.samples, samples.count, notes.mask), $0)
                    }
                case .openVideo:
                    (session, video) = (nil, nil)
                    (work, notes) = newWork()
                    let opened = try openVideo(message, line, work)
                    video = opened
                    line.send(DecodeMessage(.opened, opened.width, opened.height))
                case .nextImage:
                    guard let video else { _exit(65) }
                    sendImage(try video.next(), notes, line)
                case .decodeImage:
                    (session, video) = (nil, nil)
                    (work, notes) = newWork()
                    linux_limit_own_memory(UInt64(Int(message.numbers.y) + slackBytes))
                    let image = try Media.decodeImage(
                        line.payload(message), sideMax: Int(message.numbers.x), work: work)
                    image.rgb.withUnsafeBytes {
                        line.send(DecodeMessage(.image, image.width, image.height), $0)
                    }
                case .close:
                    (session, video) = (nil, nil)
                default: _exit(65)
                }
            } catch {
                (session, video) = (nil, nil)
                line.send(DecodeMessage(error))
            }
        }
        _exit(0)
    }

    private static func openAudio(
        _ message: DecodeMessage, _ line: ChildLine, _ work: WorkContext
    ) throws(EngineError) -> AudioDecoder {
        let isArriving = message.numbers.z == Int64(DecodeMessage.unknownLength)
        let start = line.payload(message)
        do throws(EngineError) {
            return try AudioDecoder(
                choice: message.choice, sampleRateHz: Int(message.numbers.x),
                secondsMax: Double(bitPattern: UInt64(bitPattern: message.numbers.y)), work: work
            ) {
                let source = RemoteFile(
                    line, count: isArriving ? .max : Int(message.numbers.z), start: start)
                return MemoryIO(remote: source, seekable: !isArriving)
            }
        } catch {
            throw AudioDecoder.named(error, start.prefix(16))
        }
    }

    private static func openVideo(
        _ message: DecodeMessage, _ line: ChildLine, _ work: WorkContext
    ) throws(EngineError) -> VideoDecoder {
        let limits = message.videoLimits
        let side = limits.sideMax
        linux_limit_own_memory(
            UInt64(VideoDecoder.memoryBytes(width: side, height: side) + slackBytes))
        let source = RemoteFile(
            line, count: Int(message.numbers.w), start: line.payload(message))
        return try VideoDecoder(limits: limits, work: work) { MemoryIO(remote: source) }
    }

    /// nil is the end.
    private static func sendImage(_ timed: TimedImage?, _ notes: MediaNotes, _ line: ChildLine) {
        guard let timed else { return line.send(DecodeMessage(.videoEnd, notes.mask)) }
        var message = DecodeMessage(.image, timed.image.width, timed.image.height)
        message.numbers.z = Int64(bitPattern: timed.seconds.bitPattern)
        message.numbers.w = Int64(notes.mask)
        timed.image.rgb.withUnsafeBytes { line.send(message, $0) }
    }

    /// The server has the deadline and the budget.
    private static func newWork() -> (WorkContext, MediaNotes) {
        let notes = MediaNotes()
        return (WorkContext(deadline: .now + .seconds(86_400), notes: notes), notes)
    }
}

/// The child's end of the connection. It can't go on without the server.
final class ChildLine {
    func receive() -> DecodeMessage? {
        var words = [Int64](repeating: 0, count: 6)
        guard words.withUnsafeMutableBytes({ fill($0) }) else { return nil }
        return DecodeMessage(words)
    }

    func payload(_ message: DecodeMessage) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: message.payloadBytes) { buffer, count in
            guard fill(UnsafeMutableRawBufferPointer(buffer)) else { _exit(0) }
            count = message.payloadBytes
        }
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var done = 0
        while done < buffer.count {
            let got = linux_recv(0, buffer.baseAddress! + done, UInt(buffer.count - done))
            if got == -Int(EINTR) { continue }
            guard got > 0 else { return false }
            done += got
        }
        return true
    }

    func send(
        _ message: DecodeMessage,
        _ payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        var message = message
        message.payloadBytes = payload.count
        message.words.withUnsafeBytes(write)
        write(payload)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let sent = linux_send(0, bytes.baseAddress! + done, UInt(bytes.count - done))
            if sent == -Int(EINTR) { continue }
            guard sent > 0 else { _exit(0) }
            done += sent
        }
    }
}

/// A file that the server has, fetched a window at a time.
private final class RemoteFile: ByteSource {
    let count: Int
    private let line: ChildLine
    private var window: [UInt8]
    private var windowStart = 0

    init(_ line: ChildLine, count: Int, start: [UInt8]) {
        self.line = line
        self.count = count
        window = start
    }

    func copy(from offset: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard offset < count else { return 0 }
        if offset < windowStart || offset >= windowStart + window.count {
            line.send(DecodeMessage(.need, offset, DecodeMessage.windowBytes))
            guard let response = line.receive(), response.kind == .bytes else { _exit(0) }
            window = line.payload(response)
            windowStart = offset
        }
        let from = offset - windowStart
        let size = min(buffer.count, window.count - from)
        guard size > 0 else { return 0 }
        window.withUnsafeBufferPointer {
            buffer.baseAddress!.update(from: $0.baseAddress! + from, count: size)
        }
        return size
    }
}
