import Foundation
import HTTPWire
import Testing

@testable import CommandLineSupport

/// README's table of exit statuses.
@Suite struct SystemExitCodeSystemTests {
    @Test("README's table has every exit status")
    func readme() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let text = try String(
            contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let table = try #require(
            text.components(separatedBy: "| exit |").last?.components(separatedBy: "\n\n").first)
        let listed = table.components(separatedBy: "\n").dropFirst(2).flatMap { row in
            row.components(separatedBy: "|")[1].components(separatedBy: ",").compactMap {
                Int32($0.trimmingCharacters(in: .whitespaces))
            }
        }
        // A shell's own for signals come after ours.
        #expect(listed == SystemExitCode.allCases.map(\.rawValue) + [130, 143])
    }
}
