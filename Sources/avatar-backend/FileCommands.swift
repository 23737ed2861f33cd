import ArgumentParser
import CommandLineSupport
import EngineAPI
import FoundationEssentials
import Glibc
import Service

/// The options that every job on files has.
struct CommonOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "No progress, also on a terminal.") var quiet = false
    @Flag(help: "Tells in JSON what was made, and why nothing was.") var json = false
}

/// A job on files: its fields, and where its response goes.
private struct FileJob {
    let job: CLICommand
    let label: String
    var texts: [String: String] = [:]
    var files: [String: [UInt8]] = [:]
    var output = "-"
    var isBinary = false
    let options: CommonOptions

    /// Does the work and ends the process: the engines' threads live as long as it does.
    func run() async throws -> Never {
        if isBinary, output == "-", isatty(1) == 1 {
            throw CommandFailure(.usage, "standard output is a terminal: use -o FILE, or a pipe")
        }
        if isBinary, output == "-", options.json {
            throw CommandFailure(.usage, "--json writes to standard output too: use -o FILE")
        }
        let environment = try checkedEnvironment()
        var log = makeLog(environment)
        // The response is the message; a log line beside it would only be in the way.
        log.logLevel = max(environment.logLevel, .warning)
        let service = makeService(
            environment, backends: try makeBackends(environment, log: log), log: log)
        let progress = ProgressPrinter(label: label, isQuiet: options.quiet)
        let sharesTerminal = output == "-" && isatty(1) == 1
        let sink = FileSink(path: output, endsLine: !isBinary) {
            if sharesTerminal { progress.end() }
        }
        let interrupt = try SignalHandler {
            progress.end()
            sink.discard()
        }
        let began = ContinuousClock.now
        await service.run(
            job, texts: texts, files: files, cancellation: interrupt.cancellation,
            observer: {
                progress.update(done: $0.done, total: $0.total, unit: $0.unit.rawValue)
            },
            to: sink)
        progress.end()
        if interrupt.cancellation.isRaised { interrupt.end() }
        report(sink, seconds: (.now - began) / .seconds(1))
    }

    private func report(_ sink: FileSink, seconds: Double) -> Never {
        do throws(CommandFailure) {
            let made = try sink.outcome()
            // Such as: several faces are there, and the largest speaks.
            if let warning = made.fields["warning"], !options.quiet {
                complain(
                    warning.split(separator: "\"").dropFirst().first.map(String.init) ?? warning)
            }
            if options.json, isBinary { print(summary(made, seconds)) }
            fflush(nil)
            _exit(SystemExitCode.done.rawValue)
        } catch {
            if options.json, !sink.problem.isEmpty {
                complain(String(decoding: sink.problem, as: UTF8.self), isPrefixed: false)
            } else {
                complain(error.message)
            }
            _exit(error.status.rawValue)
        }
    }

    private func summary(_ made: FileSink.Made, _ seconds: Double) -> String {
        struct Summary: Encodable {
            let file: String
            let type: String
            let bytes: Int
            let workSeconds: Double
            let frames: Int?
            let size: String?
        }
        return jsonText(
            Summary(
                file: output, type: made.type, bytes: made.bytes,
                workSeconds: (seconds * 1000).rounded() / 1000,
                frames: made.fields["x-video-frames"].flatMap { Int($0) },
                size: made.fields["x-video-size"]))
    }
}

/// One line of JSON, keys in order.
func jsonText(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}

/// The ending of a file's name where it is one of some formats.
private func ending(of path: String, among known: [String]) -> String? {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return path.contains(".") && known.contains(ending) ? ending : nil
}

struct Transcribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Turns speech into text.")

    @Argument(help: "An audio or video file; - is standard input.", completion: .file())
    var file: String
    @Option(name: .shortAndLong, help: "Where the text goes; - is standard output.")
    var output = "-"
    @Option(
        help: "text, json, srt, vtt or verbose_json; by default the output's ending, or text.",
        completion: .list(["text", "json", "srt", "vtt", "verbose_json"]))
    var format: String?
    @Option(help: "ISO 639-1 code, or auto.") var language = "auto"
    @Option(help: "transcribe or translate.", completion: .list(["transcribe", "translate"]))
    var task = "transcribe"
    @Option(help: "tiny.en, base, or another of `models list`.") var model: String?
    @Option(help: "Words that may come, for their spelling.") var prompt: String?
    @Flag(help: "Tells each word's times, with verbose_json.") var words = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let byEnding = ending(of: output, among: ["json", "srt", "vtt"])
        var texts = [
            "response_format": format ?? (options.json ? "json" : byEnding ?? "text"),
            "language": language, "task": task,
        ]
        texts["model"] = model
        texts["prompt"] = prompt
        if words { texts["timestamp_granularities[]"] = "word" }
        try await FileJob(
            job: .transcribe, label: "transcribe", texts: texts,
            files: ["file": try readFile(file)], output: output, options: options
        ).run()
    }
}

