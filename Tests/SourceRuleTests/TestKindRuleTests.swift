import Foundation
import Testing

/// What kind a test is, by the end of its suite's and its file's name: `…ModelTests` need real
/// weights; `…SystemTests` need files, sockets, child processes, time that passes or much processor
/// time; all others are unit tests.
@Suite struct TestKindRuleTests {
    private typealias Source = SourceRuleTests.Source

    private static func tests() throws -> [Source] {
        try SourceRuleTests.sources(in: "Tests").filter {
            !["SourceRuleTests", "EndToEndTests"].contains($0.target)
        }
    }

    private static func isUnit(_ source: Source) -> Bool {
        !source.name.hasSuffix("ModelTests.swift") && !source.name.hasSuffix("SystemTests.swift")
    }

    private static let outside = [
        "ModelDirectory", ".deps", "#filePath", "FileManager", "contentsOf:", "fopen(", "mkdtemp(",
        "SocketServer(", "AF_INET", "AF_UNIX", "processExitsWith", "Process(", "sleep(",
    ]

    private static func hasTests(_ source: Source) -> Bool {
        source.lines.contains { $0.contains("@Test") }
    }

    /// What a file without tests declares for those that have them.
    private static func declared(in source: Source) throws -> [String] {
        let declaration = try Regex(
            #"^(?:final )?(?:class|struct|enum|actor|func|let|var) ([A-Za-z]+)"#,
            as: (Substring, Substring).self)
        return try source.lines.compactMap {
            try declaration.firstMatch(in: $0).map { String($0.output.1) }
        }
    }

    @Test("a unit test names no model, file, socket or pause, and no helper that does")
    func units() throws {
        let all = try Self.tests()
        #expect(all.count > 50)
        // Helpers of a target that reach outside may be used by its model and system tests only.
        var helpers: [String: [String]] = [:]
        for source in all where !Self.hasTests(source) {
            guard
                Self.outside.contains(where: { word in
                    source.lines.contains { $0.contains(word) }
                })
            else { continue }
            helpers[source.target, default: []] += try Self.declared(in: source)
        }
        for source in all where Self.hasTests(source) && Self.isUnit(source) {
            // One plain word is also the name of much else.
            let names = (helpers[source.target] ?? []).filter { $0.contains(where: \.isUppercase) }
            let uses = names.map { #"(^|[^.A-Za-z])\#($0)[.(]"# }.joined(separator: "|")
            let reaching = names.isEmpty ? nil : try Regex(uses)
            for (index, line) in source.lines.enumerated() {
                let place = "\(source.target)/\(source.name):\(index + 1)"
                for word in Self.outside where line.contains(word) {
                    Issue.record("\(place) is a unit test and has \(word)")
                }
                let isUse = reaching.map { line.contains($0) && !line.contains("func ") } ?? false
                #expect(!isUse, "\(place) uses a helper that reaches outside")
            }
        }
    }

    @Test("a suite's name ends as its file's does")
    func names() throws {
        let suite = try Regex(
            #"@Suite.*?(?:struct|class) ([A-Za-z0-9]+)"#, as: (Substring, Substring).self)
        for source in try Self.tests() {
            for kind in ["ModelTests", "SystemTests"] {
                let isKind = source.name.hasSuffix(kind + ".swift")
                for line in source.lines {
                    guard let name = try suite.firstMatch(in: line)?.output.1 else { continue }
                    #expect(name.hasSuffix(kind) == isKind, "\(name) in \(source.name)")
                }
            }
        }
    }

    @Test("tests lie in folders of the same names as what they test")
    func folders() throws {
        for source in try Self.tests() where !source.folders.isEmpty {
            let tested = [String(source.target.dropLast("Tests".count))] + source.folders
            let path =
                SourceRuleTests.root.appendingPathComponent("Sources").path
                + "/" + tested.joined(separator: "/")
            #expect(
                FileManager.default.fileExists(atPath: path),
                "\(source.name) lies in \(source.folders), which Sources lacks")
        }
    }
}
