import EngineAPI

/// Counts what happens in live conversations.
final class RealtimeMetrics: Sendable {
    private static let bounds = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2.5, 5, 10]

    private struct State {
        var kinds: [String: Int] = ["conversation": 0, "transcription": 0]
        var counters: [String: [String: Double]] = [:]
        var stages: [String: Histogram] = [:]
    }

    private let state = Mutex(State())

    /// Counters: name, label and what they count.
    enum Counter: String, CaseIterable {
        case closed, turns, partials, frames, seconds, errors

        fileprivate var facts: (name: String, label: String, help: String) {
            switch self {
            case .closed: ("avatar_realtime_closed_total", "code", "Sessions that ended, by code.")
            case .turns:
                (
                    "avatar_realtime_turns_total", "outcome",
                    "Turns: answered, empty, interrupted, failed."
                )
            case .partials:
                (
                    "avatar_realtime_partials_total", "outcome",
                    "Partial readings: told, same, dropped."
                )
            case .frames:
                ("avatar_realtime_frames_total", "outcome", "Frames of faces: sent, skipped.")
            case .seconds:
                (
                    "avatar_realtime_seconds_total", "direction",
                    "Seconds of sound that came and went."
                )
            case .errors: ("avatar_realtime_errors_total", "code", "Events that were refused.")
            }
        }
    }

    func opened(_ kind: String) { state.withLock { $0.kinds[kind, default: 0] += 1 } }
    func ended(_ kind: String) { state.withLock { $0.kinds[kind, default: 1] -= 1 } }

    func add(_ counter: Counter, _ label: String, _ amount: Double = 1) {
        state.withLock { $0.counters[counter.rawValue, default: [:]][label, default: 0] += amount }
    }

    /// - stage: what came: transcript, chat, sound.
    /// - seconds: since the end of speech.
    func measured(_ stage: String, seconds: Double) {
        state.withLock { state in
            state.stages[stage, default: Histogram(bounds: Self.bounds)].add(seconds)
        }
    }

    /// Prometheus' text format, version 0.0.4.
    func text(faces: Int) -> String {
        let state = state.withLock { $0 }
        var out = "# HELP avatar_realtime_sessions Live conversations that are open.\n"
        out += "# TYPE avatar_realtime_sessions gauge\n"
        for (kind, count) in state.kinds.sorted(by: { $0.key < $1.key }) {
            out += "avatar_realtime_sessions{kind=\"\(kind)\"} \(count)\n"
        }
        out += "# HELP avatar_realtime_faces Faces that are shown in them.\n"
        out += "# TYPE avatar_realtime_faces gauge\navatar_realtime_faces \(faces)\n"
        for counter in Counter.allCases {
            let (name, label, help) = counter.facts
            out += "# HELP \(name) \(help)\n# TYPE \(name) counter\n"
            let values = state.counters[counter.rawValue] ?? [:]
            for (value, count) in values.sorted(by: { $0.key < $1.key }) {
                out += "\(name){\(label)=\"\(value)\"} \(rounded(count))\n"
            }
        }
        return out + stages(state)
    }

    private func stages(_ state: State) -> String {
        let name = "avatar_realtime_turn_seconds"
        var out = "# HELP \(name) From the end of speech to what came of it.\n"
        out += "# TYPE \(name) histogram\n"
        for (stage, histogram) in state.stages.sorted(by: { $0.key < $1.key }) {
            out += histogram.text(name, "stage=\"\(stage)\"")
        }
        return out
    }
}