struct Speak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Speaks a text.")
    static let formats = ["wav", "mp3", "opus", "aac", "flac", "pcm"]

    @Argument(help: "The text; - reads it from standard input.") var text: String
    @Option(name: .shortAndLong, help: "Where the audio goes; - is standard output.")
    var output = "-"
    @Option(
        help: "wav, mp3, opus, aac, flac or pcm; by default the output's ending, or wav.",
        completion: .list(formats))
    var format: String?
    @Option(help: "A voice of /voices.") var voice: String?
    @Option(help: "0.25 to 4.") var speed = 1.0
    @Option(help: "-12 to 12 semitones, or as in +10%, 180Hz, low.") var pitch: String?
    @Option(help: "Another seed makes another noise.") var seed: Int?
    @Flag(help: "The text is phonemes.") var phonemes = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
        var texts = ["text": try spoken(text), "speed": String(speed)]
        texts["response_format"] = format ?? ending(of: output, among: Self.formats) ?? "wav"
        texts["voice"] = voice
        texts["pitch"] = pitch
        texts["seed"] = seed.map { String($0) }
        if phonemes { texts["phonemes"] = "true" }
        try await FileJob(
            job: .speak, label: "speak", texts: texts, output: output, isBinary: true,
            options: options
        ).run()
    }
}

/// A text of the command line; "-" is standard input.
private func spoken(_ text: String) throws(CommandFailure) -> String {
    text == "-" ? String(decoding: try readFile("-", bytesMax: 16 << 20), as: UTF8.self) : text
}

struct Animate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a portrait speak.")
    static let formats = ["mp4", "webm", "gif"]

    @Argument(
        help: "The portrait: png, jpeg, webp, bmp or gif; - is standard input.",
        completion: .file())
    var image: String
    @Option(help: "A text to say; - reads it from standard input.") var text: String?
    @Option(help: "An audio file to say; - is standard input.", completion: .file())
    var audio: String?
    @Option(name: .shortAndLong, help: "Where the video goes; - is standard output.")
    var output = "-"
    @Option(
        help: "mp4, webm or gif; by default the output's ending, or mp4.",
        completion: .list(formats))
    var format: String?
    @Option(help: "256, 384, 512, 768 or 1024.") var size = 512
    @Option(help: "12 to 60.") var fps = 25
    @Option(help: "full, crop or resize.", completion: .list(["full", "crop", "resize"]))
    var preprocess = "full"
    @Option(help: "Another seed moves the head otherwise.") var seed = 0
    @Option(help: "x,y in pixels: which one of several faces.") var face: String?
    @Option(help: "What draws: an id of /engines.") var engine: String?
    @Option(help: "keep, or a CSS colour for what is behind the person.")
    var background = "keep"
    @Option(help: "Strength of mouth and brows, 0 to 2.") var expressionScale = 1.0
    @Option(help: "A style of the head's motion, 0 to 45.") var poseStyle = 0
    @Option(help: "A voice of /voices, with --text.") var voice: String?
    @Option(help: "0.25 to 4, with --text.") var speed = 1.0
    @Flag(help: "No head motion.") var still = false
    @Flag(inversion: .prefixedNo, help: "Blinking eyes.") var blink = true
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (text == nil) != (audio == nil) else {
            throw ValidationError("Give one of --text and --audio.")
        }
        guard [image, text, audio].filter({ $0 == "-" }).count < 2 else {
            throw ValidationError("Standard input can be only one of them.")
        }
    }

    func run() async throws {
        var texts = [
            "size": String(size), "fps": String(fps), "preprocess": preprocess,
            "seed": String(seed), "still": String(still), "blink": String(blink),
            "expression_scale": String(expressionScale), "pose_style": String(poseStyle),
            "background": background,
        ]
        texts["response_format"] = format ?? ending(of: output, among: Self.formats) ?? "mp4"
        texts["face"] = face
        texts["engine"] = engine
        if let text {
            texts["text"] = try spoken(text)
            texts["voice"] = voice
            texts["speed"] = String(speed)
        }
        var files = ["image": try readFile(image)]
        if let audio { files["audio"] = try readFile(audio) }
        try await FileJob(
            job: .animate, label: "animate", texts: texts, files: files, output: output,
            isBinary: true, options: options
        ).run()
    }
}

struct Warmup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads every engine once and tells how long each took, in JSON.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await FileJob(job: .warmup, label: "warm up", options: options).run()
    }
}
