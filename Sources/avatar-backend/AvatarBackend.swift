import ArgumentParser
import CLinux
import CommandLineSupport
import Glibc
import Inference
import Media
import Service

/// The program's entry. Not an async `main`: serving must block its stop signals before any other
/// thread lives, or the system would deliver them to one that dies of them.
@main
enum Program {
    static func main() {
        if isChild(DecodeChild.command) { DecodeChild.run() }
        if isChild(VerifyChild.command) { VerifyChild.run() }
        linux_return_memory()
        OnnxRuntime.forbidTelemetry()
        ComputeLibrary.forbidDebugger()
        do {
            // Reading a command line that says nothing else takes a third of our whole start.
            if isPlainServe { return try Serve().run() }
            var command = try AvatarBackend.parseAsRoot()
            guard let job = command as? any AsyncParsableCommand else { return try command.run() }
            SignalHandler.block()
            run(job)
        } catch {
            end(with: error)
        }
    }

    /// Whether the command line asks for nothing but to serve.
    private static var isPlainServe: Bool {
        guard CommandLine.argc == 2, let word = CommandLine.unsafeArgv[1] else {
            return CommandLine.argc == 1
        }
        return strcmp(word, "serve") == 0
    }

    /// Whether this process reads files for the server that started it, by its word.
    private static func isChild(_ command: String) -> Bool {
        guard CommandLine.argc == 2, let word = CommandLine.unsafeArgv[1] else { return false }
        return strcmp(word, command) == 0
    }

    private static func end(with error: any Error) -> Never {
        guard let failure = error as? CommandFailure else { AvatarBackend.exit(withError: error) }
        fflush(nil)
        complain(failure.message)
        _exit(failure.status.rawValue)
    }

    private static func run(_ job: sending any AsyncParsableCommand) -> Never {
        Task {
            var job = job
            do {
                try await job.run()
                AvatarBackend.exit()
            } catch {
                end(with: error)
            }
        }
        while true { pause() }
    }
}

/// Writes a line to standard error.
/// - isPrefixed: with the program's name, for people.
func complain(_ message: String, isPrefixed: Bool = true) {
    var text = (isPrefixed ? "\(Product.name): " : "") + message + "\n"
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

/// The command line: `serve` when nothing else is asked for.
struct AvatarBackend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Product.name,
        abstract: "Gives a portrait ears, a voice and a face.",
        version: Product.version,
        subcommands: [
            Serve.self, Transcribe.self, Speak.self, Animate.self, Warmup.self, Health.self,
            Models.self, Verify.self, Licences.self,
        ],
        defaultSubcommand: Serve.self)
}
