import EngineAPI
import Execution
import Glibc

/// How far some work has come, as one line of a terminal.
package struct ProgressLine: Sendable, Equatable {
    /// What is done, such as "animate" or a file's name.
    package var label: String
    package var done = 0
    /// nil where nobody knows it before the end.
    package var total: Int?
    /// What is counted; bytes are shown in MB.
    package var unit = ""
    package var seconds = 0.0
    /// Seconds since the first was done, which the rate is of: a model's load is none of it.
    package var countedSeconds = 0.0
    /// What was done when the count began: of a download that goes on.
    package var doneBefore = 0

    package init(label: String) { self.label = label }

    /// - columns: the terminal's width; the line stays below it.
    package func text(columns: Int) -> String {
        var parts = [label]
        let rate = countedSeconds > 0.2 ? Double(done - doneBefore) / countedSeconds : 0
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            let width = max(0, min(30, columns - label.count - 50))
            let filled = Int(bounded: share * Double(width))
            if width >= 8 {
                parts.append(
                    "[" + String(repeating: "=", count: filled)
                        + String(repeating: " ", count: width - filled) + "]")
            }
            parts.append("\(Int(bounded: share * 100)) %")
            parts.append("\(amount(done)) of \(amount(total)) \(shownUnit)")
            if rate > 0 {
                parts.append("\(perSecond(rate))")
                let left = Double(total - min(done, total)) / rate
                parts.append("\(clock(left.rounded(.up))) left")
            }
        } else if done > 0 {
            parts.append("\(amount(done)) \(shownUnit)")
            if rate > 0 { parts.append(perSecond(rate)) }
            parts.append(clock(seconds))
        } else {
            parts.append(clock(seconds))
        }
        return String(parts.joined(separator: "  ").prefix(max(1, columns - 1)))
    }

    private var isBytes: Bool { unit == "bytes" }
    private var shownUnit: String { isBytes ? "MB" : unit }

    private func amount(_ count: Int) -> String {
        isBytes ? tenths(Double(count) / 1e6) : String(count)
    }

    private func perSecond(_ rate: Double) -> String {
        isBytes
            ? "\(tenths(rate / 1e6)) MB/s"
            : rate < 10 ? "\(tenths(rate))/s" : "\(Int(bounded: rate))/s"
    }

    private func tenths(_ value: Double) -> String {
        let scaled = Int(bounded: (value * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }

    /// Minutes and seconds, or hours too.
    private func clock(_ seconds: Double) -> String {
        let whole = Int(bounded: max(0, min(seconds, 359_999)))
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (hours, minutes) = (whole / 3_600, whole / 60 % 60)
        return hours > 0
            ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
    }
}

/// Draws a progress line on standard error, ten times a second; does nothing where that is no
/// terminal.
package final class ProgressPrinter: Sendable {
    private struct State {
        var line: ProgressLine
        var hasEnded = false
        var began = ContinuousClock.now
        var counted: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    private let isOn: Bool

    /// - isQuiet: draws nothing, terminal or not.
    package init(label: String, isQuiet: Bool) {
        state = Mutex(State(line: ProgressLine(label: label)))
        let terminal = getenv("TERM").map { String(cString: $0) }
        isOn = !isQuiet && isatty(2) == 1 && terminal != "dumb"
        guard isOn else { return }
        Task.detached { [weak self] in
            while let self, self.draw() { try? await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// Tells how far it is; any thread, at any rate.
    package func update(label: String? = nil, done: Int, total: Int?, unit: String) {
        guard isOn else { return }
        state.withLock { state in
            if let label, label != state.line.label {
                state.line = ProgressLine(label: label)
                (state.began, state.counted) = (.now, nil)
            }
            if state.counted == nil {
                state.counted = .now
                state.line.doneBefore = done
            }
            (state.line.done, state.line.total, state.line.unit) = (done, total, unit)
        }
    }

    /// Wipes the line; nothing is drawn after it.
    package func end() {
        guard isOn else { return }
        state.withLock { state in
            if !state.hasEnded { put("\r\u{1B}[K") }
            state.hasEnded = true
        }
    }

    /// Writes a line that stays, above the progress.
    package func note(_ text: String) {
        guard isOn else { return }
        state.withLock { _ in put("\r\u{1B}[K\(text)\n") }
    }

    private func draw() -> Bool {
        state.withLock { state in
            guard !state.hasEnded else { return false }
            state.line.seconds = (.now - state.began) / .seconds(1)
            state.line.countedSeconds = state.counted.map { (.now - $0) / .seconds(1) } ?? 0
            put("\r" + state.line.text(columns: columns) + "\u{1B}[K")
            return true
        }
    }

    private var columns: Int {
        var size = winsize()
        return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private func put(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }
}
