/// An option of the command line: a field of a command's route, as the table declares it.
package struct CLIOption: Sendable {
    /// The field's name.
    package let field: String
    /// What is typed after `--`.
    package let name: String
    /// What it means, what it may be, and what holds without it.
    package let help: String
    /// What it may be, where that is a closed set.
    package let choices: [String]
    /// Of what is true or false, which holds without it.
    package let isOnByDefault: Bool?

    /// - Returns: nil for fields that the command line has no use for, or sends in its own way.
    init?(_ field: APIField) {
        guard field.isOption else { return nil }
        self.field = field.name
        let isFormat = field.name == CLICommand.formatField
        name = isFormat ? "format" : String(field.name.map { $0 == "_" ? "-" : $0 })
        var words = field.detail
        switch field.kind {
        case .file, .list, .texts, .path: return nil
        case .flag:
            choices = []
            isOnByDefault = field.fallback == .bool(true)
            help = words
            return
        case .choice(let names): choices = names
        case .text, .whole, .number, .lexicon, .object: choices = []
        }
        isOnByDefault = nil
        if field.limit != nil { words += " Allowed: \(field.allowed)." }
        if isFormat {
            words += " By default the output's ending."
        } else if let fallback = field.fallback?.scalarText {
            words += " Default: \(fallback)."
        }
        help = words
    }
}

extension CLICommand {
    /// The field that the option `--format` stands for.
    package static let formatField = TranscriptionFields.format.facts.name
    /// Fields that the command line sends in its own way.
    package static let fileField = TranscriptionFields.file.facts.name
    package static let granularitiesField = TranscriptionFields.granularities.facts.name
    package static let textField = SpeechFields.text.facts.name
    package static let imageField = AnimationFields.image.facts.name
    package static let audioField = AnimationFields.audio.facts.name

    /// Options that are fields of the command's route.
    package var options: [CLIOption] {
        route.facts.operations().flatMap(\.fields).compactMap(CLIOption.init)
    }

    /// What the response may be written as.
    package var formats: [String] {
        options.first { $0.field == Self.formatField }?.choices ?? []
    }
}
