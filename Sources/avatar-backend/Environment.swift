import CLinux
import EngineAPI
import FoundationEssentials
import Glibc
import HTTPServer
import HTTPWire
import Inference
import Logging
import Media
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
    /// The model that transcribes where a request names none; nil picks by its language.
    var transcriptionModel: String?
    /// Where `models fetch` looks.
    var modelsURL: String?
    var coreCount = 1
    /// Memory that the process may use: as told, else its cgroup's or the machine's.
    var processBytesMax = 0
    var logLevel = Logger.Level.info
    /// Where traces and metrics go; nil sends none.
    var telemetry: TelemetrySettings?
    /// Signs what is made; nil signs nothing.
    var signer: ContentSigner?
    /// PEM of the roots whose signatures `/verify` calls trusted; "" is none.
    var trustAnchors = ""
    /// Engines to load right after the socket listens; nil is none.
    var preload: [String] = []

    init() throws(BadValue) {
        let cores = Int(linux_cpu_count())
        server.port = UInt16(try integer("PORT", default: 8080, in: 0...65_535))
        server.address = try text("HOST") ?? "0.0.0.0"
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
        service.apiKeys = try list("AVATAR_API_KEY", of: "keys")
        service.corsOrigins = try list("AVATAR_CORS_ORIGINS", of: "origins, or *")
        service.jobsMax = try integer("AVATAR_JOBS", default: 100, in: 0...10_000)
        service.offersJobs = service.jobsMax > 0
        service.clientQueueMax = try integer("AVATAR_CLIENT_QUEUE", default: 0, in: 0...10_000)
        server.includesPeerAddress = service.clientQueueMax > 0
        server.graceSeconds = try integer("AVATAR_GRACE_SECONDS", default: 8, in: 0...600)
        service.webhookSecret = try secret("AVATAR_WEBHOOK_SECRET")
        service.jobBytesMax = try integer("AVATAR_JOBS_MB", default: 256, in: 1...65_536) << 20
        service.webhookHosts = try hosts("AVATAR_WEBHOOK_HOSTS")
        // The system's own, which others may set to nothing.
        service.temporaryFolder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        if service.temporaryFolder.isEmpty { service.temporaryFolder = "/tmp" }
        let megabytesMax = try integer("AVATAR_MEMORY_MB", default: 0, in: 128...16_777_216)
        let found = Int(linux_memory_limit() >> 20)
        processBytesMax =
            (megabytesMax > 0 ? megabytesMax : found > 0 ? found : Self.unknownMemoryMegabytes)
            << 20

        coreCount = try integer("AVATAR_THREADS", default: max(1, cores), in: 1...256)
        service.realtime = try realtime(coreCount)
        logLevel = try level()
        preload = try engines()
        try readProvenance()
        telemetry = try readTelemetry()
        backend = try choice()
        let megabytes = try integer("AVATAR_VRAM_MB", default: 0, in: 0...1_048_576)
        deviceBytesMax = megabytes > 0 ? megabytes << 20 : nil
        modelsPath = try text("AVATAR_MODELS") ?? defaultModelsPath()
        modelsURL = try text("AVATAR_MODELS_URL")
        transcriptionModel = try readTranscriptionModel()
    }

    /// Bytes that all requests together may hold.
    var requestBytesMax: Int { Environment.requestBytes(ofProcess: processBytesMax) }

    /// What is left for requests of the memory that the process may use. The engines with all
    /// default models and their working memory need the first part (`scripts/bench/memory`); of the
    /// rest a fifth is for what allocators waste.
    static func requestBytes(ofProcess bytes: Int) -> Int {
        max((bytes - engineBytes) / 5 * 4, requestBytesMin)
    }

    private static let engineBytes = 368 << 20
    private static let requestBytesMin = 48 << 20
    /// Where nothing tells how much memory there is.
    private static let unknownMemoryMegabytes = 1_024

    /// A variable that is set to nothing was meant to hold something, as where a secret was not
    /// mounted. It is an error, never the default.
    func text(_ name: String) throws(BadValue) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        guard !text.isEmpty else {
            throw BadValue(variable: name, value: "", allowed: "a value, or not to set it")
        }
        return text
    }

    func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(BadValue) -> Int {
        guard let value = try text(name) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            throw BadValue(
                variable: name, value: value,
                allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A list that is set names something: one that lost all its members would open what it closes.
    func list(_ name: String, of members: String) throws(BadValue) -> [String] {
        guard let value = try text(name) else { return [] }
        let list = value.split(separator: ",").map { String($0).trimmingBlanks() }
            .filter { $0.contains { !$0.isWhitespace } }
        guard !list.isEmpty, list.allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
        else {
            throw BadValue(
                variable: name, value: "(\(value.utf8.count) characters)",
                allowed: "\(members), comma-separated, of visible ASCII characters")
        }
        return list
    }

    /// A key that signs: `whsec_` and base64 as Standard Webhooks writes it, or plain text.
    private func secret(_ name: String) throws(BadValue) -> [UInt8] {
        guard let value = try text(name) else { return [] }
        let prefix = "whsec_"
        let bytes =
            value.hasPrefix(prefix)
            ? Data(base64Encoded: String(value.dropFirst(prefix.count))).map(Array.init) ?? []
            : Array(value.utf8)
        guard bytes.count >= 16 else {
            throw BadValue(
                variable: name, value: "(\(value.utf8.count) characters)",
                allowed: "whsec_ and base64, or plain text, of 16 bytes or more")
        }
        return bytes
    }

    private func hosts(_ name: String) throws(BadValue) -> [String] {
        let hosts = try list(name, of: "hosts").map { $0.lowercased() }
        guard hosts.allSatisfy(WebhookTarget.isHost) else {
            throw BadValue(
                variable: name, value: try text(name) ?? "",
                allowed: "names or addresses of hosts, comma-separated, as in hooks.example.com")
        }
        return hosts
    }

    private func level() throws(BadValue) -> Logger.Level {
        guard let value = try text("LOG_LEVEL") else { return .info }
        guard let level = Logger.Level(rawValue: value.lowercased()) else {
            throw BadValue(
                variable: "LOG_LEVEL", value: value,
                allowed: Logger.Level.allCases.map { $0.rawValue.uppercased() }
                    .joined(separator: ", "))
        }
        return level
    }

    private func engines() throws(BadValue) -> [String] {
        guard let value = try text("AVATAR_PRELOAD") else { return [] }
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
        guard let value = try text("AVATAR_BACKEND") else { return .auto }
        guard let choice = BackendChoice(rawValue: value) else {
            throw BadValue(
                variable: "AVATAR_BACKEND", value: value,
                allowed: BackendChoice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// `models` beside an installed tree's `bin`, or `.deps/models` of the checkout that holds
    /// the executable.
    private func defaultModelsPath() -> String { besideProgram("models") ?? "models" }
}

/// A folder beside the `bin` that holds the executable, or in `.deps` of the checkout that does.
/// - holding: a file that must be in it; nil takes the installed tree's where there is neither.
func besideProgram(_ name: String, holding file: String? = nil) -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let path = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var parts = path.split(separator: "/").dropLast()
    func isHere(_ folder: String) -> Bool {
        access(file.map { "\(folder)/\($0)" } ?? folder, R_OK) == 0
    }
    let installed = "/" + (parts.dropLast() + [name[...]]).joined(separator: "/")
    if isHere(installed) { return installed }
    while !parts.isEmpty {
        let candidate = "/" + (parts + [".deps", name[...]]).joined(separator: "/")
        if isHere(candidate) { return candidate }
        parts = parts.dropLast()
    }
    return file == nil ? installed : nil
}
