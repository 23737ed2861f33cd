import EngineAPI
import FoundationEssentials
import HTTPWire

/// The fields of a request by name, wherever they came: query, form, multipart or JSON.
struct RequestFields {
    /// The route's fields, by each of their names.
    let known: [String: APIField]
    private var texts: [String: [String]] = [:]
    private var files: [String: FormPart] = [:]
    /// The greatest whole number that is the same to every reader of JSON (RFC 7493 §2.2).
    static let wholeMax = (1 << 53) - 1
    /// Fields that came as JSON: an empty one is no field that was left out.
    private var reported: Set<String> = []
    /// Fields that came as JSON numbers or booleans.
    private var unquoted: Set<String> = []
    /// Names of a JSON body that mean nothing here.
    private var passedOver: Set<String> = []
    /// What arrives while the work on it runs.
    var incoming: IncomingMedium?
    /// The whole body, where it is the medium itself.
    private(set) var rawBody: [UInt8] = []

    /// Fields of the query only.
    init(head: RequestHead, of route: Route) throws(Problem) {
        known = APISpec.fields(of: route)
        // A route without a body takes no fields either.
        guard route.body != nil else { return }
        guard let pairs = formPairs(head.query.utf8, pairsMax: 128) else {
            throw Problem(.badQuery, "The query is not well formed.")
        }
        for (name, value) in pairs { add(name, value) }
    }

    /// Fields of a form only.
    init(parts: [FormPart], of route: Route) {
        known = APISpec.fields(of: route)
        take(parts: parts)
    }

    private mutating func add(_ name: String, _ value: String) {
        texts[Self.listed(name), default: []].append(value)
    }

