import EngineAPI
import Testing

@testable import Service

/// Short videos that a face is to move as, on their way to the engine.
@Suite struct ReferenceTests {
    /// One that follows videos: a row is how many images there were; draws as wide as its options
    /// say, so that a response tells them.
    private final class FollowingHead: TalkingHeadEngine {
        let id = "following"
        let isPresent = true
        let seen = Mutex<[ReferenceParts]>([])

        func prepare() -> EngineReport {
            EngineReport(models: [], backend: "cpu", loadMilliseconds: 1)
        }

        func motion(
            of video: any VideoSource, _ parts: ReferenceParts, work: WorkContext
        ) async throws(EngineError) -> ReferenceMotion? {
            seen.withLock { $0.append(parts) }
            var count = 0
            while try await video.next() != nil { count += 1 }
            if count == 9 { throw .noFace(.nothingFound) }
            return ReferenceMotion([Double(count)], width: 1)
        }

        func open(
            _ portrait: Image, _ options: AnimationOptions, work: WorkContext
        ) -> any AnimationSession {
            func images(_ motion: ReferenceMotion?) -> Int {
                Int(bounded: motion?.values[0] ?? 0)
            }
            return ScriptedSession(
                width: 100 + 10 * images(options.poseReference) + images(options.blinkReference))
        }
    }

    private func video(
        _ engine: any TalkingHeadEngine, _ more: [(String, String)]
    ) async throws -> CollectingSink.Collected {
        let service = scriptedService(talkingHeads: TalkingHeadEngines(engine))
        let (type, body) = form([("@image", "portrait"), ("text", "one")] + more)
        return try await ask(service, "POST /animate", type: type, body: body)
    }

    @Test("each video is read for its own part, and the same one once for both")
    func read() async throws {
        let cases: [([(String, String)], String, [ReferenceParts])] = [
            ([], "100x2", []), ([("@ref_pose", "abc")], "130x2", [.pose]),
            ([("@ref_eyeblink", "ab")], "102x2", [.blinks]),
            ([("@ref_pose", "abc"), ("@ref_eyeblink", "ab")], "132x2", [.pose, .blinks]),
            ([("@ref_pose", "abc"), ("@ref_eyeblink", "abc")], "133x2", [[.pose, .blinks]]),
            ([("ref_pose", ""), ("ref_eyeblink", "")], "100x2", []),
        ]
        for (fields, size, parts) in cases {
            let engine = FollowingHead()
            let response = try await video(engine, fields)
            #expect(response.head.value("x-video-size") == size, "\(response.text)")
            #expect(engine.seen.withLock { $0 } == parts)
        }
    }

    @Test(
        "what is wrong with a video is told with its field",
        arguments: ["ref_pose", "ref_eyeblink"])
    func faults(field: String) async throws {
        let cases: [(String, Int, String, String?)] = [
            ("!", 415, "unreadable-video", nil), ("?", 415, "unreadable-video", "VP9"),
            ("#", 413, "image-too-large", "65535x65535"),
            ("nineBytes", 422, "no-face", "nothingFound"),
        ]
        for (bytes, status, type, got) in cases {
            let response = try await video(FollowingHead(), [("@" + field, bytes)])
            let problem = try problem(response)
            #expect(problem.status == status && problem.type == "/docs#" + type, "\(bytes)")
            #expect(problem.field == field)
            #expect(got.map { response.text.contains("\"got\":\"\($0)\"") } ?? true)
        }
    }

    @Test("an engine that follows no video says so")
    func passedOver() async throws {
        let response = try await video(
            ScriptedTalkingHead(), [("@ref_pose", "abc"), ("@ref_eyeblink", "ab")])
        #expect(response.head.status == 200)
        let warnings = response.head.fields.filter { $0.name == "Warning" }
            .map(\.value).joined()
        #expect(warnings.contains("ref_pose has no effect"), "\(warnings)")
        #expect(warnings.contains("ref_eyeblink has no effect"))
    }
}
