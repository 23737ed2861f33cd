import Foundation
import HTTPWire
import Testing

@testable import Service

/// README's tables of fields, which are made from the routes' declarations.
@Suite struct FieldTableSystemTests {
    private static let readme = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../../README.md")

    /// README's table of a route's fields.
    private func table(_ route: Route) -> String {
        let rows = route.facts.operations().flatMap(\.fields).map { field in
            let without = field.isRequired ? "needed" : words(field.fallback)
            let cells = ["`\(field.name)`", field.allowed, without, escaped(field.detail)]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        return (["| field | allowed | without it | meaning |", "|---|---|---|---|"] + rows)
            .joined(separator: "\n") + "\n"
    }

    private func words(_ value: JSONValue?) -> String {
        guard case .array(let elements)? = value else { return value?.scalarText ?? "" }
        return elements.compactMap(\.scalarText).joined(separator: ", ")
    }

    /// What Markdown would take for a tag, a link or the end of a cell stands as it is.
    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { out, letter in
            out += "<[|".contains(letter) ? "\\\(letter)" : "\(letter)"
        }
    }

    @Test(
        "README's tables of fields are what the routes declare", .serialized,
        arguments: [Route.transcribe, .speak, .animate])
    func readme(route: Route) throws {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- fields:\(route.name) -->\n")
        try #require(parts.count == 2)
        let rest = parts[1].components(separatedBy: "<!-- end -->")
        let table = table(route)
        #expect(rest[0] == table, "README should have:\n\(table)")
        // With this variable README is written anew.
        guard rest[0] != table, ProcessInfo.processInfo.environment["AVATAR_WRITE_README"] != nil
        else { return }
        let tail = rest.dropFirst().joined(separator: "<!-- end -->")
        let whole = parts[0] + "<!-- fields:\(route.name) -->\n\(table)<!-- end -->" + tail
        try whole.write(to: Self.readme, atomically: true, encoding: .utf8)
    }
}
