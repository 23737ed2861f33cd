import EngineAPI
import Execution
import Foundation
import HTTPWire
import Testing

@testable import Service

/// An engine whose videos say that they have begun, report a frame, and wait to be let go or
/// cancelled.
final class HeldTalkingHead: TalkingHeadEngine {
    let id = "held"
    let isPresent = true
    private let begun = AsyncStream.makeStream(of: Void.self)
    private let released = AsyncStream.makeStream(of: Void.self)

    var alone: TalkingHeadEngines { TalkingHeadEngines(self) }

    func prepare() async throws(EngineError) -> EngineReport { throw .cancelled }

    /// Waits until one more video has begun.
    func waitForBegin() async { for await _ in begun.stream { return } }

    func release() { released.continuation.yield() }

    func open(
        _ portrait: Image, _ options: AnimationOptions, work: WorkContext
    ) async throws(EngineError) -> any AnimationSession {
        work.report(25, of: 100, .frames)
        begun.continuation.yield()
        for await _ in released.stream { break }
        try work.check()
        return ScriptedSession(width: options.sidePixels)
    }
}

/// Keeps what was posted, and answers from a list, the last for ever.
final class ScriptedPoster: WebhookPosting {
    private let responses: [Int?]
    private let posted = Mutex<[(url: String, body: [UInt8], fields: [(String, String)])]>([])
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    init(_ responses: [Int?]) { self.responses = responses }

    var all: [(url: String, body: [UInt8], fields: [(String, String)])] { posted.withLock { $0 } }

    func post(_ body: [UInt8], fields: [(String, String)], to url: String) async -> Int? {
        let count = posted.withLock { posted in
            posted.append((url, body, fields))
            return posted.count
        }
        arrivals.continuation.yield()
        return responses[min(count, responses.count) - 1]
    }

    func waitForPost() async { for await _ in arrivals.stream { return } }
}

/// Clocks that move when they are told to: the time of day, which somebody may also set, and one
/// that only goes forward.
final class TestClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    private let elapsed = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    var now: Date { date.withLock { $0 } }
    var uptime: ContinuousClock.Instant { start + elapsed.withLock { $0 } }

    func advance(_ seconds: Double) {
        set(by: seconds)
        elapsed.withLock { $0 += .seconds(seconds) }
    }

    /// Sets the time of day alone.
    func set(by seconds: Double) { date.withLock { $0 = $0.addingTimeInterval(seconds) } }
}

/// A portrait whose video is found wanting.
let faceless = form([("@image", "x"), ("text", "one")])
let portrait = form([("@image", "portrait"), ("text", "one two")])

/// Asks for a job; returns its id.
func startJob(
    _ service: AvatarService, _ line: String = "POST /animate",
    _ form: (type: String, body: String) = portrait
) async throws -> String {
    let response = try await ask(
        service, line, type: form.type, body: form.body, fields: "Prefer: respond-async\r\n")
    #expect(response.head.status == 202, "\(response.text)")
    let location = try #require(response.head.value("location"))
    return String(location.dropFirst("/jobs/".count))
}

/// Waits for a job's end.
@discardableResult
func waitForEnd(_ service: AvatarService, _ id: String) async throws -> JobSnapshot {
    var last: JobSnapshot?
    for await snapshot in try service.jobs.watch(id).changes { last = snapshot }
    let snapshot = try #require(last)
    #expect(snapshot.hasEnded)
    return snapshot
}
