import EngineAPI

/// One field of a request: what it is called, what it may hold and what it means. Documents, the
/// command line's options and the reading of requests are made from it.
struct APIField: Sendable {
    let name: String
    let kind: Kind
    var detail: String
    var fallback: JSONValue?
    var isRequired = false
    /// A regular expression that a text matches (ECMA-262).
    var pattern: String?
    /// Code points of a text, or bytes of a file.
    var lengths: ClosedRange<Int>?
    /// What numbers a text's field takes as well.
    var numbers: ClosedRange<Double>?
    /// Members that an object must have.
    var required: [String] = []
    /// A text that stands for an object.
    var word: String?
    /// An object that has an `id` stands for that text.
    var takesID = false
    /// Names that other programs use for the same.
    var aliases: [String] = []
    /// A JSON number or boolean is no value of it.
    var isQuoted = false
    var whenEmpty = EmptyText.wrongInJSON
    /// Whether the command line has an option for it.
    var isOption = true

    /// What a field may hold.
    enum Kind: Sendable {
        case text
        case file
        case flag
        case whole(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        case list([String])
        /// Texts of the client's own, at most so many, with the JSON Schema of each.
        case texts(countMax: Int, item: [String: JSONValue])
        /// An object of words and readings; JSON's text in a form.
        case lexicon
        /// An object, with the JSON Schema of what it may hold; JSON's text in a form.
        case object([String: JSONValue])
        /// Part of the path.
        case path
    }

    /// What an empty text is.
    enum EmptyText: Sendable {
        /// No value: forms send what was not filled in as nothing.
        case absent
        /// No value in a form; in JSON a value like any other, and most fields have none that is
        /// empty.
        case wrongInJSON
        /// A value.
        case value
    }

    init(
        _ name: String, _ kind: Kind, _ detail: String, fallback: JSONValue? = nil,
        isRequired: Bool = false, pattern: String? = nil, lengths: ClosedRange<Int>? = nil,
        aliases: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.detail = detail
        self.fallback = fallback
        self.isRequired = isRequired
        self.pattern = pattern
        self.lengths = lengths
        self.aliases = aliases
    }

    /// As problems name it: a list without its brackets.
    var bareName: String { name.hasSuffix("[]") ? String(name.dropLast(2)) : name }

    /// Every name that it may come by.
    var names: [String] { (isList ? [bareName + "[]", bareName] : [name]) + aliases }

    /// Whether JSON may send an array.
    var isList: Bool {
        switch kind {
        case .list, .texts: true
        default: false
        }
    }

    /// Whether JSON may send an object.
    var isObject: Bool {
        switch kind {
        case .lexicon, .object: true
        default: false
        }
    }

    /// JSON Schema of its value.
    var schema: JSONValue {
        var out = kind.schema
        out["description"] = .string(detail)
        if let fallback { out["default"] = fallback }
        if let pattern { out["pattern"] = .string(pattern) }
        if let numbers {
            out["type"] = nil
            out["pattern"] = nil
            out["anyOf"] = .array([
                ["type": "string", "pattern": .string(pattern ?? "")],
                [
                    "type": "number", "minimum": .number(numbers.lowerBound),
                    "maximum": .number(numbers.upperBound),
                ],
            ])
        }
        if !required.isEmpty { out["required"] = .array(required.map { .string($0) }) }
        if let word {
            out = ["anyOf": .array([["type": "string", "enum": [.string(word)]], .object(out)])]
        }
        if takesID {
            let object: JSONValue = [
                "type": "object", "required": ["id"], "properties": ["id": ["type": "string"]],
            ]
            out["type"] = nil
            out["anyOf"] = [["type": "string"], object]
        }
        if let lengths {
            out["minLength"] = .number(Double(lengths.lowerBound))
            if lengths.upperBound < Int.max {
                out["maxLength"] = .number(Double(lengths.upperBound))
            }
        }
        return .object(out)
    }

    /// What it may hold, in words.
    var allowed: String {
        switch kind {
        case .text, .path: "text"
        case .file: "file"
        case .lexicon: "object of words and readings"
        case .object: word.map { "\($0), or an object" } ?? "object"
        case .texts(let countMax, _): "at most \(countMax) texts"
        case .flag: "true, false"
        case .whole(let range):
            range.upperBound == RequestFields.wholeMax
                ? "a whole number from \(range.lowerBound)" : limit ?? ""
        case .number: limit ?? ""
        case .choice(let names): names.joined(separator: ", ")
        case .list(let names): "any of " + names.joined(separator: ", ")
        }
    }

    /// What problems say is allowed.
    var limit: String? {
        switch kind {
        case .flag: "true, false"
        case .whole(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "\(short(range.lowerBound)) to \(short(range.upperBound))"
        case .choice(let names), .list(let names): names.joined(separator: ", ")
        case .texts(let countMax, _): "at most \(countMax)"
        case .text, .path, .file, .lexicon, .object: nil
        }
    }

    private func short(_ value: Double) -> String {
        value == value.rounded() ? String(Int(bounded: value)) : String(value)
    }
}

extension APIField.Kind {
    /// JSON Schema of what it holds, without words.
    fileprivate var schema: [String: JSONValue] {
        switch self {
        case .text, .path: ["type": "string"]
        case .object(let properties): ["type": "object", "properties": .object(properties)]
        case .lexicon:
            [
                "type": "object",
                "maxProperties": .number(Double(RequestLexicon.entriesMax)),
                "propertyNames": [
                    "minLength": 1, "maxLength": .number(Double(RequestLexicon.wordMax)),
                ],
                "additionalProperties": [
                    "type": "string", "minLength": 1,
                    "maxLength": .number(Double(RequestLexicon.readingMax)),
                ],
            ]
        case .file: ["type": "string", "contentMediaType": "application/octet-stream"]
        case .flag: ["type": "boolean"]
        case .whole(let range):
            [
                "type": "integer", "minimum": .number(Double(range.lowerBound)),
                "maximum": .number(Double(range.upperBound)),
            ]
        case .number(let range):
            [
                "type": "number", "minimum": .number(range.lowerBound),
                "maximum": .number(range.upperBound),
            ]
        case .choice(let names): ["type": "string", "enum": .array(names.map { .string($0) })]
        case .list(let names):
            [
                "type": "array",
                "items": ["type": "string", "enum": .array(names.map { .string($0) })],
            ]
        case .texts(let countMax, let item):
            [
                "type": "array", "maxItems": .number(Double(countMax)), "items": .object(item),
            ]
        }
    }
}
