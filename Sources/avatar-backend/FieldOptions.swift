import ArgumentParser
import Service

/// A command whose options are fields of a route.
protocol FieldCommand {
    static var command: CLICommand { get }
}

enum TranscribeFields: FieldCommand { static let command = CLICommand.transcribe }
enum SpeakFields: FieldCommand { static let command = CLICommand.speak }
enum AnimateFields: FieldCommand { static let command = CLICommand.animate }

/// Options that the service's table of fields declares. The parser finds what it parses by looking
/// at an instance, so that the instance says what it would look like with a property for each.
struct FieldOptions<Command: FieldCommand>: ParsableArguments, CustomReflectable {
    private var given: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for option in Command.command.options {
            let key = Key(stringValue: option.field)
            given[option.field] =
                switch option.isOnByDefault {
                case true?:
                    try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue.map(
                        String.init)
                case false?:
                    try container.decode(Flag<Bool>.self, forKey: key).wrappedValue ? "true" : nil
                case nil:
                    try container.decode(Option<String?>.self, forKey: key).wrappedValue
                }
        }
    }

    var customMirror: Mirror {
        Mirror(
            self,
            children: Command.command.options.map {
                (label: "_" + $0.field, value: Self.property($0))
            })
    }

    private static func property(_ option: CLIOption) -> Any {
        let name = NameSpecification.customLong(option.name)
        let help = ArgumentHelp(stringLiteral: option.help)
        return switch option.isOnByDefault {
        case true?: Flag<Bool?>(name: name, inversion: .prefixedNo, help: help)
        case false?: Flag<Bool>(wrappedValue: false, name: name, help: help)
        case nil:
            Option<String?>(
                name: name, help: help,
                completion: option.choices.isEmpty ? nil : .list(option.choices))
        }
    }

    /// The fields as a form sends them; the output's ending chooses the format where nothing else
    /// does.
    func texts(writing output: String, otherwise format: String? = nil) -> [String: String] {
        var texts = given
        if texts[CLICommand.formatField] == nil {
            texts[CLICommand.formatField] =
                ending(of: output, among: Command.command.formats) ?? format
        }
        return texts
    }

    /// Names of fields.
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { return nil }
    }
}

/// The ending of a file's name where it is one of some formats.
private func ending(of path: String, among known: [String]) -> String? {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return path.contains(".") && known.contains(ending) ? ending : nil
}
