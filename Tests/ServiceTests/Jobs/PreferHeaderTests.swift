import EngineAPI
import Execution
import Foundation
import HTTPWire
import Testing

@testable import Service

/// The field that asks for a job.
@Suite struct PreferHeaderTests {
    @Test(
        "a preference is read as RFC 7240 has it",
        arguments: [
            ("respond-async", true), ("Respond-Async", true), ("wait=10, respond-async", true),
            ("respond-async; wait=10", true), ("return=minimal", false), ("", false),
            ("respond-asynchronously", false), ("x=respond-async", false),
        ])
    func preference(value: String, wanted: Bool) throws {
        let head = try parseHead(
            Array("POST / HTTP/1.1\r\nHost: a\r\nPrefer: a\r\nPrefer: \(value)\r\n\r\n".utf8))
        #expect(prefersAsync(head) == wanted)
    }
}
