import ArgumentParser
import CommandLineSupport
import EngineAPI
import Glibc
import ModelStore

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists, fetches and checks the models.",
        subcommands: [List.self, Fetch.self, Verify.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the models that are here.")

        @Flag(help: "Lists in JSON.") var json = false

        func run() throws {
            let store = try modelStore()
            let manifest = try withFailures { () throws(ModelStoreError) in try store.manifest() }
            if json { return print(jsonText(manifest)) }
            for file in manifest.models {
                print("\(file.name)\t\(megabytes(file.bytes))\t\(file.licence)\t\(file.file)")
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hashes every file of the models folder and compares it with the manifest.")

        @OptionGroup var options: CommonOptions

        func run() throws {
            SignalHandler.block()
            let store = try modelStore()
            let progress = ProgressPrinter(label: "verify", isQuiet: options.quiet)
            defer { progress.end() }
            let interrupt = try SignalHandler(cleanUp: progress.end)
            let findings = try withFailures(interrupt) { () throws(ModelStoreError) in
                try store.verify(interrupt.cancellation) { file, done in
                    progress.update(
                        label: file.file, done: done, total: file.bytes, unit: "bytes")
                }
            }
            progress.end()
            if options.json {
                print(jsonText(findings.map { Found(file: $0.file.file, is: $0.finding.rawValue) }))
            } else {
                for (file, finding) in findings { print("\(finding.rawValue)\t\(file.file)") }
            }
            let bad = findings.filter { $0.finding != .whole }
            guard bad.isEmpty else {
                throw CommandFailure(
                    .badInput,
                    "\(bad.count) of \(findings.count) files are not what the manifest tells")
            }
        }
    }

    struct Fetch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetches models from AVATAR_MODELS_URL into the models folder.",
            discussion: """
                AVATAR_MODELS_URL names a folder with a manifest.json and the files that it lists. \
                What breaks off goes on where it was at the next try; each file is checked by its \
                hash before it gets its name.
                """)

        @Argument(help: "Names of the manifest there.") var names: [String]
        @OptionGroup var options: CommonOptions

        func run() throws {
            SignalHandler.block()
            let store = try modelStore()
            let origin = try origin()
            let progress = ProgressPrinter(label: "fetch", isQuiet: options.quiet)
            defer { progress.end() }
            let interrupt = try SignalHandler(cleanUp: progress.end)
            var found: [Found] = []
            for name in names {
                let outcomes = try withFailures(interrupt) { () throws(ModelStoreError) in
                    try store.fetch(name, from: origin, interrupt.cancellation) { file, done in
                        progress.update(
                            label: file.file, done: done, total: file.bytes, unit: "bytes")
                    }
                }
                found += outcomes.map { Found(file: $0.file.file, is: $0.outcome.rawValue) }
            }
            progress.end()
            if options.json { return print(jsonText(found)) }
            for one in found { print("\(one.is)\t\(one.file)") }
        }

        private func origin() throws -> ModelStore.Origin {
            guard let url = try checkedEnvironment().modelsURL else {
                throw CommandFailure(
                    .badVariable,
                    "AVATAR_MODELS_URL is not set: the address of a folder with a manifest.json")
            }
            let certificates = getenv("SSL_CERT_FILE").map { String(cString: $0) }
            return try withFailures { () throws(ModelStoreError) in
                try ModelStore.Origin(
                    url: url, certificatesPath: certificates.flatMap { $0.isEmpty ? nil : $0 })
            }
        }
    }

    private struct Found: Encodable {
        let file: String
        let `is`: String
    }
}

private func modelStore() throws -> ModelStore {
    ModelStore(folder: try checkedEnvironment().modelsPath)
}

private func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e5).rounded() / 10) MB" }

/// Runs a step and says in a line why it failed. One that a signal stopped ends the process.
private func withFailures<Value>(
    _ interrupt: SignalHandler? = nil, _ body: () throws(ModelStoreError) -> Value
) throws(CommandFailure) -> Value {
    do throws(ModelStoreError) {
        return try body()
    } catch {
        if error == .stopped { interrupt?.end() }
        throw failure(error)
    }
}

private func failure(_ error: ModelStoreError) -> CommandFailure {
    func text(_ code: Int32) -> String { String(cString: strerror(code)) }
    switch error {
    case .manifestMissing(let path):
        return CommandFailure(
            .noInput, "\(path) is not there: run scripts/setup, or set AVATAR_MODELS")
    case .manifestBroken(let source):
        return CommandFailure(.badInput, "\(source) is no manifest of models")
    case .modelUnknown(let name, let known):
        return CommandFailure(
            .unavailable, "no model \(name) there; there are \(known.joined(separator: ", "))")
    case .unreadable(let path, let code):
        return CommandFailure(.noInput, "\(path): \(text(code))")
    case .unwritable(let path, let code):
        return CommandFailure(.cannotCreate, "\(path): \(text(code))")
    case .noSpace(let path, let needBytes, let freeBytes):
        return CommandFailure(
            .cannotCreate,
            "\(path) has \(megabytes(freeBytes)) free, and \(megabytes(needBytes)) are needed")
    case .badAddress(let url):
        return CommandFailure(
            .badVariable,
            "AVATAR_MODELS_URL=\(url) cannot be used; allowed: https:// or http://, and a folder")
    case .libraryMissing(let name):
        return CommandFailure(.unavailable, "\(name) was not found")
    case .refused(let url, let status):
        return CommandFailure(.unavailable, "\(url): the host answers with status \(status)")
    case .transferFailed(let url, let code):
        return CommandFailure(
            .unavailable, "\(url): \(reason(code)); another try goes on where this one ended")
    case .wrongLength(let url, let bytes, let wanted):
        return CommandFailure(
            .badInput, "\(url): \(bytes) bytes came, and the manifest tells \(wanted)")
    case .wrongHash(let url):
        return CommandFailure(
            .badInput, "\(url): the hash is not the manifest's; what came was removed")
    case .stopped: return CommandFailure(.tryAgain, "stopped")
    }
}

/// libcurl's commonest codes in words.
private func reason(_ code: Int32) -> String {
    switch code {
    case 5, 6: "the host's name was not found"
    case 7: "nobody listens there"
    case 18: "the response broke off"
    case 28: "the host was too slow"
    case 35: "no TLS connection could be made"
    case 47: "too many redirects"
    case 52, 55, 56: "the connection broke"
    case 60: "the host's certificate is not trusted"
    case 77: "no certificates were found: install ca-certificates, or set SSL_CERT_FILE"
    default: "libcurl's code \(code)"
    }
}
