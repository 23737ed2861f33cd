/// What a route does once its fields have been read and found good.
typealias RouteWork = @Sendable (RouteAnswer) async throws(Problem) -> Void

extension AvatarService {
    /// Reads a route's fields, so that what is wrong with them is told before any work; nil for
    /// routes that are answered without work.
    /// - path: as it was asked for, where it holds a name.
    func work(
        _ route: Route, _ fields: RequestFields, path: String
    ) throws(Problem) -> RouteWork? {
        switch route {
        case .transcribe: try transcribe(fields)
        case .speak: try speak(fields)
        case .animate: try animate(fields)
        case .warmup: try warmup(fields)
        case .transcriptions: try transcribe(fields, as: .openAI)
        case .translations: try transcribe(fields, as: .openAI, translates: true)
        case .speech: try speak(fields, as: .openAI)
        case .inference: try transcribe(fields, as: .whisperCpp)
        case .voices: { answer in await answer.send(self.voicesResponse()) }
        case .openapi: { answer in await answer.send(self.openAPIResponse) }
        case .models: { answer in await answer.send(self.modelsResponse()) }
        case .model:
            { answer async throws(Problem) in
                await answer.send(try self.modelResponse(path: path))
            }
        case .home, .docs, .health, .metrics, .job, .jobResult, .jobEvents: nil
        }
    }
}
