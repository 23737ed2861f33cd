import ArgumentParser
import CommandLineSupport
import FoundationEssentials
import Glibc

struct Licences: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the parts that are shipped with the program, and their licences.",
        discussion: """
            The texts lie in the folder licences beside the program's own: with a part's name \
            its text is shown, with SOURCES where the sources of LGPL parts are.
            """)

    @Argument(help: "A part whose licence and notice are shown.") var name: String?
    @Flag(help: "Lists in JSON.") var json = false

    private struct Table: Decodable {
        struct Part: Decodable {
            let name: String
            let version: String
            let licence: String
            let kind: String
            let text: String
        }
        let parts: [Part]
    }

    private static let fileBytesMax = 16 << 20

    func run() throws {
        guard let folder = besideProgram("licences", holding: "table.json") else {
            throw CommandFailure(
                .unavailable, "no licences lie beside the program: scripts/setup makes them")
        }
        let text = try readFile(folder + "/table.json", bytesMax: Self.fileBytesMax)
        guard let table = try? JSONDecoder().decode(Table.self, from: Data(text)) else {
            throw CommandFailure(.badInput, "\(folder)/table.json cannot be read")
        }
        if let name { return try show(name, table, folder) }
        if json { return print(String(decoding: text, as: UTF8.self), terminator: "") }
        for part in table.parts {
            print("\(part.name)\t\(part.version)\t\(part.licence)\t\(part.kind)")
        }
    }

    /// A name is one of the table's: it leads to no other file.
    private func show(_ name: String, _ table: Table, _ folder: String) throws {
        let part = table.parts.first { $0.name == name }
        guard let file = name == "SOURCES" ? "SOURCES.txt" : part?.text, !file.contains("/") else {
            throw CommandFailure(
                .usage,
                "no part is named \(name): "
                    + table.parts.map(\.name).joined(separator: ", ") + ", SOURCES")
        }
        let bytes = try readFile("\(folder)/\(file)", bytesMax: Self.fileBytesMax)
        print(String(decoding: bytes, as: UTF8.self), terminator: "")
    }
}
