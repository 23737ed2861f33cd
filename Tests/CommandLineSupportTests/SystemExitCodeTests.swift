import Foundation
import HTTPWire
import Testing

@testable import CommandLineSupport

@Suite struct SystemExitCodeTests {
    @Test(
        "a response's status becomes one of sysexits.h",
        arguments: [
            (200, "", SystemExitCode.done), (400, "bad-field", .usage), (404, "not-found", .usage),
            (404, "model-missing", .unavailable), (400, "model-unknown", .unavailable),
            (413, "text-too-long", .badInput), (415, "unreadable-audio", .badInput),
            (422, "no-face", .badInput), (429, "overloaded", .tryAgain), (504, "", .tryAgain),
            (500, "", .ownFault), (599, "", .ownFault),
        ])
    func mapping(status: Int, kind: String, expected: SystemExitCode) {
        #expect(SystemExitCode(httpStatus: status, kind: kind) == expected)
    }

    @Test("a problem is told in one line with its field, limit and what came")
    func problem() {
        let body = """
            {"type":"/docs#bad-field","detail":"The number is out of range.","field":"speed",\
            "limit":"0.25 to 4","got":"9"}
            """
        let failure = CommandFailure(problem: Array(body.utf8), httpStatus: 400)
        #expect(
            failure
                == CommandFailure(
                    .usage,
                    "The number is out of range. Field: speed. Allowed: 0.25 to 4. Got: 9."))
        let broken = CommandFailure(problem: Array("oops".utf8), httpStatus: 500)
        #expect(broken.status == .ownFault && broken.message.contains("500"))
        let missing = CommandFailure(
            problem: Array(#"{"type":"/docs#model-unknown","detail":"No."}"#.utf8), httpStatus: 400)
        #expect(missing.message.contains("models fetch"))
    }
}
