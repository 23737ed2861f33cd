import EngineAPI
import HTTPWire

extension AvatarService {
    private enum EngineName: String, CaseIterable, Sendable { case transcribe, speak, animate }

    private struct EngineState: Encodable, Sendable {
        let state: String
        let load_ms: Double?
        let model: [String]?
        let backend: String?
        let resident_bytes: Int?
        let detail: String?

        init(_ result: Result<EngineReport, EngineError>) {
            switch result {
            case .success(let report):
                state = "ready"
                load_ms = rounded(report.loadMilliseconds)
                model = report.models
                backend = report.backend
                resident_bytes = report.residentBytes
                detail = nil
            case .failure(let error):
                state = "failed"
                (load_ms, model, backend, resident_bytes) = (nil, nil, nil, nil)
                detail = Problem(error).detail
            }
        }
    }

    private struct Report: Encodable {
        let engines: [String: EngineState]
        let elapsed_ms: Double
    }

    /// `POST /warmup`: loads the engines side by side; costs nothing when they are loaded.
    func warmup(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        var names: [EngineName] = []
        for text in fields.all("engines") {
            guard let name = EngineName(rawValue: text) else {
                throw Problem(
                    400, "bad-field", "There is no such engine.", field: "engines",
                    limit: EngineName.allCases.map(\.rawValue).joined(separator: ", "), got: text)
            }
            names.append(name)
        }
        let wanted = names.isEmpty ? EngineName.allCases : names
        return { [self] writer in await warmup(wanted, writer) }
    }

    private func warmup(_ names: [EngineName], _ writer: ResponseWriter) async {
        let states = await prepare(names)
        let isReady = states.values.allSatisfy { $0.state == "ready" }
        let report = Report(
            engines: states, elapsed_ms: rounded(writer.context.elapsedMilliseconds))
        await writer.send(
            Response(
                status: isReady ? 200 : 503, type: "application/json", body: json(report)))
    }

    /// Loads engines by name, as `AVATAR_PRELOAD` lists them; nil names all.
    package func preload(_ wanted: [String]?) async {
        let names = wanted.map { $0.compactMap(EngineName.init(rawValue:)) } ?? EngineName.allCases
        for (name, state) in await prepare(names) {
            log.info(
                "preloaded",
                metadata: [
                    "engine": "\(name)", "state": "\(state.state)",
                    "ms": "\(Int(bounded: state.load_ms ?? 0))",
                ])
        }
    }

    private func prepare(_ names: [EngineName]) async -> [String: EngineState] {
        let engines = engines
        return await withTaskGroup(of: (String, EngineState).self) { group in
            for name in Set(names) {
                group.addTask {
                    do throws(EngineError) {
                        let report =
                            switch name {
                            case .transcribe: try await engines.transcriber.prepare()
                            case .speak: try await engines.speaker.prepare()
                            case .animate: try await engines.animator.prepare()
                            }
                        return (name.rawValue, EngineState(.success(report)))
                    } catch {
                        return (name.rawValue, EngineState(.failure(error)))
                    }
                }
            }
            var states: [String: EngineState] = [:]
            for await (name, state) in group {
                states[name] = state
                if state.state == "ready" { metrics.loaded(name) }
            }
            return states
        }
    }
}
