import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire
import Logging
import Testing

@testable import Service

/// Engines that answer from a script; the service's own work is all that is tested.
struct ScriptedSpeaker: Speaking {
    func prepare() async throws(EngineError) -> EngineReport {
        EngineReport(models: ["v"], backend: "cpu", loadMilliseconds: 1)
    }

    func voices() -> [VoiceDescription] {
        [
            VoiceDescription(
                id: "v", language: "en", gender: "female", sampleRateHz: 24_000, licence: "MIT",
                isPresent: true)
        ]
    }

    func open(
        _ request: SpeechRequest, work: WorkContext
    ) async throws(EngineError) -> any SpeechSession {
        if let voice = request.voice, voice != "v" {
            throw .voiceUnknown(name: voice, known: ["v"])
        }
        if request.text == "<speak>" { throw .markupBroken(.unclosed, character: 8) }
        let speech = ScriptedSpeech(only: request.text)
        if !request.arrivesInPieces { try await speech.add(request.text) }
        return speech
    }
}

/// A tenth of a second for each word.
final class ScriptedSpeech: SpeechSession {
    private let only: String
    private let words = BoundedChannel<String>(costMax: 1_000_000)
    private let count = Mutex(0)

    /// - only: a word that is all of the speech.
    init(only: String) { self.only = only }

    func add(_ text: String) async throws(EngineError) {
        for word in text.split(separator: " ") { try await words.send(String(word)) }
    }

    func flush() async throws(EngineError) {}

    func finish(throwing failure: EngineError?) { words.finish(throwing: failure) }

    func next() async throws(EngineError) -> SpokenClause? {
        guard let word = try await words.next() else {
            if count.withLock({ $0 == 0 }) { throw .nothingToSpeak }
            return nil
        }
        if word == "fail" { throw .backendFailed(code: 3) }
        let index = count.withLock { count in
            count += 1
            return count - 1
        }
        let start = Double(index) * 0.1
        let timed = TimedText(text: word, startSeconds: start, endSeconds: start + 0.1)
        return SpokenClause(
            text: word,
            clip: AudioClip(
                samples: Array(repeating: 0.5, count: 2_400), sampleRateHz: 24_000),
            startSeconds: start, words: [timed], phonemes: [timed],
            visemes: [TimedViseme(viseme: .aa, startSeconds: start, endSeconds: start + 0.1)],
            isLast: only == word)
    }
}

/// Two faces on a portrait, and as many frames as the voice has shapes.
struct ScriptedTalkingHead: TalkingHeadEngine {
    var id = "scripted"
    let isPresent = true
    let hasEnhancer = true
    /// Of a voice without shapes.
    var framesPerPiece = 0

    func prepare() async throws(EngineError) -> EngineReport { throw .modelMissing(path: "/a/f") }

    func open(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any AnimationSession {
        if portrait.width == 1 { throw .noFace(.nothingFound) }
        return ScriptedSession(width: options.sidePixels, framesPerPiece: framesPerPiece)
    }
}

actor ScriptedSession: AnimationSession {
    nonisolated let canvas: AnimationCanvas
    private(set) var frameCount = 0
    private let framesPerPiece: Int
    private var drawn = 0

    init(width: Int, framesPerPiece: Int = 0) {
        canvas = AnimationCanvas(width: width, height: 2, facesSeen: 2)
        self.framesPerPiece = framesPerPiece
    }

    func add(_ piece: VoicePiece) { frameCount += piece.visemes?.count ?? framesPerPiece }
    func finish() {}
    func next(reusing used: VideoFrame?) -> VideoFrame? {
        guard drawn < frameCount else { return nil }
        let frame = used ?? VideoFrame(width: canvas.width, height: canvas.height)
        frame.index = drawn
        drawn += 1
        return frame
    }
    func pause() {}
    func close() -> [StageTime] { [StageTime(name: "find", milliseconds: 1)] }
}

/// "clip" with a streamed video's first frame, and "s" at its end; "clips" at a whole one's.
actor ScriptedVideoEncoder: VideoEncoding {
    private let isStreamed: Bool
    private var hasBegun = false

    init(isStreamed: Bool) { self.isStreamed = isStreamed }

    func add(_ frame: VideoFrame) -> [UInt8] {
        guard isStreamed, !hasBegun else { return [] }
        hasBegun = true
        return Array("clip".utf8)
    }
    func add(_ samples: [Float]) {}
    func finish() -> [UInt8] { Array((hasBegun ? "s" : "clips").utf8) }
    func close() -> Duration { .zero }
}

/// "!" is no medium; else a second of audio or an image as wide as the bytes are many.
struct ScriptedCodec: MediaCoding {
    /// The voice of videos, at 24 000 Hz.
    var voice: (any AudioSource)?

