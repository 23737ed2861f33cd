import EngineAPI

/// One piece of work in a trace, as it is exported. Nothing of the content is in it.
struct Span: Sendable, Equatable {
    /// OpenTelemetry's `SpanKind`.
    enum Kind: Int, Sendable {
        case `internal` = 1
        case server = 2
    }

    let traceID: String
    let spanID: String
    /// "" where it has none.
    let parentID: String
    let name: String
    var kind = Kind.internal
    /// Nanoseconds since 1970.
    let start: UInt64
    let end: UInt64
    var attributes: [(String, JSONValue)] = []
    /// A fault of ours, not the client's.
    var isFault = false

    static func == (one: Span, other: Span) -> Bool { one.json == other.json }

    /// OTLP's JSON: ids in hexadecimal, whole numbers of 64 bits as text.
    var json: JSONValue {
        var fields: [String: JSONValue] = [
            "traceId": .string(traceID), "spanId": .string(spanID), "name": .string(name),
            "kind": .number(Double(kind.rawValue)), "startTimeUnixNano": .string(String(start)),
            "endTimeUnixNano": .string(String(end)),
        ]
        if !parentID.isEmpty { fields["parentSpanId"] = .string(parentID) }
        if !attributes.isEmpty { fields["attributes"] = OTLP.attributes(attributes) }
        if isFault { fields["status"] = ["code": 2] }
        return .object(fields)
    }
}

/// Builds OTLP's JSON (opentelemetry-proto 1.x, JSON encoding).
enum OTLP {
    static func attributes(_ values: [(String, JSONValue)]) -> JSONValue {
        .array(
            values.map { name, value in
                let coded: JSONValue =
                    switch value {
                    case .number(let number) where number == number.rounded():
                        ["intValue": .string(String(Int(bounded: number)))]
                    case .number: ["doubleValue": value]
                    case .bool: ["boolValue": value]
                    default: ["stringValue": value]
                    }
                return ["key": .string(name), "value": coded]
            })
    }

    private static var scope: JSONValue {
        ["name": .string(Product.name), "version": .string(Product.version)]
    }

    static func traces(_ spans: [Span], resource: [(String, JSONValue)]) -> JSONValue {
        [
            "resourceSpans": .array([
                [
                    "resource": ["attributes": attributes(resource)],
                    "scopeSpans": .array([
                        ["scope": scope, "spans": .array(spans.map(\.json))]
                    ]),
                ]
            ])
        ]
    }

    static func metrics(_ metrics: [JSONValue], resource: [(String, JSONValue)]) -> JSONValue {
        [
            "resourceMetrics": .array([
                [
                    "resource": ["attributes": attributes(resource)],
                    "scopeMetrics": .array([["scope": scope, "metrics": .array(metrics)]]),
                ]
            ])
        ]
    }
}
