import EngineAPI
import Execution
import HTTPWire

/// Counts what the service does; bounded, since routes, statuses and stages are few.
final class Metrics: Sendable {
    /// Upper bounds of the stages' histogram, seconds.
    private static let bounds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]

    private struct Key: Hashable {
        let route: String
        let label: String
    }

    private struct State {
        var requests: [Key: Int] = [:]
        var stages: [Key: Histogram] = [:]
        var loads: [String: Int] = [:]
        var audioSeconds = 0.0
        var videoSeconds = 0.0
        /// Reasons that an alert asks for are there from the start: what has no series is no zero.
        var refused: [ProblemKind: Int] = [
            .overloaded: 0, .memoryFull: 0, .clientOverloaded: 0, .key: 0,
        ]
        var jobs: [Key: Int] = [:]
    }

    private let state = Mutex(State())

    /// - outcome: a status, 499 where the client left, or "aborted".
    func answered(_ route: String, outcome: String, stages: [StageTime]) {
        state.withLock { $0.requests[Key(route: route, label: outcome), default: 0] += 1 }
        worked(route, stages: stages)
    }

    /// A job ended: how.
    func ended(job route: String, state label: String) {
        state.withLock { $0.jobs[Key(route: route, label: label), default: 0] += 1 }
    }

    /// A task was done for a request or a job.
    func worked(_ route: String, stages: [StageTime]) {
        state.withLock { state in
            for stage in stages {
                let key = Key(route: route, label: stage.name)
                state.stages[key, default: Histogram(bounds: Self.bounds)]
                    .add(stage.milliseconds / 1000)
            }
        }
    }

    /// A request that was answered on the wire or before it was let in.
    func refused(_ reason: ProblemKind) {
        state.withLock { $0.refused[reason, default: 0] += 1 }
    }

    func loaded(_ engine: String) { state.withLock { $0.loads[engine, default: 0] += 1 } }

    func made(audioSeconds: Double) { state.withLock { $0.audioSeconds += audioSeconds } }

    func made(videoSeconds: Double) { state.withLock { $0.videoSeconds += videoSeconds } }

    /// Prometheus' text format, version 0.0.4.
    /// - jobs: how many are in each state, and the bytes of their results.
    func text(
        queueDepth: Int, memory: MemoryBudget, residentBytes: Int,
        jobs: (states: [String: Int], bytes: Int)
    ) -> String {
        let state = state.withLock { $0 }
        var out = ""
        func family(_ name: String, _ kind: String, _ help: String, _ lines: [String]) {
            out += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            out += lines.sorted().map { $0 + "\n" }.joined()
        }
        family(
            "avatar_requests_total", "counter",
            "Requests that were let in, by answer; 499: the client left; aborted: cut short.",
            state.requests.map {
                "avatar_requests_total{route=\"\($0.key.route)\",status=\"\($0.key.label)\"} \($0.value)"
            })
        family(
            "avatar_refused_total", "counter",
            "Requests that were not let in, by the problem's kind.",
            state.refused.map {
                "avatar_refused_total{reason=\"\($0.key.rawValue)\"} \($0.value)"
            })
        family(
            "avatar_queue_depth", "gauge", "Requests inside now.",
            ["avatar_queue_depth \(queueDepth)"])
        family(
            "avatar_memory_charged_bytes", "gauge",
            "Memory that requests hold: bodies, decoded media, canvases, results.",
            ["avatar_memory_charged_bytes \(memory.bytesHeld)"])
        family(
            "avatar_memory_limit_bytes", "gauge", "Memory that all requests together may hold.",
            ["avatar_memory_limit_bytes \(memory.bytesMax)"])
        family(
            "avatar_loads_total", "counter", "Warm-ups that an engine answered.",
            state.loads.map { "avatar_loads_total{engine=\"\($0.key)\"} \($0.value)" })
        family(
            "avatar_audio_seconds_total", "counter", "Seconds of audio that were heard or made.",
            ["avatar_audio_seconds_total \(rounded(state.audioSeconds))"])
        family(
            "avatar_video_seconds_total", "counter", "Seconds of video that were made.",
            ["avatar_video_seconds_total \(rounded(state.videoSeconds))"])
        family(
            "avatar_jobs_total", "counter", "Jobs that ended, by how.",
            state.jobs.map {
                "avatar_jobs_total{route=\"\($0.key.route)\",state=\"\($0.key.label)\"} \($0.value)"
            })
        family(
            "avatar_jobs", "gauge", "Jobs that are kept.",
            jobs.states.map { "avatar_jobs{state=\"\($0.key)\"} \($0.value)" })
        family(
            "avatar_job_bytes", "gauge", "Bytes of results that are kept.",
            ["avatar_job_bytes \(jobs.bytes)"])
        family(
            "process_resident_memory_bytes", "gauge", "Resident memory.",
            ["process_resident_memory_bytes \(residentBytes)"])
        out += stageText(state)
        return out
    }

    /// The same for OTLP, which has labels as attributes and seconds as a unit.
    func points(_ points: MetricsPoints, queueDepth: Int, memory: MemoryBudget) -> [JSONValue] {
        let state = state.withLock { $0 }
        return [
            points.sum(
                "avatar.requests", "{request}",
                state.requests.map {
                    (Double($0.value), [("route", $0.key.route), ("status", $0.key.label)])
                }),
            points.sum(
                "avatar.refused", "{request}",
                state.refused.map { (Double($0.value), [("reason", $0.key.rawValue)]) }),
            points.sum("avatar.audio", "s", [(state.audioSeconds, [])]),
            points.sum("avatar.video", "s", [(state.videoSeconds, [])]),
            points.sum("avatar.spans.dropped", "{span}", [(Double(points.dropped), [])]),
            points.gauge("avatar.queue.depth", "{request}", Double(queueDepth)),
            points.gauge("avatar.memory.charged", "By", Double(memory.bytesHeld)),
            points.gauge("avatar.memory.limit", "By", Double(memory.bytesMax)),
            points.histograms(
                "avatar.stage",
                state.stages.map {
                    ($0.value, [("route", $0.key.route), ("stage", $0.key.label)])
                }),
        ]
    }

    private func stageText(_ state: State) -> String {
        let name = "avatar_stage_seconds"
        var out = "# HELP \(name) Wall time of a stage.\n# TYPE \(name) histogram\n"
        let sorted = state.stages.sorted {
            ($0.key.route, $0.key.label) < ($1.key.route, $1.key.label)
        }
        for (key, histogram) in sorted {
            let labels = "route=\"\(key.route)\",stage=\"\(key.label)\""
            out += histogram.text(name, labels)
        }
        return out
    }
}
