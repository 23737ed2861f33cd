import Glibc
import Logging

/// Writes log lines to standard error: readable on a terminal, JSON elsewhere.
struct ConsoleLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let isTerminal = isatty(2) == 1

    init(level: Logger.Level) { logLevel = level }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let (level, message) = (event.level, event.message)
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var text: String
        if isTerminal {
            text = "\(level.rawValue.uppercased()) \(message)"
            for (key, value) in fields { text += " \(key)=\(value)" }
        } else {
            let milliseconds = now.tv_sec * 1000 + now.tv_nsec / 1_000_000
            text = "{\"time\":\(milliseconds),\"level\":\(quoted(level.rawValue)),"
            text += "\"message\":\(quoted("\(message)"))"
            for (key, value) in fields { text += ",\(quoted(key)):\(scalar("\(value)"))" }
            text += "}"
        }
        text += "\n"
        // One write a line: lines of several threads do not mix.
        text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }

    private func scalar(_ text: String) -> String {
        let isNumber =
            !text.isEmpty && text.count < 16 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber && (text == "0" || !text.hasPrefix("0")) ? text : quoted(text)
    }

    private func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
