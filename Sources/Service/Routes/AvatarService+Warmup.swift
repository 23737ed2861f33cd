import EngineAPI
import Execution
import HTTPWire

extension AvatarService {
    /// What `/warmup` loads where nothing is named: an engine for each kind of work.
    private static let engineNames = ["transcribe", "speak", "animate"]

    /// What it knows by name: the other engines that animate too.
    private var knownEngines: [String] { Self.engineNames + engines.talkingHeads.ids }

    private struct EngineState: Encodable, Sendable {
        let state: String
        let load_ms: Double?
        let model: [String]?
        let backend: String?
        var resident_bytes: Int?
        let detail: String?

        init(_ result: Result<EngineReport, EngineError>) {
            switch result {
            case .success(let report):
                state = "ready"
                load_ms = rounded(report.loadMilliseconds)
                model = report.models
                backend = report.backend
                detail = nil
            case .failure(let error):
                state = "failed"
                (load_ms, model, backend) = (nil, nil, nil)
                detail = Problem(error).detail
            }
        }
    }

    private struct Report: Encodable {
        let engines: [String: EngineState]
        let talking_heads: [String]
        let elapsed_ms: Double
    }

    /// `POST /warmup`: loads the engines side by side; costs nothing when they are loaded.
    func warmup(_ fields: RequestFields) throws(Problem) -> RouteHandler {
        let names = try fields[APISpec.warmupEngines]
        if let unknown = names.first(where: { !knownEngines.contains($0) }) {
            throw Problem(
                .badField, "There is no such engine.", field: "engines",
                limit: knownEngines.joined(separator: ", "), got: unknown)
        }
        let wanted = names.isEmpty ? Self.engineNames : names
        return { [self] writer in await warmup(wanted, writer) }
    }

    private func warmup(_ names: [String], _ writer: ResponseWriter) async {
        let states = await prepare(names)
        let isReady = states.values.allSatisfy { $0.state == "ready" }
        let report = Report(
            engines: states, talking_heads: engines.talkingHeads.ids,
            elapsed_ms: rounded(writer.context.elapsedMilliseconds))
        await writer.send(
            Response(
                status: isReady ? 200 : 503, type: "application/json", body: json(report)))
    }

    /// Loads engines by name, as `AVATAR_PRELOAD` lists them; nil names all.
    package func preload(_ wanted: [String]?) async {
        let names = wanted.map { $0.filter(knownEngines.contains) } ?? Self.engineNames
        for (name, state) in await prepare(names) {
            log.info(
                "preloaded",
                metadata: [
                    "engine": "\(name)", "state": "\(state.state)",
                    "ms": "\(Int(bounded: state.load_ms ?? 0))",
                ])
        }
    }

    private func prepare(_ names: [String]) async -> [String: EngineState] {
        LoadsUnderWay.begin()
        let engines = engines
        let before = residentBytes()
        let states = await withTaskGroup(of: (String, EngineState).self) { group in
            for name in Set(names) {
                group.addTask {
                    do throws(EngineError) {
                        let report =
                            switch name {
                            case "transcribe": try await engines.transcriber.prepare()
                            case "speak": try await engines.speaker.prepare()
                            case "animate": try await engines.talkingHeads.standard.prepare()
                            default: try await engines.talkingHeads.engine(name).prepare()
                            }
                        return (name, EngineState(.success(report)))
                    } catch {
                        return (name, EngineState(.failure(error)))
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
        LoadsUnderWay.end()
        return withResidentBytes(states, since: before)
    }

    /// What the process has grown by while one engine was loaded. Of several that are loaded side
    /// by side nobody can tell which took what; one that was there took nothing.
    private func withResidentBytes(
        _ states: [String: EngineState], since before: Int
    ) -> [String: EngineState] {
        let grown = residentBytes() - before
        guard states.count == 1, grown > 0 else { return states }
        return states.mapValues { state in
            guard let time = state.load_ms, time > 0 else { return state }
            var measured = state
            measured.resident_bytes = grown
            return measured
        }
    }

    /// `GET /engines`: those that animate, the default first.
    func enginesResponse() -> Response {
        let all = engines.talkingHeads.all.enumerated().map { index, engine -> JSONValue in
            [
                "id": .string(engine.id), "default": .bool(index == 0),
                "present": .bool(engine.isPresent), "enhancer": .bool(engine.hasEnhancer),
            ]
        }
        let list: JSONValue = ["engines": .array(all)]
        return Response(status: 200, type: "application/json", body: json(list))
    }
}
