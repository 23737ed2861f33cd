import EngineAPI
import Testing

@testable import Service

/// Engines that animate, as the routes know them, and how a voice becomes a video.
@Suite struct TalkingHeadEngineTests {
    /// All that a second engine takes: a type, and a place in the list.
    private struct SquareHead: TalkingHeadEngine {
        let id = "square"
        let isPresent = false

        func prepare() -> EngineReport {
            EngineReport(models: ["s"], backend: "cpu", loadMilliseconds: 1)
        }

        func open(
            _ portrait: Image, _ options: AnimationOptions, work: WorkContext
        ) -> any AnimationSession { ScriptedSession(width: 64) }
    }

    private static let both = TalkingHeadEngines(ScriptedTalkingHead(), [SquareHead()])

    private func video(
        _ service: AvatarService, _ more: [(String, String)], sink: CollectingSink = .init()
    ) async throws -> CollectingSink.Collected {
        let (type, body) = form([("@image", "portrait")] + more)
        return try await ask(service, "POST /animate", type: type, body: body, sink: sink)
    }

    @Test("engine names who draws; the first of the list does where nobody is named")
    func secondEngine() async throws {
        let service = scriptedService(talkingHeads: Self.both)
        for (engine, size) in [("square", "64x2"), ("scripted", "256x2"), ("", "256x2")] {
            let response = try await video(
                service, [("text", "one"), ("size", "256"), ("engine", engine)])
            #expect(response.head.value("x-video-size") == size, "\(engine): \(response.text)")
        }
    }

    @Test("an engine that is not here is 422 with the list of those that are")
    func unknownEngine() async throws {
        let service = scriptedService(talkingHeads: Self.both)
        let response = try await video(service, [("text", "one"), ("engine", "neural")])
        let problem = try problem(response)
        #expect(problem.status == 422 && problem.field == "engine")
        #expect(problem.limit == "scripted, square" && problem.type == "/docs#engine-unknown")
    }

    /// One that can't open a portrait.
    private struct FailingHead: TalkingHeadEngine {
        let id = "failing"
        let isPresent = true
        let error: EngineError

        func prepare() throws(EngineError) -> EngineReport { throw error }

        func open(
            _ portrait: Image, _ options: AnimationOptions, work: WorkContext
        ) throws(EngineError) -> any AnimationSession { throw error }
    }

