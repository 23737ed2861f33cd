/// What a route does once its fields have been read and found good.
typealias RouteHandler = @Sendable (ResponseWriter) async throws(Problem) -> Void

extension AvatarService {
    /// Reads a route's fields, so that what is wrong with them is told before any work; nil for
    /// routes that are answered without work.
    /// - path: as it was asked for, where it holds a name.
    func work(
        _ route: Route, _ fields: RequestFields, path: String
    ) throws(Problem) -> RouteHandler? {
        switch route {
        case .transcribe: try transcribe(fields)
        case .speak: try speak(fields)
        case .animate: try animate(fields)
        case .warmup: try warmup(fields)
        case .transcriptions: try transcribe(fields, as: .openAI)
        case .translations: try transcribe(fields, as: .openAI, translates: true)
        case .speech: try speak(fields, as: .openAI)
        case .inference: try transcribe(fields, as: .whisperCpp)
        case .voices: { writer in await writer.send(self.voicesResponse()) }
        case .engines: { writer in await writer.send(self.enginesResponse()) }
        case .openapi: { writer in await writer.send(self.openAPIResponse) }
        case .models: { writer in await writer.send(self.modelsResponse()) }
        case .model:
            { writer async throws(Problem) in
                await writer.send(try self.modelResponse(path: path))
            }
        case .home, .docs, .health, .metrics, .job, .jobResult, .jobEvents: nil
        }
    }
}
