// What the service's readers of fields need of the rest of the service; compiled with each target
// that has them.
import EngineAPI
import HTTPWire

/// What the service declares; here a field of each kind.
enum Route {
    case fuzzed
    var body: Int? { 1 }
}

enum APISpec {
    static func fields(of route: Route) -> [String: APIField] { declared }
}

enum TranscriptionFields {
    static let stream = Field.flag("stream", default: false, "")
    static let channels = Field.choice("channels", default: Channels.mix, "")

    enum Channels: String, CaseIterable { case mix, split }
}

enum IncomingMedium: Sendable {
    case audio(IncomingFile)
    case text(BoundedChannel<String>)
}
