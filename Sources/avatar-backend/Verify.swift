import ArgumentParser
import CommandLineSupport
import EngineAPI
import FoundationEssentials
import Glibc
import HTTPWire
import Service

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a file claims of its making, and whether its signature holds.",
        discussion: "Ends with 0 where Content Credentials are there and hold, else with 65.")

    @Argument(help: "The file; - is standard input.", completion: .file()) var file: String
    @Flag(help: "Tells all of it in JSON, as /verify does.") var json = false

    func run() async throws {
        let environment = try checkedEnvironment()
        var log = makeLog(environment)
        log.logLevel = max(environment.logLevel, .warning)
        let service = makeService(
            environment, backends: try makeBackends(environment, log: log), log: log)
        let bytes = try readFile(file, bytesMax: environment.service.bodyBytesMax)
        let sink = CollectingSink()
        await service.run(
            .verify, texts: [:], files: [CLICommand.fileField: bytes],
            cancellation: Cancellation(), observer: { _ in }, to: sink)
        let (status, body) = sink.taken
        guard status == 200 else { throw CommandFailure(problem: body, httpStatus: status) }
        let report = try JSONDecoder().decode(Report.self, from: Data(body))
        if json {
            print(String(decoding: body, as: UTF8.self))
        } else {
            for line in report.lines { print(line) }
        }
        fflush(nil)
        // The engines' libraries are not torn down: nothing of theirs was used.
        let holds = ["valid", "trusted"].contains(report.credentials.state)
        _exit((holds ? SystemExitCode.done : .badInput).rawValue)
    }
}

/// What is read of the answer.
private struct Report: Decodable {
    struct Marks: Decodable {
        let digital_source_type: String?
        let made_by_avatar_backend: Bool
    }
    struct Signer: Decodable {
        let name: String?
        let organisation: String?
    }
    struct Action: Decodable {
        let action: String?
        let digital_source_type: String?
        let engine: String?
        let models: [String]?
    }
    struct Problem: Decodable { let code: String? }
    struct Credentials: Decodable {
        let state: String
        let detail: String
        let signer: Signer?
        let actions: [Action?]
        let problems: [Problem]
    }
    let marks: Marks
    let credentials: Credentials

    enum CodingKeys: String, CodingKey {
        case marks
        case credentials = "content_credentials"
    }

    /// For people. Names come from the file: nothing in them may steer a terminal.
    var lines: [String] {
        var lines = ["\(credentials.state): \(credentials.detail)"]
        if let signer = credentials.signer {
            let names = [signer.name, signer.organisation].compactMap(\.self)
            lines.append("signed by \(names.joined(separator: ", "))")
        }
        for action in credentials.actions.compactMap(\.self) {
            let parts =
                [action.action, action.digital_source_type, action.engine].compactMap(\.self)
                + (action.models ?? [])
            lines.append("claims \(parts.joined(separator: ", "))")
        }
        lines += credentials.problems.compactMap(\.code).map { "failed \($0)" }
        let term = marks.digital_source_type ?? "none"
        lines.append(
            "marks: \(term)" + (marks.made_by_avatar_backend ? ", made by Avatar Backend" : ""))
        return lines.map { line in
            String(
                String.UnicodeScalarView(
                    line.unicodeScalars.filter { !$0.properties.generalCategory.isControl }))
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool { self == .control || self == .format }
}

/// Keeps a response.
private final class CollectingSink: ResponseSink {
    private let response = Mutex((status: 500, body: [UInt8]()))

    var taken: (status: Int, body: [UInt8]) { response.withLock { $0 } }

    func send(_ response: Response) async {
        self.response.withLock { $0 = (response.head.status, response.body) }
    }
    func begin(_ head: ResponseHead) async { response.withLock { $0.status = head.status } }
    func write(_ piece: [UInt8]) async -> Bool {
        response.withLock { $0.body += piece }
        return true
    }
    func end(trailers: [(String, String)]) async {}
    func abort() async { response.withLock { $0.status = 500 } }
}
