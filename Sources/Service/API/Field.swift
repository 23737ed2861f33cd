import EngineAPI
import FoundationEssentials
import HTTPWire

/// A field with the type of its value: the one declaration that requests are read by and documents
/// are made from.
struct Field<Value: Sendable>: Sendable {
    var facts: APIField
    /// The value of a request; throws where what came is none.
    let read: @Sendable (RequestFields, APIField) throws(Problem) -> Value

    /// A field whose value is read from one text.
    /// - fallback: its value where none came.
    init(
        _ facts: APIField, default fallback: Value,
        parse: @escaping @Sendable (String, APIField) throws(Problem) -> Value
    ) {
        self.init(facts) { fields, facts throws(Problem) in
            guard let text = try fields.text(of: facts) else { return fallback }
            return try parse(text, facts)
        }
    }

    init(
        _ facts: APIField,
        read: @escaping @Sendable (RequestFields, APIField) throws(Problem) -> Value
    ) {
        self.facts = facts
        self.read = read
    }

    /// A field of which the command line makes nothing, or sends in a way of its own.
    var withoutOption: Field {
        var field = self
        field.facts.isOption = false
        return field
    }

    /// A field that takes no object with an id.
    var withoutID: Field {
        var field = self
        field.facts.takesID = false
        return field
    }

    /// The same field where a route says more of it, or has another default.
    func described(_ detail: String, fallback: JSONValue? = nil) -> Field {
        var field = self
        field.facts.detail = detail
        if let fallback { field.facts.fallback = fallback }
        return field
    }
}

extension Problem {
    /// A text that is no value of a field.
    init(_ field: APIField, _ detail: String, limit: String? = nil, got: String) {
        self.init(
            .badField, detail, field: field.bareName, limit: limit ?? field.limit, got: got)
    }
}

extension Field where Value == String? {
    /// Words as they came; nil where none did.
    static func text(
        _ name: String, _ detail: String, fallback: JSONValue? = nil, isRequired: Bool = false,
        isQuoted: Bool = false, lengths: ClosedRange<Int>? = nil, aliases: [String] = [],
        whenEmpty: APIField.EmptyText = .absent
    ) -> Field {
        var facts = APIField(
            name, .text, detail, fallback: fallback, isRequired: isRequired, lengths: lengths,
            aliases: aliases)
        facts.isQuoted = isQuoted
        facts.whenEmpty = whenEmpty
        return Field(facts, default: nil) { text, _ in text }
    }

    /// Words as they came; of several, also as an array, one list. nil where none did.
    static func listedText(_ name: String, _ detail: String) -> Field {
        var facts = APIField(name, .text, detail, aliases: [name + "[]"])
        facts.whenEmpty = .absent
        return Field(facts) { fields, facts in
            let texts = fields.texts(of: facts).filter { !$0.isEmpty }
            return texts.isEmpty ? nil : texts.joined(separator: ", ")
        }
    }

    /// An id, also as an object that has it.
    static func identifier(
        _ name: String, _ detail: String, whenEmpty: APIField.EmptyText
    ) -> Field {
        var facts = APIField(name, .text, detail)
        facts.isQuoted = true
        facts.takesID = true
        facts.whenEmpty = whenEmpty
        return Field(facts) { fields, facts throws(Problem) in
            guard let text = try fields.text(of: facts) else {
                return facts.takesID ? fields.members(of: facts)["id"] : nil
            }
            // As forms send an object.
            guard facts.takesID, text.hasPrefix("{"), JSONNesting.isShallow(Array(text.utf8)),
                let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
                case .object(let object) = value, case .string(let id)? = object["id"]
            else { return text }
            return id
        }
    }

    /// A name, where "auto" and nothing leave the choice to the server.
    static func name(_ name: String, _ detail: String, fallback: JSONValue) -> Field {
        var facts = APIField(name, .text, detail, fallback: fallback)
        facts.whenEmpty = .absent
        return Field(facts, default: nil) { text, _ in text == "auto" ? nil : text }
    }
}

extension Field {
    /// An object: as JSON, as JSON's text, or by its members as forms send them (`name[member]`).
    /// - fallback: its value where none came, and of the word that stands for an object.
    /// - limit: what problems say is allowed.
    static func object(
        _ facts: APIField, default fallback: Value, limit: String,
        parse: @escaping @Sendable ([String: JSONValue], APIField) throws(Problem) -> Value
    ) -> Field {
        Field(facts) { fields, facts throws(Problem) in
            guard let text = try fields.text(of: facts) else {
                let members = fields.members(of: facts)
                return members.isEmpty
                    ? fallback : try parse(members.mapValues { .string($0) }, facts)
            }
            if text == facts.word { return fallback }
            guard JSONNesting.isShallow(Array(text.utf8)),
                let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
                case .object(let members) = value
            else { throw Problem(facts, "The field must be an object.", limit: limit, got: text) }
            return try parse(members, facts)
        }
    }
}