    /// Some encoders number the elements of an array: `name[0]` is `name[]`.
    private static func listed(_ name: String) -> String {
        guard name.utf8.last == 0x5D, let open = name.lastIndex(of: "[") else { return name }
        let index = name[name.index(after: open)...].dropLast()
        guard !index.isEmpty, index.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return name
        }
        return name[..<open] + "[]"
    }

    /// Names that came and mean nothing to the route, in order.
    var unknownNames: [String] {
        let names = Set(texts.keys).union(files.keys).union(passedOver)
        return names.subtracting(known.keys).filter { name in
            // An array of what takes one text only, and a member of an object.
            guard name.hasSuffix("]"), let open = name.firstIndex(of: "[") else { return true }
            return known[String(name[..<open])].map { field in
                !field.isObject && !field.takesID && !name.hasSuffix("[]")
            }
                ?? true
        }.sorted()
    }

    /// A multipart body: parts with a file name, or without a text's charset, are files.
    mutating func take(parts: [FormPart]) {
        for part in parts {
            if part.filename == nil, let text = part.text { add(part.name, text) }
            let name = Self.listed(part.name)
            if files[name] == nil { files[name] = part }
        }
    }

    /// `application/x-www-form-urlencoded`.
    mutating func take(form: [UInt8]) throws(Problem) {
        guard let pairs = formPairs(form) else {
            throw Problem(.badForm, "The form is not well formed.")
        }
        for (name, value) in pairs { add(name, value) }
    }

    /// A JSON object: scalars, arrays of scalars as repeated fields, and objects as their text,
    /// as forms send them. Names that mean nothing may hold anything and are passed over.
    mutating func take(json: [UInt8]) throws(Problem) {
        // RFC 8259 §8.1: UTF-8 only; a decoder would guess at UTF-16.
        guard !json.contains(0), String(validating: json, as: UTF8.self) != nil,
            JSONNesting.isShallow(json),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(json)),
            case .object(let object) = value
        else { throw Problem(.badJSON, "The body is not a JSON object.") }
        passedOver = Set(object.keys).subtracting(known.keys)
        for (name, value) in object {
            guard let field = known[name] else { continue }
            reported.insert(name)
            switch value {
            case .null: break
            case .array(let elements) where field.isList:
                for element in elements {
                    guard let text = element.scalarText else { throw RequestFields.nested(name) }
                    add(name, text)
                }
            case .object(let members) where field.takesID:
                guard case .string(let id)? = members["id"] else {
                    throw Problem(
                        field, "The field must be a name, or an object with an id.",
                        limit: "a text, or {\"id\": a text}", got: "an object without an id")
                }
                add(name, id)
            case .object where field.isObject:
                add(name, String(decoding: encoded(value), as: UTF8.self))
            default:
                guard let text = value.scalarText else { throw RequestFields.nested(name) }
                // A form has no types and may say 1; JSON has true.
                if case .flag = field.kind, case .number = value {
                    throw Problem(field, "The field must be true or false.", got: text)
                }
                if case .string = value {} else { unquoted.insert(name) }
                add(name, text)
            }
        }
    }

    private static func nested(_ name: String) -> Problem {
        Problem(.badJSON, "The field must be a plain value.", field: name)
    }

    /// A body that is the text itself.
    mutating func take(text: String) { add("text", text) }

    mutating func take(raw: [UInt8]) { rawBody = raw }

    /// Bytes of media that came.
    var mediaBytes: Int { files.values.reduce(rawBody.count) { $0 + $1.bytes.count } }

    /// Audio that is still arriving.
    var incomingFile: IncomingFile? {
        if case .audio(let file) = incoming { return file }
        return nil
    }

    /// Text that is still being written.
    var incomingText: BoundedChannel<String>? {
        if case .text(let channel) = incoming { return channel }
        return nil
    }

    // MARK: reading

    /// Whether the response is asked for as it is made.
    var isStreamed: Bool {
        // Each channel is heard by itself: the file is read more than once.
        guard
            known[TranscriptionFields.channels.facts.name] == nil
                || (try? self[TranscriptionFields.channels]) != .split
        else { return false }
        return (try? self[TranscriptionFields.stream]) ?? false
    }

    /// A field's value.
    subscript<Value>(field: Field<Value>) -> Value {
        get throws(Problem) { try field.read(self, field.facts) }
    }

    /// What a field's text is read from; nil where none came.
    func text(of field: APIField) throws(Problem) -> String? {
        requireDeclared(field)
        for name in field.names where field.isQuoted && unquoted.contains(name) {
            throw Problem(.badField, "The field must be a string.", field: name)
        }
        for name in field.names {
            guard let text = texts[name]?.first else { continue }
            guard text.isEmpty else { return text }
            return switch field.whenEmpty {
            case .absent: nil
            case .wrongInJSON: reported.contains(name) ? text : nil
            case .value: text
            }
        }
        return nil
    }

    /// All texts of a field.
    func texts(of field: APIField) -> [String] {
        requireDeclared(field)
        return field.names.reversed().flatMap { texts[$0] ?? [] }
    }

    /// An object's members as forms send them: `name[member]`.
    func members(of field: APIField) -> [String: String] {
        requireDeclared(field)
        let prefix = field.name + "["
        let named = texts.filter { $0.key.hasPrefix(prefix) && $0.key.hasSuffix("]") }
        return Dictionary(
            named.map { (String($0.key.dropFirst(prefix.count).dropLast()), $0.value[0]) }
        ) { first, _ in first }
    }

    /// Whether a field came with anything in it.
    func has(_ field: APIField) -> Bool {
        texts(of: field).contains { !$0.isEmpty }
    }

    /// The file of a field.
    func file(of field: APIField) -> FormPart? {
        requireDeclared(field)
        for name in field.names { if let part = files[name] { return part } }
        return nil
    }

    /// A field that is read but not declared would be passed over in JSON, and told to have no
    /// effect.
    private func requireDeclared(_ field: APIField) {
        assert(known[field.name] != nil, "\(field.name) is not declared for this route")
    }
}

/// JSON's text; the global function, which a parameter of the same name hides.
private func encoded(_ value: JSONValue) -> [UInt8] { json(value) }
