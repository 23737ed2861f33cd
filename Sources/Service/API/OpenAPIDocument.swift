import EngineAPI
import Execution
import HTTPWire

/// `GET /openapi.json`: the facts as OpenAPI 3.1.
struct OpenAPIDocument {
    /// Made when it is first asked for.
    private final class Made: Sendable {
        let response = Mutex<Response?>(nil)
    }

    /// Asked when the document is: looking for voices reads files.
    private let voices: @Sendable () -> [String]
    private let talkingHeads: [String]
    private let made = Made()

    /// - voices: ids of the voices that may be named. - talkingHeads: of the engines that animate,
    ///   the default first.
    init(voices: @escaping @Sendable () -> [String], talkingHeads: [String]) {
        self.talkingHeads = talkingHeads
        self.voices = { OpenAIVoices.genders.keys.sorted() + voices() }
    }

    var response: Response {
        made.response.withLock { made in
            let response =
                made
                ?? Response(
                    status: 200, type: "application/json", body: json(document),
                    fields: [("Cache-Control", "no-cache")])
            made = response
            return response
        }
    }

    var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Avatar Backend", "version": .string(Product.version),
                "summary": "Transcribes speech, speaks text and animates portraits.",
                "description": .string(Self.introduction),
            ],
            "servers": [["url": "/"]],
            "security": [[:], ["key": []]],
            "tags": .array(
                APIOperation.Group.allCases.map { ["name": .string($0.rawValue)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(APISchemas.all), "headers": .object(Self.headers),
                "securitySchemes": [
                    "key": [
                        "type": "http", "scheme": "bearer",
                        "description": "One of AVATAR_API_KEY, where the server has any.",
                    ]
                ],
            ],
        ]
    }

    static let introduction =
        "HEAD works wherever GET does, and OPTIONS on every path. Every answer bears "
        + "X-Request-Id; where work was done, Server-Timing tells the milliseconds of each stage, "
        + "in the head or, on a streamed response to a client that sends TE: trailers, in the "
        + "trailer. Bodies may come in gzip or deflate. Errors are application/problem+json (RFC 9457); under /v1 they are in OpenAI's "
        + "envelope, at /inference in whisper.cpp's."

    private var paths: [String: JSONValue] {
        var paths: [String: [String: JSONValue]] = [:]
        for operation in APISpec.operations {
            for (index, path) in operation.route.paths.enumerated() {
                paths[path, default: [:]][operation.method.lowercased()] =
                    self.operation(operation, index: index)
            }
        }
        return paths.mapValues { .object($0) }
    }

    private func operation(_ operation: APIOperation, index: Int) -> JSONValue {
        let route = operation.route
        var out: [String: JSONValue] = [
            "operationId": .string(operation.name + (index == 0 ? "" : String(index + 1))),
            "tags": [.string(operation.group.rawValue)], "summary": .string(operation.summary),
            "responses": .object(responses(operation)),
            "x-codeSamples": [
                [
                    "lang": "Shell",
                    "source": .string(operation.command.replacing("$HOST", with: Self.exampleHost)),
                ]
            ],
        ]
        if !operation.detail.isEmpty { out["description"] = .string(operation.detail) }
        if route.isOpen { out["security"] = [] }
        let parameters = parameters(operation)
        if !parameters.isEmpty { out["parameters"] = .array(parameters) }
        if route.body != nil { out["requestBody"] = body(operation) }
        return .object(out)
    }

    static let exampleHost = "http://localhost:8080"

    /// Parts of the path, and what the query holds where the body is the audio itself.
    private func parameters(_ operation: APIOperation) -> [JSONValue] {
        let headers: [JSONValue] = operation.headers.map { field in
            ["name": .string(field.name), "in": "header", "schema": field.schema]
        }
        return headers
            + operation.fields.compactMap { field in
                switch field.kind {
                case .path:
                    [
                        "name": .string(field.name), "in": "path", "required": true,
                        "schema": field.schema,
                    ]
                case .file: nil
                default:
                    operation.route.body == .audio
                        ? ["name": .string(field.name), "in": "query", "schema": field.schema] : nil
                }
            }
    }

    private func body(_ operation: APIOperation) -> JSONValue {
        let form: JSONValue = ["schema": bodySchema(operation, isJSON: false)]
        var content: [String: JSONValue] = ["multipart/form-data": form]
        switch operation.route.body {
        case .audio:
            let image = operation.route == .verify ? ["image/*"] : []
            for type in ["audio/*", "video/*", "application/octet-stream"] + image {
                content[type] = ["schema": ["type": "string", "format": "binary", "minLength": 1]]
            }
        case .fields:
            content["application/x-www-form-urlencoded"] = form
            content["application/json"] = [
                "schema": bodySchema(operation, isJSON: true), "example": operation.example ?? [:],
            ]
        case .form, nil: break
        }
        return [
            "required": .bool(operation.fields.contains(where: \.isRequired)),
            "content": .object(content),
        ]
    }

    /// - isJSON: what need not be there may also be null.
    private func bodySchema(_ operation: APIOperation, isJSON: Bool) -> JSONValue {
        let fields = operation.fields.map { field in
            (field.name, schema(of: field, isNullable: isJSON && !field.isRequired))
        }
        return APISchemas.object(
            Dictionary(fields) { $1 },
            required: operation.fields.filter(\.isRequired).map(\.name), oneOf: operation.oneOf)
    }

    private func schema(of field: APIField, isNullable: Bool) -> JSONValue {
        guard case .object(var schema) = field.schema else { return field.schema }
        if field.name == "voice" {
            let ids = JSONValue.array(voices().map { .string($0) })
            let name: JSONValue = ["type": "string", "enum": ids]
            if field.takesID {
                let object: JSONValue = [
                    "type": "object", "required": ["id"], "properties": ["id": name],
                ]
                schema["anyOf"] = [name, object]
            } else {
                schema["enum"] = ids
            }
        }
        if field.name == "engine" {
            schema["enum"] = .array(talkingHeads.map { .string($0) })
            schema["default"] = talkingHeads.first.map { .string($0) }
        }
        if isNullable, case .array(let kinds)? = schema["anyOf"] {
            schema["anyOf"] = .array(kinds + [["type": "null"]])
        }
        guard isNullable, let type = schema["type"] else { return .object(schema) }
        schema["type"] = [type, "null"]
        if case .array(let values)? = schema["enum"] { schema["enum"] = .array(values + [.null]) }
        return .object(schema)
    }

    // MARK: answers

    private func responses(_ operation: APIOperation) -> [String: JSONValue] {
        var out: [String: JSONValue] = [:]
        for (status, responses) in Dictionary(grouping: operation.responses, by: \.status) {
            var content: [String: JSONValue] = [:]
            for response in responses {
                for type in response.types { content[type] = Self.media(response, type) }
            }
            let names = ["X-Request-Id", "Server-Timing"] + responses.flatMap(\.headers)
            var reported: [String: JSONValue] = [
                "description": .string(responses.map(\.detail).joined(separator: " ")),
                "headers": .object(
                    Dictionary(
                        names.map { ($0, ["$ref": .string("#/components/headers/\($0)")]) }
                    ) { $1 }),
            ]
            if !content.isEmpty { reported["content"] = .object(content) }
            if status == 202 { reported["links"] = Self.links }
            out[String(status)] = .object(reported)
        }
        let style = ErrorStyle(path: operation.route.paths[0])
        let kinds = Dictionary(grouping: APISpec.kinds(of: operation)) {
            // An unknown model is 404 by OpenAI's convention.
            $0 == .modelMissing && style == .openAI ? 404 : $0.status
        }
        for (status, kinds) in kinds {
            let problem = Self.problems(status, kinds, style)
            guard case .object(var known)? = out[String(status)],
                case .object(let content) = known["content"],
                case .object(let more) = problem["content"]
            else {
                out[String(status)] = .object(problem)
                continue
            }
            known["content"] = .object(content.merging(more) { one, _ in one })
            out[String(status)] = .object(known)
        }
        return out
    }

    /// Where the id that a job's status tells leads.
    private static let links: JSONValue = .object(
        Dictionary(
            uniqueKeysWithValues: APISpec.operations.filter { $0.group == .jobs }.map { operation in
                (
                    operation.name,
                    [
                        "operationId": .string(operation.name),
                        "parameters": ["id": "$response.body#/id"],
                    ] as JSONValue
                )
            }))

    private static func media(_ response: APIResponse, _ type: String) -> JSONValue {
        var out: [String: JSONValue] = [:]
        if let schema = response.schema {
            out["schema"] = ["$ref": .string("#/components/schemas/\(schema)")]
        } else {
            // Events are no one text; a schema for each is not to be had in OpenAPI 3.1.
            out["schema"] =
                type.hasPrefix("text/") && type != "text/event-stream"
                ? ["type": "string"] : [:]
        }
        if let example = response.example { out["example"] = example }
        return .object(out)
    }

    private static func problems(
        _ status: Int, _ kinds: [ProblemKind], _ style: ErrorStyle
    ) -> [String: JSONValue] {
        let schema =
            switch style {
            case .problem: "Problem"
            case .openAI: "OpenAIError"
            case .whisperCpp: "WhisperError"
            }
        let examples = kinds.map { kind in
            (kind.rawValue, ["value": example(kind, status: status, style)] as JSONValue)
        }
        var out: [String: JSONValue] = [
            "description": .string(
                kinds.map { "\($0.rawValue): \($0.meaning)" }.joined(separator: " ")),
            "content": [
                style.mediaType: [
                    "schema": ["$ref": .string("#/components/schemas/\(schema)")],
                    "examples": .object(Dictionary(examples) { $1 }),
                ]
            ],
        ]
        if status == 429 || status == 503 {
            out["headers"] = ["Retry-After": ["$ref": "#/components/headers/Retry-After"]]
        }
        return out
    }

    private static func example(
        _ kind: ProblemKind, status: Int, _ style: ErrorStyle
    ) -> JSONValue {
        guard style == .problem else {
            return Problem(kind, status: status, kind.meaning).foreignBody(style)
        }
        return [
            "type": .string("/docs#\(kind.rawValue)"), "title": .string(reasonPhrase(status)),
            "status": .number(Double(status)), "detail": .string(kind.meaning),
            "instance": "19c9e1ca34f82b6a",
        ]
    }

    private static let headers: [String: JSONValue] = [
        "X-Request-Id": header("The request's id: the client's own where it is harmless."),
        "Server-Timing": header("Milliseconds by stage, as in infer;dur=610.2, total;dur=640.0."),
        "X-Realtime-Factor": header("Seconds of work for each second of media."),
        "X-Video-Frames": header("Frames of the video."),
        "X-Video-Size": header("Width x height."),
        "Warning": header("That several faces were seen."),
        "Location": header("Where the job's status is."),
        "Preference-Applied": header("respond-async."),
        "ETag": header("Names this result."),
        "Accept-Ranges": header("bytes."),
        "Content-Range": header("Which bytes of how many."),
        "Retry-After": header("Seconds to wait."),
    ]

    private static func header(_ detail: String) -> JSONValue {
        ["description": .string(detail), "schema": ["type": "string"]]
    }
}