extension Field where Value == [UInt8]? {
    /// A file's bytes; nil where none came.
    static func file(
        _ name: String, _ detail: String, isRequired: Bool = false, aliases: [String] = []
    ) -> Field {
        let facts = APIField(
            name, .file, detail, isRequired: isRequired, lengths: 1...Int.max, aliases: aliases)
        return Field(facts) { fields, facts in fields.file(of: facts)?.bytes }
    }
}

extension Field where Value == Bool {
    /// true, false, 1, 0, yes, no, on, off.
    static func flag(_ name: String, default fallback: Bool, _ detail: String) -> Field {
        let facts = APIField(name, .flag, detail, fallback: .bool(fallback))
        return Field(facts, default: fallback) { text, facts throws(Problem) in
            switch text.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default: throw Problem(facts, "The field must be true or false.", got: text)
            }
        }
    }
}

extension Field where Value == Int {
    /// A whole number within a range.
    static func whole(
        _ name: String, _ range: ClosedRange<Int>, default fallback: Int, _ detail: String
    ) -> Field {
        let facts = APIField(
            name, .whole(range), detail, fallback: .number(Double(fallback)))
        return Field(facts, default: fallback) { text, facts throws(Problem) in
            guard let value = Int(text), range.contains(value) else {
                throw Problem(facts, "The field must be a whole number in its range.", got: text)
            }
            return value
        }
    }
}

extension Field where Value == Int? {
    /// A whole number within a range; nil where none came.
    static func whole(_ name: String, _ range: ClosedRange<Int>, _ detail: String) -> Field {
        Field(APIField(name, .whole(range), detail), default: nil) { text, facts throws(Problem) in
            guard let value = Int(text), range.contains(value) else {
                throw Problem(facts, "The field must be a whole number in its range.", got: text)
            }
            return value
        }
    }
}

extension Field where Value == Double {
    /// A number within a range.
    static func number(
        _ name: String, _ range: ClosedRange<Double>, default fallback: Double, _ detail: String
    ) -> Field {
        let facts = APIField(name, .number(range), detail, fallback: .number(fallback))
        return Field(facts, default: fallback) { text, facts throws(Problem) in
            guard let value = Double(text), range.contains(value) else {
                throw Problem(facts, "The field must be a number in its range.", got: text)
            }
            return value
        }
    }
}

extension Field where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a closed set.
    static func choice(_ name: String, default fallback: Value, _ detail: String) -> Field {
        let facts = APIField(
            name, .choice(Value.allCases.map(\.rawValue)), detail,
            fallback: .string(fallback.rawValue))
        return Field(facts, default: fallback) { text, facts throws(Problem) in
            guard let value = Value(rawValue: text) else {
                throw Problem(facts, "The field has a value that is not allowed.", got: text)
            }
            return value
        }
    }
}

extension Field where Value == [String] {
    /// Texts of the client's own, each sent for itself; empty ones are none.
    /// - lengthMax: code points of each.
    static func texts(
        _ name: String, countMax: Int, lengthMax: Int, pattern: String? = nil, _ detail: String
    ) -> Field {
        var item: [String: JSONValue] = [
            "type": "string", "maxLength": .number(Double(lengthMax)),
        ]
        if let pattern { item["pattern"] = .string(pattern) }
        let facts = APIField(name, .texts(countMax: countMax, item: item), detail)
        return Field(facts) { fields, facts throws(Problem) in
            let texts = fields.texts(of: facts).filter { !$0.isEmpty }
            guard texts.count <= countMax else {
                throw Problem(
                    facts, "The field came too often.", limit: "at most \(countMax)",
                    got: String(texts.count))
            }
            if let long = texts.first(where: { $0.unicodeScalars.count > lengthMax }) {
                throw Problem(
                    facts, "One of the field's texts is too long.",
                    limit: "\(lengthMax) characters",
                    got: "\(long.unicodeScalars.count) characters")
            }
            return texts
        }
    }

    /// Any of some words, each sent for itself; in JSON an array.
    /// - fallback: what none means, where documents say it.
    /// - isOpen: others are taken too; whoever reads them knows which.
    static func list(
        _ name: String, _ allowed: [String], default fallback: [String] = [], isOpen: Bool = false,
        _ detail: String
    ) -> Field {
        let facts = APIField(
            name, .list(allowed), detail,
            fallback: fallback.isEmpty ? nil : .array(fallback.map { .string($0) }))
        return Field(facts) { fields, facts throws(Problem) in
            let texts = fields.texts(of: facts)
            if !isOpen, let wrong = texts.first(where: { !allowed.contains($0) }) {
                throw Problem(facts, "The field has a value that is not allowed.", got: wrong)
            }
            return texts.isEmpty ? fallback : texts
        }
    }
}
