import Foundation
import HTTPWire
import Testing

@testable import LambdaClient

/// An event and the request that it must become.
private struct EventCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let event: String
    var shape: LambdaEventShape
    var method = "POST"
    var path = "/speak"
    var query = ""
    /// Fields that must be there, each with all of its values.
    var fields: [String: [String]] = [:]
    /// Fields that must not.
    var absent: [String] = []
    var body = ""
}

private let cases: [EventCase] = [
    EventCase(
        testDescription: "REST v1 with many-valued headers and query",
        event: #"""
            {"resource":"/{proxy+}","path":"/speak","httpMethod":"POST","headers":{"Host":"h.example"},
             "multiValueHeaders":{"Host":["h.example"],"Accept":["a/b","c/d"],"X-A":null},
             "queryStringParameters":{"a":"2"},
             "multiValueQueryStringParameters":{"b":["x y&z=%","é"],"a":["1","2"]},
             "requestContext":{"stage":"prod"},"body":"{\"text\":\"hi\"}","isBase64Encoded":false}
            """#,
        shape: .restV1, query: "a=1&a=2&b=x%20y%26z%3D%25&b=%C3%A9",
        fields: [
            "host": ["h.example"], "accept": ["a/b", "c/d"], "content-length": ["13"],
            "x-request-id": ["id-1"],
        ], body: #"{"text":"hi"}"#),
    EventCase(
        testDescription: "REST v1 with single headers, no query and no body",
        event: #"""
            {"path":"/speak","httpMethod":"GET","headers":{"Host":"h","X-Request-Id":"mine"},
             "multiValueHeaders":null,"queryStringParameters":null,
             "multiValueQueryStringParameters":null,"body":null}
            """#,
        shape: .restV1, method: "GET", fields: ["x-request-id": ["mine"]],
        absent: ["content-length"]),
    EventCase(
        testDescription: "REST v1 under a stage that its path does not have",
        event: #"""
            {"resource":"/{proxy+}","path":"/speak","httpMethod":"POST",
             "pathParameters":{"proxy":"speak"},
             "requestContext":{"stage":"prod","path":"/prod/speak"}}
            """#, shape: .restV1),
    EventCase(
        testDescription: "REST v1 under a stage that is called as a route begins",
        event: #"""
            {"path":"/v1/audio/speech","httpMethod":"POST",
             "requestContext":{"stage":"v1","path":"/v1/v1/audio/speech"}}
            """#, shape: .restV1, path: "/v1/audio/speech"),
    EventCase(
        testDescription: "REST v1 behind a custom domain with a base path",
        event: #"""
            {"resource":"/{proxy+}","path":"/base/v1/audio/speech","httpMethod":"POST",
             "pathParameters":{"proxy":"v1/audio/speech"},
             "requestContext":{"stage":"v1","path":"/base/v1/audio/speech"}}
            """#, shape: .restV1, path: "/v1/audio/speech"),
    EventCase(
        testDescription: "HTTP API in format 1.0, with its stage in the path",
        event: #"""
            {"version":"1.0","resource":"$default","path":"/prod/speak","httpMethod":"POST",
             "pathParameters":null,"requestContext":{"stage":"prod","path":"/prod/speak"}}
            """#, shape: .restV1),
    EventCase(
        testDescription: "a stage alone is the root",
        event: #"""
            {"path":"/prod","httpMethod":"GET","requestContext":{"stage":"prod","path":"/prod"}}
            """#, shape: .restV1, method: "GET", path: "/"),
    EventCase(
        testDescription: "a path that only begins as its stage does",
        event: #"""
            {"path":"/production","httpMethod":"GET","requestContext":{"stage":"prod"}}
            """#, shape: .restV1, method: "GET", path: "/production"),
    EventCase(
        testDescription: "HTTP v2 with cookies, a raw query and a base64 body",
        event: #"""
            {"version":"2.0","rawPath":"/speak","rawQueryString":"text=a%20b+c&x=1&y",
             "cookies":["a=1","b=2"],"headers":{"host":"h","content-type":"a/b"},
             "requestContext":{"http":{"method":"POST","path":"/speak"},"stage":"$default"},
             "body":"AAEC","isBase64Encoded":true}
            """#,
        shape: .httpV2, query: "text=a%20b+c&x=1&y",
        fields: ["cookie": ["a=1; b=2"], "content-type": ["a/b"], "content-length": ["3"]],
        body: "\u{0}\u{1}\u{2}"),
    EventCase(
        testDescription: "HTTP v2 under a stage, its host from the context",
        event: #"""
            {"version":"2.0","rawPath":"/prod/speak","rawQueryString":"",
             "requestContext":{"http":{"method":"GET"},"stage":"prod","domainName":"d.example"}}
            """#,
        shape: .httpV2, method: "GET", fields: ["host": ["d.example"]]),
    EventCase(
        testDescription: "a path that came decoded is coded again",
        event: #"""
            {"version":"2.0","rawPath":"/a b?c#d/%2F/é%","rawQueryString":"",
             "requestContext":{"http":{"method":"GET"}}}
            """#,
        shape: .httpV2, method: "GET", path: "/a%20b%3Fc%23d/%2F/%C3%A9%25"),
    EventCase(
        testDescription: "ALB with single headers and a query that is still coded",
        event: #"""
            {"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST","path":"/speak",
             "queryStringParameters":{"text":"a%20b","z":"1"},"headers":{"host":"h"},
             "body":"x","isBase64Encoded":false}
            """#,
        shape: .balancer(isMultiValue: false), query: "text=a%20b&z=1", body: "x"),
    EventCase(
        testDescription: "ALB with many-valued headers",
        event: #"""
            {"requestContext":{"elb":{}},"httpMethod":"GET","path":"/speak",
             "multiValueQueryStringParameters":{"a":["1","2"]},
             "multiValueHeaders":{"cookie":["a=1","b=2"]},"body":"","isBase64Encoded":false}
            """#,
        shape: .balancer(isMultiValue: true), method: "GET", query: "a=1&a=2",
        fields: ["cookie": ["a=1", "b=2"], "host": ["localhost"]]),
    EventCase(
        testDescription: "nothing in an event can split the head or frame the body",
        event: #"""
            {"version":"2.0","rawPath":"/speak","rawQueryString":"a=1 HTTP/1.1\r\nX-B: 1",
             "headers":{"x-a":"1\r\nx-evil: 2","x evil":"3","x-evil\r\n":"4","":"5",
             "transfer-encoding":"chunked","Content-Length":"99","connection":"close",
             "expect":"200-ok","host":"h"},
             "requestContext":{"http":{"method":"POST"}},"body":"abc","isBase64Encoded":false}
            """#,
        shape: .httpV2, query: "a=1%20HTTP/1.1%0D%0AX-B:%201",
        fields: ["x-a": ["1  x-evil: 2"], "content-length": ["3"]],
        absent: ["x-evil", "x-b", "transfer-encoding", "connection", "expect"], body: "abc"),
    EventCase(
        testDescription: "a warm-up event",
        event: #"{"warmup":true,"engines":["speak"]}"#, shape: .direct, path: "/warmup",
        fields: ["authorization": ["Bearer key"]], body: #"{"engines":["speak"]}"#),
]

@Suite struct LambdaEventTests {
    @Test("an event becomes the request that its client sent", arguments: cases)
    fileprivate func becomesRequest(_ wanted: EventCase) throws {
        let request = try readEvent(
            Array(wanted.event.utf8), invocationID: "id-1", apiKey: "key")
        #expect(request.shape == wanted.shape)
        #expect(String(decoding: request.body, as: UTF8.self) == wanted.body)
        let head = try parseWhole(request.head)
        #expect(head.method == wanted.method)
        #expect(head.path == wanted.path)
        #expect(head.query == wanted.query)
        for (name, values) in wanted.fields { #expect(head.values(name) == values) }
        for name in wanted.absent { #expect(head.value(name) == nil) }
        #expect(
            head.framing == (request.body.isEmpty ? .none : .length(request.body.count)))
    }

    @Test(
        "bytes that a gateway took for text are told from text",
        arguments: [
            ("audio/wav", "RIFF", false, true), ("image/png", "x", false, true),
            ("Application/Octet-Stream", "x", false, true), ("audio/wav", "UklGRg==", true, false),
            ("audio/wav", "", false, false), ("application/json", #"{"a":"\ufffd"}"#, false, false),
            ("text/plain", "\u{FFFD}", false, false),
            ("multipart/form-data; boundary=b", "--b; filename=a\u{FFFD}PNG", false, true),
            ("multipart/form-data; boundary=b", "--b; filename=a\u{89}PNG", false, true),
            ("multipart/form-data; boundary=b", "--b; filename=a héllo", false, false),
            ("multipart/form-data; boundary=b", "--b; name=text \u{FFFD}", false, false),
        ])
    func spoiled(_ type: String, _ body: String, _ isBase64: Bool, _ wanted: Bool) throws {
        let text = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        let event =
            #"{"httpMethod":"POST","path":"/","headers":{"Content-Type":"\#(type)"},"#
            + #""body":\#(text),"isBase64Encoded":\#(isBase64)}"#
        let request = try readEvent(Array(event.utf8), invocationID: "i", apiKey: nil)
        #expect(request.isSpoiled == wanted)
    }

    @Test("a method that is none does not become a request line of two")
    func badMethod() throws {
        let event = #"{"httpMethod":"GET / HTTP/1.1\r\nX: 1\r\n\r\nPOST","path":"/"}"#
        let request = try readEvent(Array(event.utf8), invocationID: "i", apiKey: nil)
        #expect(throws: HTTPError.badRequestLine) { try parseWhole(request.head) }
    }

    @Test("a head longer than the socket takes is refused here too")
    func longHead() throws {
        let long = String(repeating: "x", count: HeadScanner.headBytesMax)
        let event = #"{"httpMethod":"GET","path":"/","headers":{"a":"\#(long)"}}"#
        let request = try readEvent(Array(event.utf8), invocationID: "i", apiKey: nil)
        #expect(throws: HTTPError.headTooLarge(bytesMax: HeadScanner.headBytesMax)) {
            try parseWhole(request.head)
        }
    }

    @Test("the clock leaves time to answer", arguments: [3_000, 60_000, 900_000] as [Int64])
    func clock(_ remaining: Int64) {
        let clock = InvocationClock(remaining: remaining, now: 0)
        #expect(clock.cancelAt < clock.giveUpAt)
        #expect(clock.giveUpAt <= UInt64(remaining) * 1_000_000 - 200_000_000)
        #expect(clock.cancelAt >= UInt64(remaining) * 700_000)
    }

    @Test("a deadline that has passed, or is none, makes no trap")
    func oddDeadlines() {
        let past = InvocationClock(remaining: -5, now: 7)
        #expect(past.cancelAt == 7 && past.giveUpAt == 7)
        _ = InvocationClock(deadlineMilliseconds: .min)
        _ = InvocationClock(deadlineMilliseconds: .max)
        _ = InvocationClock(deadlineMilliseconds: nil)
    }
}
