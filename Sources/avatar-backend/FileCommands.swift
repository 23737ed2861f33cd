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
        let environment =
            try job == .transcribe ? workingEnvironment() : checkedEnvironment()
        var log = makeLog(environment)
        // The response is the message; a log line beside it would only be in the way.
        log.logLevel = max(environment.logLevel, .warning)
        try await prepareSigner(environment)
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

struct Transcribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Turns speech into text.")

    @Argument(help: "An audio or video file; - is standard input.", completion: .file())
    var file: String
    @Option(name: .shortAndLong, help: "Where the text goes; - is standard output.")
    var output = "-"
    @OptionGroup var fields: FieldOptions<TranscribeFields>
    @Flag(help: "Tells each word's times, with verbose_json.") var words = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
        var texts = fields.texts(
            writing: options.json ? "-" : output, otherwise: options.json ? "json" : "text")
        if words { texts[CLICommand.granularitiesField] = "word" }
        try await FileJob(
            job: .transcribe, label: "transcribe", texts: texts,
            files: [CLICommand.fileField: try readFile(file)], output: output, options: options
        ).run()
    }
}

struct Speak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Speaks a text.")

    @Argument(help: "The text; - reads it from standard input.") var text: String
    @Option(name: .shortAndLong, help: "Where the audio goes; - is standard output.")
    var output = "-"
    @OptionGroup var fields: FieldOptions<SpeakFields>
    @OptionGroup var options: CommonOptions

    func run() async throws {
        var texts = fields.texts(writing: output)
        texts[CLICommand.textField] = try spoken(text)
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

    @Argument(
        help: "The portrait: png, jpeg, webp, bmp, gif or heic; - is standard input.",
        completion: .file())
    var image: String
    @Option(help: "A text to say; - reads it from standard input.") var text: String?
    @Option(help: "An audio file to say; - is standard input.", completion: .file())
    var audio: String?
    @Option(name: .shortAndLong, help: "Where the video goes; - is standard output.")
    var output = "-"
    @OptionGroup var fields: FieldOptions<AnimateFields>
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
        var texts = fields.texts(writing: output)
        if let text { texts[CLICommand.textField] = try spoken(text) }
        var files = [CLICommand.imageField: try readFile(image)]
        if let audio { files[CLICommand.audioField] = try readFile(audio) }
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
