import FoundationEssentials

/// How the program ends, as sysexits.h has it: a script can tell a bad file from a full disk.
package enum SystemExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    /// A wrong option or a value that is not allowed.
    case usage = 64
    /// The input cannot be read as what it should be, or nothing can be made of it.
    case badInput = 65
    case noInput = 66
    /// A model is missing, or a server cannot be reached.
    case unavailable = 69
    case ownFault = 70
    case cannotCreate = 73
    case brokenOutput = 74
    /// Too busy or too slow; another try may do.
    case tryAgain = 75
    /// A variable of the environment.
    case badVariable = 78

    /// What a response with this HTTP status and kind of problem means on the command line.
    package init(httpStatus: Int, kind: String) {
        switch (httpStatus, kind) {
        case (200..<300, _): self = .done
        case (_, "model-missing"), (_, "model-unknown"): self = .unavailable
        case (413, _), (415, _), (422, _): self = .badInput
        case (408, _), (429, _), (503, _), (504, _): self = .tryAgain
        case (400..<500, _): self = .usage
        default: self = .ownFault
        }
    }
}

/// Why the program ends early: one line for people, and the status for scripts.
package struct CommandFailure: Error, Equatable, Sendable {
    package let status: SystemExitCode
    package let message: String

    package init(_ status: SystemExitCode, _ message: String) {
        self.status = status
        self.message = message
    }

    /// What a problem of RFC 9457 says, in one line.
    package init(problem body: [UInt8], httpStatus: Int) {
        struct Problem: Decodable {
            let type: String?
            let detail: String?
            let field: String?
            let limit: String?
            let got: String?
        }
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(body))
        let kind = problem?.type?.split(separator: "#").last.map(String.init) ?? ""
        var text = problem?.detail ?? "the work failed with status \(httpStatus)"
        if let field = problem?.field { text += " Field: \(field)." }
        if let limit = problem?.limit { text += " Allowed: \(limit)." }
        if let got = problem?.got { text += " Got: \(got)." }
        let status = SystemExitCode(httpStatus: httpStatus, kind: kind)
        if status == .unavailable { text += " Get a model with: avatar-backend models fetch NAME" }
        self.init(status, text)
    }
}