    func decodeAudio(
        _ bytes: [UInt8], sampleRateHz: Int, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioClip {
        if bytes == Array("!".utf8) { throw .unreadableAudio }
        return AudioClip(
            samples: Array(repeating: 0, count: sampleRateHz), sampleRateHz: sampleRateHz)
    }

    func reader(
        _ bytes: [UInt8], choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        // Two channels.
        if let channel = choice.channel, channel > 2 {
            throw .audioUnheard(.channelMissing(count: 2))
        }
        let clip = try await decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: secondsMax, work: work)
        return BufferedAudioSource(clip)
    }

    func audioTrack(
        _ bytes: [UInt8], secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> AudioTrack {
        if let voice { return AudioTrack(sampleRateHz: 24_000, source: voice) }
        let clip = try await decodeAudio(
            bytes, sampleRateHz: 24_000, secondsMax: secondsMax, work: work)
        return AudioTrack(sampleRateHz: 24_000, source: BufferedAudioSource(clip))
    }

    func decodeImage(
        _ bytes: [UInt8], sideMax: Int, work: WorkContext
    ) async throws(EngineError) -> Image {
        if bytes == Array("!".utf8) { throw .unreadableImage }
        return Image(
            width: bytes.count, height: 1, rgb: Array(repeating: 0, count: bytes.count * 3))
    }

    /// "!" is none, "?" in an unknown codec; else as many images as there are bytes.
    func videoSource(
        _ bytes: [UInt8], limits: VideoLimits, work: WorkContext
    ) async throws(EngineError) -> any VideoSource {
        switch bytes {
        case Array("!".utf8): throw .videoUnread(.damaged)
        case Array("?".utf8): throw .videoUnread(.codecUnknown(name: "VP9"))
        case Array("#".utf8):
            throw .videoTooLarge(width: 65_535, height: 65_535, sideMax: limits.sideMax)
        default: return ScriptedVideo(count: bytes.count)
        }
    }

    func encoder(
        _ format: AudioFormat, sampleRateHz: Int
    ) throws(EngineError) -> any AudioEncoding { ScriptedEncoder() }

    func videoEncoder(
        _ settings: VideoSettings, work: WorkContext
    ) throws(EngineError) -> any VideoEncoding {
        ScriptedVideoEncoder(isStreamed: settings.isStreamed)
    }
}

actor ScriptedVideo: VideoSource {
    private var left: Int

    init(count: Int) { left = count }

    func next() -> TimedImage? {
        guard left > 0 else { return nil }
        left -= 1
        return TimedImage(image: Image(width: 1, height: 1, rgb: [0, 0, 0]), seconds: 0)
    }
}

/// What a file comes to when it is whole.
extension ScriptedCodec {
    func reader(
        _ file: IncomingFile, choice: AudioChoice, secondsMax: Double, work: WorkContext
    ) async throws(EngineError) -> any AudioSource {
        try await reader(
            try await file.whole(), choice: choice, secondsMax: secondsMax, work: work)
    }
}

final class ScriptedEncoder: AudioEncoding {
    func add(_ samples: [Float]) async throws(EngineError) -> [UInt8] { [UInt8(ascii: "s")] }
    func finish() async throws(EngineError) -> [UInt8] { [UInt8(ascii: ".")] }
    func amendments() async -> [StreamAmendment] {
        [StreamAmendment(offset: 0, bytes: [UInt8(ascii: "S")])]
    }
}

/// Keeps what was answered.
final class CollectingSink: ResponseSink {
    let isCollected: Bool

    init(isCollected: Bool = false) { self.isCollected = isCollected }

    struct Collected: Sendable {
        var head = ResponseHead(status: 0)
        var body: [UInt8] = []
        var trailers: [String] = []
        var isWhole = false
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let state = Mutex(Collected())
    private let changes = AsyncStream.makeStream(
        of: Void.self, bufferingPolicy: .bufferingNewest(1))
    var response: Collected { state.withLock { $0 } }

    /// Waits until the body holds a text; false where it ended without.
    func holds(_ text: String) async -> Bool {
        var changed = changes.stream.makeAsyncIterator()
        while !response.text.contains(text) {
            if response.isWhole { return false }
            _ = await changed.next()
        }
        return true
    }

