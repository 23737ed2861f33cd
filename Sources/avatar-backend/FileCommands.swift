import ArgumentParser
import Glibc
import Service

/// What the three jobs on files share: the graph, the fields, and where the answer goes.
private func run(
    _ job: LocalJob, texts: [String: String], files: [String: [UInt8]], output: String
) async throws {
    let environment = try checkedEnvironment()
    var log = makeLog(environment)
    // The answer is the message; a log line beside it would only be in the way.
    log.logLevel = max(environment.logLevel, .warning)
    let service = makeService(environment, log: log)
    let sink = FileSink(path: output)
    await service.run(job, texts: texts, files: files, to: sink)
    // Not a return: the engines' threads live as long as the process.
    _exit(sink.hasFailed ? 1 : 0)
}

struct Transcribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Turns speech into text.")

    @Argument(help: "A sound or film file; - is standard input.") var file: String
    @Option(name: .shortAndLong, help: "Where the text goes.") var output = "-"
    @Option(help: "json, text, srt, vtt or verbose_json.") var format = "text"
    @Option(help: "ISO 639-1 code, or auto.") var language = "auto"
    @Option(help: "transcribe or translate.") var task = "transcribe"

    func run() async throws {
        try await avatar_backend.run(
            .transcribe,
            texts: ["response_format": format, "language": language, "task": task],
            files: ["file": try readFile(file)], output: output)
    }
}

struct Speak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Speaks a text.")

    @Argument(help: "The text; - reads it from standard input.") var text: String
    @Option(name: .shortAndLong, help: "Where the sound goes.") var output = "-"
    @Option(help: "wav, mp3, opus, aac, flac or pcm; by default the output's ending.")
    var format: String?
    @Option(help: "A voice of /voices.") var voice: String?
    @Option(help: "0.25 to 4.") var speed = 1.0

    func run() async throws {
        let spoken =
            text == "-" ? String(decoding: try readFile("-"), as: UTF8.self) : text
        var texts = ["text": spoken, "speed": String(speed)]
        let known = ["wav", "mp3", "opus", "aac", "flac", "pcm"]
        let ending = output.split(separator: ".").last.map(String.init) ?? ""
        texts["response_format"] = format ?? (known.contains(ending) ? ending : "wav")
        texts["voice"] = voice
        try await avatar_backend.run(.speak, texts: texts, files: [:], output: output)
    }
}

struct Animate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a portrait speak.")

    @Argument(help: "The portrait: png, jpeg, webp, bmp or gif.") var image: String
    @Option(help: "A text to say.") var text: String?
    @Option(help: "A sound file to say.") var audio: String?
    @Option(name: .shortAndLong, help: "Where the film goes.") var output = "-"
    @Option(help: "256, 384, 512, 768 or 1024.") var size = 512
    @Option(help: "12 to 60.") var fps = 25
    @Option(help: "full, crop or resize.") var preprocess = "full"
    @Option(help: "Another seed moves the head otherwise.") var seed = 0
    @Flag(help: "No head motion.") var still = false

    func validate() throws {
        guard (text == nil) != (audio == nil) else {
            throw ValidationError("Give one of --text and --audio.")
        }
    }

    func run() async throws {
        var texts = [
            "size": String(size), "fps": String(fps), "preprocess": preprocess,
            "seed": String(seed), "still": String(still),
        ]
        texts["text"] = text
        var files = ["image": try readFile(image)]
        if let audio { files["audio"] = try readFile(audio) }
        try await avatar_backend.run(.animate, texts: texts, files: files, output: output)
    }
}

struct Warmup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads every engine once and tells how long each took.")

    func run() async throws {
        try await avatar_backend.run(.warmup, texts: [:], files: [:], output: "-")
    }
}
