import CLinux
import Glibc
import HTTPServer
import HTTPWire
import Inference
import Logging
import Service

/// What the variables say, checked. A value that can't be used names the variable, itself and
/// what is allowed.
struct Environment {
    /// Why the program can't start with these variables.
    struct BadValue: Error, CustomStringConvertible {
        let variable: String
        let value: String
        let allowed: String
        var description: String { "\(variable)=\(value) cannot be used; allowed: \(allowed)" }
    }

    var server = ServerSettings()
    var service = ServiceSettings()
    /// Where networks run.
    var backend = BackendChoice.auto
    /// Upper bound on GPU memory; nil is what is free.
    var deviceBytesMax: Int?
    var modelsPath = ""
    /// Where `models fetch` looks.
    var modelsURL: String?
    var coreCount = 1
    var logLevel = Logger.Level.info
    /// Engines to load right after the socket listens; nil is none.
    var preload: [String] = []

    init() throws(BadValue) {
        let cores = Int(linux_cpu_count())
        server.port = UInt16(try integer("PORT", default: 8080, in: 0...65_535))
        server.address = text("HOST") ?? "0.0.0.0"
        // A loop keeps up with as many peers as fill the other core; more of them take turns with
        // their clients and are slower, measured on two cores.
        server.loops = max(1, min(cores / 2, 8))
        server.readSeconds = try integer("AVATAR_READ_SECONDS", default: 30, in: 1...3_600)
        server.idleSeconds = try integer("AVATAR_IDLE_SECONDS", default: 60, in: 1...3_600)
        service.queueMax = try integer("AVATAR_QUEUE", default: 32, in: 1...10_000)
        service.bodyBytesMax =
            try integer("AVATAR_MAX_BODY_MB", default: 32, in: 1...4_096) << 20
        service.audioSecondsMax = Double(
            try integer("AVATAR_MAX_AUDIO_SECONDS", default: 7_200, in: 1...86_400))
        service.videoSecondsMax = Double(
            try integer("AVATAR_MAX_VIDEO_SECONDS", default: 1_800, in: 1...7_200))
        service.textCharactersMax =
            try integer("AVATAR_MAX_TEXT", default: 20_000, in: 1...1_000_000)
        service.deadlineSeconds =
            try integer("AVATAR_DEADLINE_SECONDS", default: 895, in: 1...86_400)
        service.apiKeys = list("AVATAR_API_KEY")
        service.corsOrigins = list("AVATAR_CORS_ORIGINS")
        service.jobsMax = try integer("AVATAR_JOBS", default: 100, in: 1...10_000)
        service.jobBytesMax = try integer("AVATAR_JOBS_MB", default: 256, in: 1...65_536) << 20
        service.webhookHosts = try hosts("AVATAR_WEBHOOK_HOSTS")
        service.temporaryFolder = text("TMPDIR") ?? "/tmp"
        coreCount = try integer("AVATAR_THREADS", default: max(1, cores), in: 1...256)
        logLevel = try level()
        preload = try engines()
        backend = try choice()
        let megabytes = try integer("AVATAR_VRAM_MB", default: 0, in: 0...1_048_576)
        deviceBytesMax = megabytes > 0 ? megabytes << 20 : nil
        modelsPath = text("AVATAR_MODELS") ?? defaultModelsPath()
        modelsURL = text("AVATAR_MODELS_URL")
    }

    private func text(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(BadValue) -> Int {
        guard let value = text(name) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            throw BadValue(
                variable: name, value: value,
                allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { String($0).trimmingBlanks() }
            .filter { !$0.isEmpty }
    }

    private func hosts(_ name: String) throws(BadValue) -> [String] {
        let hosts = list(name).map { $0.lowercased() }
        guard hosts.allSatisfy(WebhookTarget.isHost) else {
            throw BadValue(
                variable: name, value: text(name) ?? "",
                allowed: "names or addresses of hosts, comma-separated, as in hooks.example.com")
        }
        return hosts
    }

    private func level() throws(BadValue) -> Logger.Level {
        guard let value = text("LOG_LEVEL") else { return .info }
        guard let level = Logger.Level(rawValue: value.lowercased()) else {
            throw BadValue(
                variable: "LOG_LEVEL", value: value,
                allowed: Logger.Level.allCases.map { $0.rawValue.uppercased() }
                    .joined(separator: ", "))
        }
        return level
    }

    private func engines() throws(BadValue) -> [String] {
        guard let value = text("AVATAR_PRELOAD") else { return [] }
        let known = ["transcribe", "speak", "animate"]
        let names = value.split(separator: ",").map(String.init)
        if names == ["all"] { return known }
        guard names.allSatisfy(known.contains) else {
            throw BadValue(
                variable: "AVATAR_PRELOAD", value: value,
                allowed: "all, or a list of " + known.joined(separator: ", "))
        }
        return names
    }

    private func choice() throws(BadValue) -> BackendChoice {
        guard let value = text("AVATAR_BACKEND") else { return .auto }
        guard let choice = BackendChoice(rawValue: value) else {
            throw BadValue(
                variable: "AVATAR_BACKEND", value: value,
                allowed: BackendChoice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// `models` beside an installed tree's `bin`, or `.deps/models` of the checkout that holds
    /// the executable.
    private func defaultModelsPath() -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "models" }
        let path = String(
            decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var parts = path.split(separator: "/").dropLast()
        let installed = "/" + (parts.dropLast() + ["models"]).joined(separator: "/")
        if access(installed, R_OK) == 0 { return installed }
        while !parts.isEmpty {
            let candidate = "/" + (parts + [".deps", "models"]).joined(separator: "/")
            if access(candidate, R_OK) == 0 { return candidate }
            parts = parts.dropLast()
        }
        return installed
    }
}
