import EngineAPI
import FoundationEssentials

/// What `/verify` answers with.
struct VerificationReport {
    /// Whether the Content Credentials of a file hold.
    enum State: String, CaseIterable {
        /// The file has none, or is of a kind that has none.
        case none
        /// They are not what was signed, or the file is not.
        case invalid
        /// Signed and unchanged, by whom nobody here vouches for.
        case valid
        /// Signed and unchanged, by one that the operator's certificates vouch for.
        case trusted
    }

    /// Texts of others are cut, and lists are short.
    private static let characterMax = 256
    private static let entriesMax = 32
    /// Others nest deeper than a request may.
    private static let depthMax = 64

    let state: State
    let json: JSONValue

    init(marks: SynthesisMarksFound, _ reading: CredentialsReading) {
        let credentials: JSONValue
        switch reading {
        case .unsupported:
            (state, credentials) = (
                .none, Self.plain(.none, "This kind of file is not read for Content Credentials.")
            )
        case .absent:
            (state, credentials) = (
                .none, Self.plain(.none, "The file has no Content Credentials.")
            )
        case .unreadable(let why):
            (state, credentials) = (
                .invalid,
                Self.plain(
                    .invalid, "The file cannot be read, or its Content Credentials are damaged.",
                    problems: [["code": .string(Self.cut(why))]])
            )
        case .report(let bytes): (state, credentials) = Self.read(bytes)
        }
        json = ["marks": marks.json, "content_credentials": credentials]
    }

    private static func plain(
        _ state: State, _ detail: String, problems: [JSONValue] = []
    ) -> JSONValue {
        [
            "state": .string(state.rawValue), "detail": .string(detail), "signer": .null,
            "generator": .null, "actions": .array([]), "problems": .array(problems),
        ]
    }

    private static func read(_ bytes: [UInt8]) -> (State, JSONValue) {
        guard JSONNesting.isShallow(bytes, depthMax: depthMax),
            let report = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
            case .object(let report) = report
        else {
            return (
                .invalid, plain(.invalid, "The Content Credentials hold what nobody can read.")
            )
        }
        let state: State =
            switch report.text("validation_state") {
            case "Trusted": .trusted
            case "Valid": .valid
            default: .invalid
            }
        let detail =
            switch state {
            case .trusted: "The signature holds, and its certificate is one that is trusted here."
            case .valid:
                "The signature holds and the file is as it was signed. Nobody here vouches for the "
                    + "certificate: the signer's name is what it says of itself."
            default: "The signature does not hold, or the file was changed after it was signed."
            }
        let manifest =
            report.text("active_manifest").flatMap { label in
                report.object("manifests")?.object(label)
            } ?? [:]
        let result: JSONValue = [
            "state": .string(state.rawValue), "detail": .string(detail),
            "signer": signer(manifest), "generator": generator(manifest),
            "actions": .array(actions(manifest)), "problems": .array(problems(report)),
        ]
        return (state, result)
    }

    private static func signer(_ manifest: [String: JSONValue]) -> JSONValue {
        guard let info = manifest.object("signature_info") else { return .null }
        return [
            "name": text(info, "common_name"), "organisation": text(info, "issuer"),
            "algorithm": text(info, "alg"), "time": text(info, "time"),
        ]
    }

    private static func generator(_ manifest: [String: JSONValue]) -> JSONValue {
        guard case .array(let list)? = manifest["claim_generator_info"],
            case .object(let first)? = list.first
        else { return .null }
        return ["name": text(first, "name"), "version": text(first, "version")]
    }

    private static func actions(_ manifest: [String: JSONValue]) -> [JSONValue] {
        guard case .array(let assertions)? = manifest["assertions"] else { return [] }
        let lists = assertions.compactMap { assertion -> [JSONValue]? in
            guard case .object(let assertion) = assertion,
                assertion.text("label")?.hasPrefix("c2pa.actions") == true,
                case .array(let actions)? = assertion.object("data")?["actions"]
            else { return nil }
            return actions
        }
        return lists.joined().prefix(entriesMax).map { action in
            guard case .object(let action) = action else { return .null }
            let parameters = action.object("parameters") ?? [:]
            let source = action.text("digitalSourceType").map {
                JSONValue.string(cut($0.split(separator: "/").last.map(String.init) ?? $0))
            }
            var models: [JSONValue] = []
            if case .array(let names)? = parameters["com.avatar-backend.models"] {
                models = names.prefix(entriesMax).compactMap(\.scalarText).map { .string(cut($0)) }
            }
            return [
                "action": text(action, "action"), "digital_source_type": source ?? .null,
                "engine": text(parameters, "com.avatar-backend.engine"),
                "models": .array(models),
            ]
        }
    }

    /// What failed, by C2PA's codes (2.x §15.2). That no certificate is trusted is no failure of a
    /// signature; the state tells it.
    private static func problems(_ report: [String: JSONValue]) -> [JSONValue] {
        guard case .array(let all)? = report["validation_status"] else { return [] }
        return all.lazy.compactMap { status -> JSONValue? in
            guard case .object(let status) = status, let code = status.text("code"),
                code != "signingCredential.untrusted"
            else { return nil }
            return ["code": .string(cut(code)), "detail": text(status, "explanation")]
        }.prefix(entriesMax).map { $0 }
    }

    private static func text(_ object: [String: JSONValue], _ key: String) -> JSONValue {
        object.text(key).map { .string(cut($0)) } ?? .null
    }

    private static func cut(_ text: String) -> String { String(text.prefix(characterMax)) }
}

extension [String: JSONValue] {
    fileprivate func text(_ key: String) -> String? {
        if case .string(let text)? = self[key] { text } else { nil }
    }

    fileprivate func object(_ key: String) -> [String: JSONValue]? {
        if case .object(let object)? = self[key] { object } else { nil }
    }
}
