import EngineAPI
import FoundationEssentials

@testable import Service

/// A collector that keeps what it was sent.
final class ScriptedCollector: TelemetryPosting {
    struct Post: Sendable {
        let url: String
        let fields: [(String, String)]
        let body: [UInt8]
    }

    private let status: Int?
    private let all = Mutex<[Post]>([])

    init(status: Int? = 200) { self.status = status }

    func post(_ body: [UInt8], fields: [(String, String)], to url: String) async -> Int? {
        all.withLock { $0.append(Post(url: url, fields: fields, body: body)) }
        return status
    }

    func spans() throws -> [Trace.Span] {
        try posts("/v1/traces").flatMap {
            try JSONDecoder().decode(Trace.self, from: Data($0.body)).spans
        }
    }

    func posts(_ path: String) -> [Post] { all.withLock { $0 }.filter { $0.url.hasSuffix(path) } }
}

/// What is read of a trace.
struct Trace: Decodable {
    struct Value: Decodable {
        let stringValue: String?
        let intValue: String?
    }
    struct Attribute: Decodable {
        let key: String
        let value: Value
    }
    struct Status: Decodable { let code: Int }
    struct Span: Decodable {
        let traceId: String
        let spanId: String
        let parentSpanId: String?
        let name: String
        let kind: Int
        let startTimeUnixNano: String
        let endTimeUnixNano: String
        let attributes: [Attribute]?
        let status: Status?

        func text(_ key: String) -> String? {
            let value = attributes?.first { $0.key == key }?.value
            return value?.stringValue ?? value?.intValue
        }
    }
    struct Scope: Decodable { let spans: [Span] }
    struct Resource: Decodable { let scopeSpans: [Scope] }
    let resourceSpans: [Resource]

    var spans: [Span] { resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans) }
}