    func send(_ response: Response) async {
        state.withLock { ($0.head, $0.body, $0.isWhole) = (response.head, response.body, true) }
    }
    func begin(_ head: ResponseHead) async { state.withLock { $0.head = head } }
    func write(_ piece: [UInt8]) async -> Bool {
        state.withLock { $0.body += piece }
        changes.continuation.yield()
        return true
    }
    func end(trailers: [(String, String)]) async {
        state.withLock { ($0.trailers, $0.isWhole) = (trailers.map(\.0), true) }
        changes.continuation.yield()
    }
    func abort() async {}
}

func scriptedService(
    _ settings: ServiceSettings = ServiceSettings(),
    talkingHeads: TalkingHeadEngines = TalkingHeadEngines(ScriptedTalkingHead()),
    speaker: any Speaking = ScriptedSpeaker(), codec: any MediaCoding = ScriptedCodec(),
    memory: MemoryBudget = .unlimited(),
    webhooks: (any WebhookPosting)? = nil, chat: (any StreamedPosting)? = nil,
    transcriber: ScriptedTranscriber? = nil, endOfTurn: (any EndOfTurnDetecting)? = nil,
    telemetry: (settings: TelemetrySettings, poster: any TelemetryPosting)? = nil,
    signer: (any ProvenanceSigning)? = nil, verifier: (any ProvenanceReading)? = nil,
    clock: TestClock? = nil, residentBytes: @escaping @Sendable () -> Int = { 0 },
    log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
) -> AvatarService {
    AvatarService(
        engines: Engines(
            transcriber: transcriber ?? ScriptedTranscriber(endOfTurn: endOfTurn),
            speaker: speaker, talkingHeads: talkingHeads,
            codec: codec, signer: signer, verifier: verifier),
        settings: settings, log: log, memory: memory, webhooks: webhooks, chat: chat,
        telemetry: telemetry,
        now: { clock?.now ?? Date() }, uptime: { clock?.uptime ?? .now },
        residentBytes: residentBytes)
}

/// Sends one request through the service as a transport would.
func ask(
    _ service: AvatarService, _ line: String, type: String? = nil, body: String = "",
    fields: String = "", sink: CollectingSink = CollectingSink()
) async throws -> CollectingSink.Collected {
    var text = line + " HTTP/1.1\r\nHost: a\r\n" + fields
    if let type { text += "Content-Type: \(type)\r\n" }
    let head = try parseHead(Array((text + "\r\n").utf8))
    switch service.admit(head) {
    case .response(let response):
        return CollectingSink.Collected(head: response.head, body: response.body, isWhole: true)
    case .upgrade:
        Issue.record("nobody asked for a WebSocket")
        return CollectingSink.Collected(
            head: ResponseHead(status: 101), body: [], isWhole: false)
    case .exchange(let exchange):
        do throws(HTTPError) {
            if case .length(let count) = head.framing, count > exchange.bodyBytesMax {
                throw .bodyTooLarge(bytesMax: exchange.bodyBytesMax)
            }
            try await exchange.respond(to: sink, body: try ScriptedBody(body, for: exchange))
        } catch {
            exchange.cancel(.refused)
            let response = service.refuse(error, path: head.path)
            return CollectingSink.Collected(head: response.head, body: response.body, isWhole: true)
        }
        return sink.response
    }
}

/// A body that comes in two pieces, charged as a transport does.
final class ScriptedBody: RequestBody {
    private let pieces: Mutex<[[UInt8]]>

    init(_ text: String, for exchange: any Exchange) throws(HTTPError) {
        let bytes = Array(text.utf8)
        try exchange.charge(bytes.count)
        let half = bytes.count / 2
        pieces = Mutex([Array(bytes[..<half]), Array(bytes[half...])].filter { !$0.isEmpty })
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

/// A body whose bytes are charged and of which no more comes until it breaks off.
final class StalledBody: RequestBody {
    private struct State {
        var error: HTTPError?
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    init(_ count: Int, for exchange: any Exchange) throws(HTTPError) {
        try exchange.charge(count)
    }

    func breakOff(_ error: HTTPError) {
        let reader = state.withLock { state in
            state.error = error
            return state.reader
        }
        reader?.resume()
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        await withCheckedContinuation { continuation in
            let isBroken = state.withLock { state in
                if state.error == nil { state.reader = continuation }
                return state.error != nil
            }
            if isBroken { continuation.resume() }
        }
        throw state.withLock { $0.error } ?? .cancelled
    }
}

/// A multipart body of fields and files (files are named with a leading "@").
func form(_ parts: [(String, String)]) -> (type: String, body: String) {
    var body = ""
    for (name, value) in parts {
        let isFile = name.hasPrefix("@")
        let file = isFile ? "; filename=\"f\"" : ""
        body +=
            "--B\r\nContent-Disposition: form-data; name=\"\(isFile ? String(name.dropFirst()) : name)\"\(file)"
        body += "\r\n\r\n\(value)\r\n"
    }
    return ("multipart/form-data; boundary=B", body + "--B--\r\n")
}
