import Foundation
import HTTPWire
import Testing

@testable import LambdaClient

private func text(_ response: Response, _ shape: LambdaEventShape) -> String? {
    lambdaEventBytes(response, shape).map { String(decoding: $0, as: UTF8.self) }
}

private let response = Response(
    status: 200, type: "application/json", body: Array(#"{"a":"/"}"#.utf8),
    fields: [("Set-Cookie", "a=1"), ("Vary", "A"), ("vary", "B"), ("Set-Cookie", "b=2")])

@Suite struct LambdaEventResponseTests {
    @Test(
        "a response takes the shape of its event",
        arguments: [
            (
                LambdaEventShape.restV1,
                #"{"body":"{\"a\":\"/\"}","isBase64Encoded":false,"multiValueHeaders":"#
                    + #"{"Content-Type":["application/json"],"Set-Cookie":["a=1","b=2"],"#
                    + #""Vary":["A","B"]},"statusCode":200}"#
            ),
            (
                .httpV2,
                #"{"body":"{\"a\":\"/\"}","cookies":["a=1","b=2"],"headers":"#
                    + #"{"Content-Type":"application/json","Vary":"A, B"},"#
                    + #""isBase64Encoded":false,"statusCode":200}"#
            ),
            (
                .balancer(isMultiValue: false),
                #"{"body":"{\"a\":\"/\"}","headers":{"Content-Type":"application/json","#
                    + #""Set-Cookie":"a=1","Vary":"A, B"},"isBase64Encoded":false,"#
                    + #""statusCode":200,"statusDescription":"200 OK"}"#
            ),
            (
                .balancer(isMultiValue: true),
                #"{"body":"{\"a\":\"/\"}","isBase64Encoded":false,"multiValueHeaders":"#
                    + #"{"Content-Type":["application/json"],"Set-Cookie":["a=1","b=2"],"#
                    + #""Vary":["A","B"]},"statusCode":200,"statusDescription":"200 OK"}"#
            ),
            (.direct, #"{"a":"/"}"#),
        ])
    func shapes(_ shape: LambdaEventShape, _ wanted: String) {
        #expect(text(response, shape) == wanted)
    }

    @Test(
        "what is no text by type and by bytes goes in base64",
        arguments: [
            ("audio/wav", Array("abc".utf8)), ("text/plain", [0xFF, 0xFE]),
            ("video/mp4", [0, 1, 2]),
        ])
    func binary(_ type: String, _ body: [UInt8]) {
        let text = text(Response(status: 200, type: type, body: body), .httpV2)
        #expect(text?.contains(#""isBase64Encoded":true"#) == true)
        #expect(text?.contains(Data(body).base64EncodedString()) == true)
    }

    @Test("a text in a content coding goes in base64")
    func coded() {
        let response = Response(
            status: 200, type: "text/plain", body: Array("abc".utf8),
            fields: [("Content-Encoding", "gzip")])
        #expect(text(response, .httpV2)?.contains(#""isBase64Encoded":true"#) == true)
    }

    @Test(
        "a response that fits is given, and one that does not is not",
        arguments: [
            (LambdaEventShape.httpV2, 4_500_000, true), (.httpV2, 4_800_000, false),
            (.restV1, 4_500_000, true), (.balancer(isMultiValue: true), 700_000, true),
            (.balancer(isMultiValue: true), 800_000, false),
        ])
    func limits(_ shape: LambdaEventShape, _ count: Int, _ fits: Bool) {
        let response = Response(
            status: 200, type: "video/mp4", body: [UInt8](repeating: 7, count: count))
        let bytes = lambdaEventBytes(response, shape)
        #expect((bytes != nil) == fits)
        if let bytes { #expect(bytes.count <= shape.responseBytesMax) }
    }

    @Test("a text that grows by its escapes is measured as it is sent")
    func escapes() {
        let response = Response(
            status: 200, type: "text/plain", body: [UInt8](repeating: 0x01, count: 2_000_000))
        #expect(lambdaEventBytes(response, .httpV2) == nil)
    }

    @Test("trailers of a response that is whole take the place of what the head said")
    func trailers() {
        let head = ResponseHead(
            status: 200,
            fields: [("Server-Timing", "a"), ("Trailer", "Server-Timing"), ("X", "1")])
        let whole = merged(head, trailers: [("Server-Timing", "b")])
        #expect(
            whole == ResponseHead(status: 200, fields: [("X", "1"), ("Server-Timing", "b")]))
    }

    @Test("a response to HEAD has no body")
    func headRequest() {
        let pipe = ResponsePipe(isHead: true)
        pipe.put(response)
        let reader = ResponseReader(
            pipe, exchange: nil, clock: InvocationClock(deadlineMilliseconds: nil))
        guard case .whole(let response) = reader.collect(bytesMax: 100) else {
            Issue.record("not whole")
            return
        }
        #expect(response.body.isEmpty)
        #expect(response.head.status == 200)
    }
}
