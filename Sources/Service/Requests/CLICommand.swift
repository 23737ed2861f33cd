import EngineAPI
import HTTPWire

/// The jobs that the command line runs on files.
package enum CLICommand: Sendable {
    case transcribe, speak, animate, warmup, verify

    /// The route that does the same.
    var route: Route {
        switch self {
        case .transcribe: .transcribe
        case .speak: .speak
        case .animate: .animate
        case .warmup: .warmup
        case .verify: .verify
        }
    }
}

extension AvatarService {
    /// Runs a job with the fields of its route, and answers as the route would.
    /// - observer: called with progress, on the engine's threads; it may not wait.
    package func run(
        _ job: CLICommand, texts: [String: String], files: [String: [UInt8]],
        cancellation: Cancellation, observer: @escaping @Sendable (WorkProgress) -> Void,
        to sink: any ResponseSink
    ) async {
        let work = WorkContext(
            deadline: .now + .seconds(settings.deadlineSeconds), cancellation: cancellation,
            observer: observer)
        let context = RequestContext(id: "local", work: work)
        let response = ResponseWriter(sink: sink, context: context)
        let parts =
            texts.map {
                FormPart(name: $0.key, filename: nil, contentType: nil, bytes: Array($0.value.utf8))
            }
            + files.map {
                FormPart(name: $0.key, filename: $0.key, contentType: nil, bytes: $0.value)
            }
        let fields = RequestFields(parts: parts, of: job.route)
        do throws(Problem) {
            try await self.work(job.route, fields, path: "")?(response)
        } catch {
            await response.fail(error)
        }
    }
}
