import Foundation
import HTTPWire
import Testing

@testable import Service

extension JSONValue {
    /// Names of an object's fields.
    fileprivate var names: Set<String> {
        guard case .object(let fields) = self else { return [] }
        return Set(fields.keys)
    }

    /// Every text that stands under a name, at any depth.
    fileprivate func all(_ name: String) -> [String] {
        switch self {
        case .object(let fields):
            fields.flatMap { key, value in
                if key == name, case .string(let text) = value { return [text] }
                return value.all(name)
            }
        case .array(let elements): elements.flatMap { $0.all(name) }
        default: []
        }
    }
}

@Suite struct DocumentTests {
    private let service = scriptedService()
    private static let document =
        OpenAPIDocument(voices: { ["v"] }, talkingHeads: ["scripted"]).document
    private var document: JSONValue { Self.document }

    @Test("the document that is served is OpenAPI 3.1, and the one that is tested")
    func served() async throws {
        let response = try await ask(service, "GET /openapi.json")
        #expect(response.head.value("content-type") == "application/json")
        let value = try JSONValue(response)
        #expect(value == document && value["openapi"] == "3.1.0")
    }

    @Test("every route is in the document, and nothing else is")
    func routes() {
        var routes: Set<String> = []
        for route in Route.allCases {
            let methods = route.methods.filter { $0 != "HEAD" }
            for path in route.paths { for method in methods { routes.insert("\(method) \(path)") } }
        }
        var documented: Set<String> = []
        for path in document["paths"].names {
            for method in document["paths"][path].names {
                documented.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(routes == documented)
        for operation in APISpec.operations {
            for path in operation.route.paths {
                let sample = path.replacingOccurrences(of: "{model}", with: "base")
                    .replacingOccurrences(of: "{id}", with: "0f")
                #expect(Route(path: sample) == operation.route, "\(path)")
            }
        }
    }

    @Test("names of operations differ, and every reference leads somewhere")
    func references() {
        let paths = document["paths"]
        let ids = paths.names.flatMap { path in
            paths[path].names.map { paths[path][$0]["operationId"] }
        }.compactMap { if case .string(let id) = $0 { id } else { nil } }
        #expect(ids.count == Set(ids).count && ids.count >= Route.allCases.count)
        // Links name operations too.
        #expect(Set(document.all("operationId")) == Set(ids))
        for reference in Set(document.all("$ref")) {
            var place = document
            for part in reference.split(separator: "/").dropFirst() { place = place[String(part)] }
            #expect(place != .null, "\(reference)")
        }
    }

    @Test("every kind of problem has its anchor, in words of small letters")
    func kinds() async throws {
        let page = try await ask(service, "GET /docs").text
        for kind in ProblemKind.allCases {
            #expect(page.contains("<dt id=\"\(kind.rawValue)\">"), "\(kind)")
            #expect(kind.rawValue.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(kind)")
            #expect((400...505).contains(kind.status), "\(kind)")
        }
    }

    @Test("a status that the wire gives an error is the one that its problem tells")
    func wireStatuses() {
        let errors: [HTTPError] = [
            .badRequestLine, .badLineEnd, .badField, .badHost, .ambiguousLength,
            .codingUnsupported, .badChunk, .versionUnsupported, .targetTooLong(bytesMax: 1),
            .headTooLarge(bytesMax: 1), .bodyTooLarge(bytesMax: 1), .expectationFailed,
            .badMultipart(.noParts), .badContentCoding, .overloaded, .tooSlow(seconds: 1),
            .endedEarly, .clientGone, .cancelled, .upgradeUnsupported,
        ]
        for error in errors { #expect(Problem(error).status == error.status, "\(error)") }
    }

    @Test(
        "a documented field is looked at: what is not allowed there is 400 and names it",
        arguments: APISpec.operations.map(\.route))
    func fields(route: Route) async throws {
        let operation = try #require(APISpec.operations.first { $0.route == route })
        for field in operation.fields {
            switch field.kind {
            case .text, .texts, .file, .path: continue
            default: break
            }
            let base: [(String, String)] =
                switch route.body {
                case .audio: [("@file", "sound")]
                case .form: [("@image", "portrait"), ("text", "one")]
                default: [("text", "one")]
                }
            let (type, body) = form(base + [(field.name, "not-this")])
            let response = try await ask(service, "POST \(route.paths[0])", type: type, body: body)
            #expect(response.head.status == 400, "\(route.name) \(field.name): \(response.text)")
            let value = try JSONValue(response)
            let name = JSONValue.string(field.name.replacingOccurrences(of: "[]", with: ""))
            switch ErrorStyle(path: route.paths[0]) {
            case .problem: #expect(value["field"] == name, "\(field.name)")
            case .openAI: #expect(value["error"]["param"] == name, "\(field.name)")
            case .whisperCpp: #expect(value.names == ["error"], "\(field.name)")
            }
        }
    }

    @Test("a response has the fields that its schema names, and no other", arguments: samples)
    fileprivate func schemas(sample: Sample) async throws {
        let response: CollectingSink.Collected
        if sample.fields.isEmpty {
            let fields = "Accept: application/json\r\n"
            response = try await ask(service, sample.line, body: sample.body, fields: fields)
        } else {
            let (type, body) = form(sample.fields)
            response = try await ask(service, sample.line, type: type, body: body)
        }
        try check(try JSONValue(response), document["components"]["schemas"][sample.schema])
    }

    private func check(_ value: JSONValue, _ schema: JSONValue) throws {
        if case .string(let reference) = schema["$ref"] {
            let name = String(try #require(reference.split(separator: "/").last))
            return try check(value, document["components"]["schemas"][name])
        }
        if case .array(let choices) = schema["anyOf"] {
            let choice = choices.first { choice in
                guard case .array(let required) = choice["required"] else { return false }
                return required.allSatisfy { name in
                    if case .string(let name) = name { value[name] != .null } else { false }
                }
            }
            return try check(value, try #require(choice, "\(value)"))
        }
        switch value {
        case .object(let fields):
            #expect(schema["type"] == "object")
            guard schema["properties"] != .null else { return }
            guard case .array(let required) = schema["required"] else { return }
            let needed = required.compactMap {
                if case .string(let name) = $0 { name } else { nil }
            }
            #expect(value.names.isSuperset(of: needed), "\(value.names) lacks some of \(needed)")
            #expect(value.names.isSubset(of: schema["properties"].names), "\(value.names)")
            for (name, field) in fields { try check(field, schema["properties"][name]) }
        case .array(let elements):
            #expect(schema["type"] == "array")
            for element in elements { try check(element, schema["items"]) }
        case .string: #expect(schema["type"] == "string")
        case .number: #expect(schema["type"] == "number" || schema["type"] == "integer")
        case .bool: #expect(schema["type"] == "boolean")
        case .null: break
        }
    }
}

/// A request, and the schema of its response.
private struct Sample: Sendable, CustomTestStringConvertible {
    let schema: String
    let line: String
    var fields: [(String, String)] = []
    var body = ""

    var testDescription: String { "\(line) \(fields.map(\.1))" }
}

private let words = [
    ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"),
    ("response_format", "verbose_json"),
]

private let samples: [Sample] = [
    Sample(schema: "Transcript", line: "POST /transcribe", fields: [("@file", "s")]),
    Sample(schema: "Transcript", line: "POST /transcribe", fields: [("@file", "s")] + words),
    Sample(schema: "TimedSpeech", line: "POST /speak", body: #"{"text":"a","timestamps":true}"#),
    Sample(schema: "Problem", line: "POST /speak", body: #"{"text":"a","speed":9}"#),
    Sample(schema: "Problem", line: "POST /speak", body: "{}"),
    Sample(schema: "Warmup", line: "POST /warmup"),
    Sample(schema: "VoiceList", line: "GET /voices"),
    Sample(schema: "Health", line: "GET /readyz"), Sample(schema: "Home", line: "GET /"),
    Sample(
        schema: "OpenAITranscript", line: "POST /v1/audio/transcriptions",
        fields: [("@file", "s")] + words),
    Sample(
        schema: "OpenAITranscript", line: "POST /v1/audio/translations", fields: [("@file", "s")]),
    Sample(schema: "ModelList", line: "GET /v1/models"),
    Sample(schema: "Model", line: "GET /v1/models/tts-1"),
    Sample(schema: "WhisperTranscript", line: "POST /inference", fields: [("@file", "s")]),
    Sample(schema: "WhisperError", line: "POST /inference", fields: [("a", "b")]),
]
