import Glibc
import HTTPWire
import Testing

@testable import CommandLineSupport

@Suite struct InputFileBodySystemTests {
    /// A path that opens the reading end of a pipe.
    private func pipe(_ body: (String, Int32) async throws -> Void) async throws {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        defer { close(ends[0]) }
        try await body("/proc/self/fd/\(ends[0])", ends[1])
    }

    @Test("a pipe's bytes come as they are written, and its end is told again")
    func pieces() async throws {
        try await pipe { path, writer in
            let body = try InputFileBody(path: path)
            for text in ["one", "two"] {
                _ = write(writer, text, text.utf8.count)
                #expect(try await body.next() == Array(text.utf8))
            }
            close(writer)
            #expect(try await body.next() == nil)
            #expect(try await body.next() == nil)
        }
    }

    @Test("a wait for a pipe ends when its task is cancelled")
    func cancelled() async throws {
        try await pipe { path, writer in
            let body = try InputFileBody(path: path)
            let task = Task { () -> HTTPError? in
                do throws(HTTPError) {
                    _ = try await body.next()
                    return nil
                } catch {
                    return error
                }
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            close(writer)
        }
    }

    @Test("a file that is not there is no input")
    func missing() {
        let failure = #expect(throws: CommandFailure.self) {
            try InputFileBody(path: "/nowhere/at/all")
        }
        #expect(failure?.status == .noInput)
    }
}
