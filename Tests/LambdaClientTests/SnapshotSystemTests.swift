import EngineAPI
import Foundation
import HTTPWire
import Testing

@testable import LambdaClient

/// What a process does of which the platform keeps a snapshot.
@Suite(.serialized) struct SnapshotSystemTests {
    private let event =
        #"{"version":"2.0","rawPath":"/ok","headers":{},"#
        + #""requestContext":{"http":{"method":"POST"}}}"#

    private func client(
        _ platform: FakeRuntime, restored: @escaping @Sendable () -> String? = { nil },
        ended: @escaping @Sendable (LambdaError) -> Void = { _ in }
    ) -> LambdaClient {
        var settings = LambdaSettings(runtimeAPI: platform.address)
        settings.isSnapshotted = true
        return LambdaClient(
            settings, handler: ScriptedHandler(), restored: restored, ended: ended)
    }

    @Test("it waits for its copy, makes it its own, connects anew, and serves")
    func lifeCycle() async throws {
        let platform = FakeRuntime([.init(body: event, id: "first")])
        let restores = Mutex<[[String]]>([])
        let transport = client(platform) {
            restores.withLock { $0.append(platform.calls) }
            return nil
        }
        try transport.start()
        defer {
            platform.stop()
            transport.stop()
        }
        let posts = try await platform.posts(1)
        #expect(posts.first?.target.hasSuffix("/first/response") == true)
        #expect(restores.withLock { $0 } == [["1 restore/next"]], "once, before the first event")
        #expect(platform.calls.prefix(2) == ["1 restore/next", "2 invocation/next"])
    }

    @Test("a copy that cannot serve tells so and takes no event")
    func failure() async throws {
        let platform = FakeRuntime([.init(body: event)])
        let (ends, ended) = AsyncStream.makeStream(of: LambdaError.self)
        let transport = client(
            platform, restored: { "no clock" }, ended: { ended.yield($0) })
        try transport.start()
        defer {
            platform.stop()
            transport.stop()
        }
        for await error in ends {
            #expect(error == .restoreFailed)
            break
        }
        let posts = try await platform.posts(1)
        #expect(posts.first?.target.hasSuffix("/runtime/restore/error") == true)
        #expect(
            posts.first?.fields["lambda-runtime-function-error-type"] == "Runtime.RestoreFailed")
        #expect(posts.first?.json["errorMessage"] as? String == "no clock")
        #expect(!platform.calls.contains { $0.hasSuffix("invocation/next") })
    }

    @Test("a platform that takes no snapshot after all ends it")
    func refused() async throws {
        let platform = FakeRuntime([.init(body: event)], restoreStatus: 403)
        let (ends, ended) = AsyncStream.makeStream(of: LambdaError.self)
        let transport = client(platform, ended: { ended.yield($0) })
        try transport.start()
        defer {
            platform.stop()
            transport.stop()
        }
        for await error in ends {
            #expect(error == .refused(status: 403))
            break
        }
    }
}
