import Foundation
import Testing

/// The style rules that a machine can check, read off the sources.
@Suite struct SourceRuleTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct Source {
        let target: String
        let name: String
        /// Folders between the target and the file.
        let folders: [String]
        let lines: [String]
    }

    static func sources(in folder: String) throws -> [Source] {
        let base = root.appendingPathComponent(folder)
        let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        var found: [Source] = []
        while let url = walker?.nextObject() as? URL {
            guard url.pathExtension == "swift" else { continue }
            let parts = url.pathComponents.dropFirst(base.pathComponents.count)
            let text = try String(contentsOf: url, encoding: .utf8)
            found.append(
                Source(
                    target: parts.first ?? "", name: url.lastPathComponent,
                    folders: Array(parts.dropFirst().dropLast()),
                    lines: text.components(separatedBy: "\n")))
        }
        return found
    }

    /// Each target and the layer it stands on; it may import only what lies beneath.
    private static let layers: [String: Int] = [
        "avatar-backend": 6, "Service": 5, "HTTPServer": 4, "LambdaClient": 4, "HTTPClient": 3,
        "Transcription": 4,
        "Speech": 4, "TalkingHead": 4, "Inference": 3, "Media": 3, "Execution": 2,
        "SignalProcessing": 2, "EngineAPI": 1,
        "HTTPWire": 1, "CLinux": 0, "CFFmpeg": 0, "CLittleCMS": 0, "COnnxRuntime": 0, "CWhisper": 0,
        "CWhisperShim": 0,
        "CZlib": 0, "CCurl": 0, "Hashing": 1, "CommandLineSupport": 4, "ModelStore": 4,
    ]

    @Test("a target imports only layers beneath its own")
    func layers() throws {
        let sources = try Self.sources(in: "Sources")
        #expect(sources.count > 50)
        for source in sources {
            let layer = try #require(Self.layers[source.target], "\(source.target) has no layer")
            for line in source.lines where line.hasPrefix("import ") {
                let imported = String(line.dropFirst(7))
                guard let below = Self.layers[imported] else { continue }
                #expect(below < layer, "\(source.name) imports \(imported)")
            }
        }
    }

    @Test("the service and the pure targets link no native library")
    func purity() throws {
        let native: Set = [
            "CFFmpeg", "CLittleCMS", "COnnxRuntime", "CWhisper", "CLinux", "Media", "Inference",
        ]
        for source in try Self.sources(in: "Sources")
        where ["Service", "EngineAPI", "HTTPWire"].contains(source.target) {
            for line in source.lines where line.hasPrefix("import ") {
                #expect(!native.contains(String(line.dropFirst(7))), "\(source.name): \(line)")
            }
        }
    }

    @Test("a native library is imported only in handles, bridges and the session's files")
    func bridges() throws {
        for source in try Self.sources(in: "Sources") {
            let mayImport =
                source.name.hasSuffix("Handle.swift") || source.name.hasSuffix("Bridge.swift")
                || source.name.hasPrefix("Onnx")
            for line in source.lines
            where [
                "import CFFmpeg", "import CLittleCMS", "import CWhisper", "import CWhisperShim",
                "import COnnxRuntime",
            ].contains(line) {
                #expect(mayImport, "\(source.target)/\(source.name) has \(line)")
            }
        }
    }

    @Test("threads are made in one place, and none is let go")
    func threads() throws {
        for source in try Self.sources(in: "Sources") where source.name != "SystemThread.swift" {
            for (index, line) in source.lines.enumerated() {
                let isMaking = line.contains("pthread_create") || line.contains("pthread_detach")
                #expect(!isMaking, "\(source.name):\(index + 1) makes a thread of its own")
            }
        }
    }

    @Test("a file has at most 400 lines and a line at most 100 characters")
    func sizes() throws {
        for folder in ["Sources", "Tests"] {
            for source in try Self.sources(in: folder) {
                #expect(source.lines.count <= 401, "\(source.name): \(source.lines.count) lines")
                for (index, line) in source.lines.enumerated() {
                    // A literal may be longer than it can be broken.
                    let isLiteral = line.contains("\"")
                    #expect(
                        line.count <= 100 || isLiteral, "\(source.name):\(index + 1) is too long")
                }
            }
        }
    }

    @Test("public does not occur, and each package declaration has a doc comment")
    func documentation() throws {
        for source in try Self.sources(in: "Sources") {
            for (index, line) in source.lines.enumerated() {
                let code = line.trimmingCharacters(in: .whitespaces)
                #expect(!code.hasPrefix("public "), "\(source.name):\(index + 1) is public")
                let names = ["protocol", "struct", "final class", "actor", "enum", "extension"]
                guard names.contains(where: { code.hasPrefix("package \($0) ") }) else { continue }
                // Attributes and notes may stand between a comment and its declaration.
                let before = source.lines[..<index].reversed().first {
                    let text = $0.trimmingCharacters(in: .whitespaces)
                    return !text.hasPrefix("@") && !text.hasPrefix("// ")
                }
                let isDocumented =
                    before?.trimmingCharacters(in: .whitespaces).hasPrefix("///") == true
                #expect(isDocumented, "\(source.name):\(index + 1) has no comment")
            }
        }
    }

    @Test("what the compiler can't check says why it is safe")
    func safetyNotes() throws {
        for source in try Self.sources(in: "Sources") {
            for (index, line) in source.lines.enumerated()
            where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                let near = source.lines[max(0, index - 4)...index]
                #expect(
                    near.contains { $0.contains("SAFETY:") },
                    "\(source.name):\(index + 1) has no SAFETY note")
            }
        }
    }

    @Test("no float becomes an integer unchecked")
    func floats() throws {
        // EngineAPI marks the standard library's conversions, and the build refuses what is marked;
        // but only in files that import it. So a file with floats that makes integers must do so.
        let conversion = try Regex(#"\bU?Int(8|16|32|64)?\((?![a-z]+[A-Za-z]*: )"#)
        let float = try Regex(
            #"\b(Double|Float|Lanes|Point[23]|Duration)\b|\.rounded\(|[0-9]\.[0-9]|[sS]econds"#)
        // They stand below EngineAPI, and their seconds and milliseconds are integers.
        let below = ["HTTPWire", "Hashing", "HTTPClient", "LambdaClient", "HTTPServer"]
        for source in try Self.sources(in: "Sources") {
            let code = source.lines.filter {
                !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//")
            }
            guard code.contains(where: { $0.contains(conversion) }) else { continue }
            let file = "\(source.target)/\(source.name)"
            if below.contains(source.target) {
                for line in code where line.contains(conversion) {
                    #expect(!line.contains("Double") && !line.contains("Float"), "\(file): \(line)")
                    #expect(!line.contains(".rounded("), "\(file): \(line)")
                }
            } else if code.contains(where: { $0.contains(float) }) {
                #expect(
                    code.contains("import EngineAPI") || source.target == "EngineAPI",
                    "\(file) makes integers and has floats")
            }
        }
        let package = try String(
            contentsOf: Self.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        #expect(package.contains(".treatWarning(\"DeprecatedDeclaration\", as: .error)"))
        let settings = package.components(separatedBy: "swiftSettings: ").dropFirst()
        for setting in settings {
            #expect(
                ["standard", "pure", "numeric", "compact"].contains { setting.hasPrefix($0) })
        }
    }

    @Test("a field of a request is read by its declaration, never by a name")
    func fieldLookups() throws {
        let byName = try Regex(#"\bfields\??\.[a-zA-Z]+\(""#)
        let raw = try Regex(#"\.(text|texts|file)\(of: "#)
        for source in try Self.sources(in: "Sources") where source.target == "Service" {
            // An event of a conversation is no request: it has its own reader, `EventFields`.
            let isEvent = source.folders.contains("Realtime")
            for (index, line) in source.lines.enumerated() {
                let place = "\(source.name):\(index + 1)"
                #expect(isEvent || !line.contains(byName), "\(place) names a field")
                #expect(
                    !line.contains(raw) || source.name == "Field.swift",
                    "\(place) reads a field past its declaration")
            }
        }
    }

    @Test("no placeholder, forced try or unnamed room is left")
    func bannedWords() throws {
        let banned = ["fatal" + "Error(", "try" + "!", "TO" + "DO", "FIX" + "ME"]
        for source in try Self.sources(in: "Sources") {
            for (index, line) in source.lines.enumerated() {
                for word in banned {
                    #expect(!line.contains(word), "\(source.name):\(index + 1) has \(word)")
                }
            }
            for room in ["Utils", "Helpers", "Manager"] {
                #expect(!source.name.contains(room), "\(source.name)")
            }
        }
    }

    /// What stands between two marks, each time.
    private static func between(_ open: String, _ close: String, in text: String) -> Set<String> {
        Set(
            text.components(separatedBy: open).dropFirst().compactMap {
                $0.components(separatedBy: close).first
            })
    }

    @Test("README's table has every variable that the program reads, and no other")
    func variables() throws {
        var read: Set<String> = []
        for source in try Self.sources(in: "Sources") {
            let text = source.lines.joined(separator: "\n")
            let isEnvironment = source.name.hasPrefix("Environment")
            let calls =
                ["getenv(\""]
                + (isEnvironment ? ["(\"", "(\n            \"", "(\n                \""] : [])
            for call in calls { read.formUnion(Self.between(call, "\"", in: text)) }
        }
        // What a platform or a terminal sets is none of an operator's.
        read = read.filter { name in
            name.allSatisfy { $0.isUppercase || $0 == "_" || ("0"..."9").contains($0) }
                && ![
                    "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_INITIALIZATION_TYPE", "TERM", "",
                ].contains(name)
        }
        #expect(read.count > 15)
        let readme = try String(
            contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let table = try #require(
            readme.components(separatedBy: "## Variables").dropFirst().first?
                .components(separatedBy: "\n## ").first)
        let rows = table.components(separatedBy: "\n").filter { $0.hasPrefix("| `") }
        let listed = rows.reduce(into: Set<String>()) {
            let names = $1.dropFirst().components(separatedBy: "|")[0]
            $0.formUnion(Self.between("`", "`", in: names).filter { !$0.contains(" ") })
        }
        #expect(read.symmetricDifference(listed).isEmpty, "\(read.symmetricDifference(listed))")
    }
}
