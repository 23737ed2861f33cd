import ArgumentParser
import CLinux
import Glibc
import Service

/// The program's entry. Not an async `main`: serving must block its stop signals before any other
/// thread lives, or the system would deliver them to one that dies of them.
@main
enum Program {
    static func main() {
        linux_return_memory()
        do {
            var command = try AvatarBackend.parseAsRoot()
            guard let job = command as? any AsyncParsableCommand else { return try command.run() }
            run(job)
        } catch {
            AvatarBackend.exit(withError: error)
        }
    }

    private static func run(_ job: sending any AsyncParsableCommand) -> Never {
        Task {
            var job = job
            do {
                try await job.run()
                AvatarBackend.exit()
            } catch {
                AvatarBackend.exit(withError: error)
            }
        }
        while true { pause() }
    }
}

/// The command line: `serve` when nothing else is asked for.
struct AvatarBackend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Product.name,
        abstract: "Gives a portrait ears, a voice and a face.",
        version: Product.version,
        subcommands: [
            Serve.self, Transcribe.self, Speak.self, Animate.self, Warmup.self, Health.self,
            Models.self,
        ],
        defaultSubcommand: Serve.self)
}
