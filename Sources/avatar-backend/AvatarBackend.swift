import ArgumentParser
import Service

/// The command line: `serve` when nothing else is asked for.
@main
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