    @Test("a file that is another network, and time that is too short, are told with all facts")
    func tellsFaults() async throws {
        let path = "/srv/models/sadtalker/renderer_256.onnx"
        let found: [(EngineError, Int, [String])] = [
            (
                .modelMismatch(
                    path: path, tensor: "volume", wanted: "float [1, 32]", found: "float [1, 16]"),
                503,
                [
                    "renderer_256.onnx", "volume", "float [1, 32]", "float [1, 16]",
                    "scripts/models/sadtalker",
                ]
            ),
            (
                .modelMismatch(path: path, tensor: "thin", wanted: "float [1]", found: nil), 503,
                ["thin", "missing"]
            ),
            (.modelMissing(path: path), 503, ["renderer_256.onnx", "scripts/models/sadtalker"]),
            (
                .modelMissing(path: "/srv/models/bark/coarse.onnx"), 503,
                ["coarse.onnx", "scripts/models/bark makes it from Bark's weights"]
            ),
            (.deadlineTooShort(needSeconds: 3999.2, leftSeconds: 880), 504, ["4000 s"]),
        ]
        for (error, status, words) in found {
            let service = scriptedService(
                talkingHeads: TalkingHeadEngines(FailingHead(error: error)))
            let problem = try problem(try await video(service, [("text", "one")]))
            #expect(problem.status == status)
            for word in words { #expect(problem.detail.contains(word), "\(problem.detail)") }
            #expect(!problem.detail.contains("/srv"), "no path of the server's")
        }
    }

    /// One whose faces nobody restores.
    private struct PlainHead: TalkingHeadEngine {
        let id = "plain"
        let isPresent = true

        func prepare() -> EngineReport {
            EngineReport(models: [], backend: "cpu", loadMilliseconds: 1)
        }

        func open(
            _ portrait: Image, _ options: AnimationOptions, work: WorkContext
        ) throws(EngineError) -> any AnimationSession {
            if options.enhancer == .face {
                throw .modelMissing(path: "/srv/models/enhancer/face.onnx")
            }
            return ScriptedSession(width: 64)
        }
    }

    @Test("enhancer=face asks the engine for it; where its file is missing that is told")
    func enhancer() async throws {
        let service = scriptedService(talkingHeads: TalkingHeadEngines(PlainHead()))
        for plain in ["none", ""] {
            let response = try await video(service, [("text", "one"), ("enhancer", plain)])
            #expect(response.head.status == 200)
        }
        let missing = try problem(
            try await video(service, [("text", "one"), ("enhancer", "face")]))
        #expect(missing.status == 503 && missing.type == "/docs#model-missing")
        #expect(missing.detail.contains("face.onnx") && missing.detail.contains("enhancer=face"))
        let unknown = try problem(
            try await video(service, [("text", "one"), ("enhancer", "gfpgan")]))
        #expect(unknown.status == 400 && unknown.field == "enhancer")
        #expect(unknown.limit == "none, face")
    }

    @Test("engines are listed wherever a client looks for them")
    func listed() async throws {
        let service = scriptedService(talkingHeads: Self.both)
        let list = try await ask(service, "GET /engines").text
        let first = #"{"default":true,"enhancer":true,"id":"scripted","present":true}"#
        #expect(list.contains(first), "\(list)")
        #expect(list.contains(#"{"default":false,"enhancer":false,"id":"square","present":false}"#))
        let ids = #""talking_heads":["scripted","square"]"#
        #expect(try await ask(service, "GET /readyz").text.contains(ids))
        let warm = try await ask(service, "POST /warmup", body: #"{"engines":["square"]}"#)
        #expect(warm.head.status == 200 && warm.text.contains(ids), "\(warm.text)")
        #expect(warm.text.contains(#""square":{"#))
        let document = try await ask(service, "GET /openapi.json").text
        #expect(document.contains(#""enum":["scripted","square"]"#))
    }

    /// Two seconds of audio; what was answered by its end is kept.
    private actor WatchedVoice: AudioSource {
        private let sink: CollectingSink
        private var left = 48_000
        private(set) var answeredAtEnd = ""

        init(_ sink: CollectingSink) { self.sink = sink }

        func read(_ count: Int) -> [Float] {
            let taken = min(count, left)
            left -= taken
            if taken < count { answeredAtEnd = sink.response.text }
            return [Float](repeating: 0, count: taken)
        }
    }

    @Test(
        "a streamed video begins before its voice ends, a whole one does not",
        arguments: [true, false])
    func begins(isStreamed: Bool) async throws {
        let sink = CollectingSink()
        let (voice, memory) = (WatchedVoice(sink), MemoryBudget(bytesMax: 1 << 30))
        let service = scriptedService(
            talkingHeads: TalkingHeadEngines(ScriptedTalkingHead(framesPerPiece: 2)),
            codec: ScriptedCodec(voice: voice), memory: memory)
        let response = try await video(
            service, [("@audio", "sound"), ("stream", "\(isStreamed)")], sink: sink)
        #expect(response.text == "clips" && response.head.status == 200)
        #expect(await voice.answeredAtEnd == (isStreamed ? "clip" : ""))
        #expect(memory.bytesHeld == 0, "all that was charged is given back")
    }

    @Test("a streamed text begins with its first clause")
    func beginsWithText() async throws {
        let service = scriptedService()
        let response = try await video(service, [("text", "one two fail"), ("stream", "true")])
        // The third clause fails when the first two have left.
        #expect(response.head.status == 200 && response.text == "clip" && !response.isWhole)
        let whole = try problem(try await video(service, [("text", "one two fail")]))
        #expect(whole.status == 500)
    }
}
