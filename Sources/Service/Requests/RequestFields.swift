import EngineAPI
import Execution
import FoundationEssentials
import HTTPWire

/// The fields of a request by name, wherever they came: query, form, multipart or JSON.
struct RequestFields {
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
    init(head: RequestHead) throws(Problem) {
        guard let pairs = formPairs(head.query.utf8) else {
            throw Problem(400, "bad-query", "The query is not well formed.")
        }
        for (name, value) in pairs { add(name, value) }
    }

    /// Fields of a form only.
    init(parts: [FormPart]) { take(parts: parts) }

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

    /// Names that came and mean nothing to a route, in order.
    func unknownNames(to known: Set<String>) -> [String] {
        let names = Set(texts.keys).union(files.keys).union(passedOver)
        return names.subtracting(known).filter { name in
            !(name.hasSuffix("[]") && known.contains(String(name.dropLast(2))))
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
            throw Problem(400, "bad-form", "The form is not well formed.")
        }
        for (name, value) in pairs { add(name, value) }
    }

    /// Fields that may be an array in JSON; any other is one value.
    private static let lists: Set = [
        "engines", "timestamp_granularities", "timestamp_granularities[]",
    ]

    /// Fields that may be an object in JSON; they are kept as its text, as forms send them.
    private static let objects: Set = ["lexicon"]

    /// A JSON object: scalars, and arrays of scalars as repeated fields.
    /// - known: names that mean something; others may hold anything and are passed over.
    mutating func take(json: [UInt8], known: Set<String>) throws(Problem) {
        // RFC 8259 §8.1: UTF-8 only; a decoder would guess at UTF-16.
        guard !json.contains(0), String(validating: json, as: UTF8.self) != nil,
            JSONNesting.isShallow(json),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(json)),
            case .object(let object) = value
        else { throw Problem(400, "bad-json", "The body is not a JSON object.") }
        passedOver = Set(object.keys).subtracting(known)
        for (name, value) in object where known.contains(name) {
            reported.insert(name)
            switch value {
            case .null: break
            case .array(let elements):
                guard RequestFields.lists.contains(name) else { throw RequestFields.nested(name) }
                for element in elements {
                    guard let text = element.scalarText else { throw RequestFields.nested(name) }
                    add(name, text)
                }
            case .object where RequestFields.objects.contains(name):
                add(name, String(decoding: encoded(value), as: UTF8.self))
            default:
                guard let text = value.scalarText else { throw RequestFields.nested(name) }
                if case .string = value {} else { unquoted.insert(name) }
                add(name, text)
            }
        }
    }

    private static func nested(_ name: String) -> Problem {
        Problem(400, "bad-json", "The field must be a plain value.", field: name)
    }

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
    var isStreamed: Bool { (try? flag("stream", default: false)) ?? false }

    /// The first text of any of these names.
    func text(_ names: String...) -> String? {
        for name in names { if let value = texts[name]?.first { return value } }
        return nil
    }

    /// A field that was filled in: forms send the others as nothing.
    func filled(_ name: String) -> String? {
        guard let text = text(name), !text.isEmpty || reported.contains(name) else { return nil }
        return text
    }

    /// Refuses a field that is words when it came as a JSON number or boolean.
    func requireString(_ names: String...) throws(Problem) {
        for name in names where unquoted.contains(name) {
            throw Problem(400, "bad-field", "The field must be a string.", field: name)
        }
    }

    /// All texts of a name, also written `name[]`.
    func all(_ name: String) -> [String] { (texts[name] ?? []) + (texts[name + "[]"] ?? []) }

    /// The file of any of these names.
    func file(_ names: String...) -> FormPart? {
        for name in names { if let part = files[name] { return part } }
        return nil
    }

    /// One of a closed set.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Value
    ) throws(Problem) -> Value where Value.RawValue == String {
        guard let text = filled(name) else { return fallback }
        guard let value = Value(rawValue: text) else {
            throw Problem(
                400, "bad-field", "The field has a value that is not allowed.", field: name,
                limit: Value.allCases.map(\.rawValue).joined(separator: ", "), got: text)
        }
        return value
    }

    /// A number within a range.
    func number(
        _ name: String, default fallback: Double, in range: ClosedRange<Double>
    ) throws(Problem) -> Double {
        try value(
            name, default: fallback, in: range, "a number",
            limit: "\(short(range.lowerBound)) to \(short(range.upperBound))")
    }

    /// A whole number within a range.
    func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(Problem) -> Int {
        try value(
            name, default: fallback, in: range, "a whole number",
            limit: "\(range.lowerBound) to \(range.upperBound)")
    }

    private func value<Value: LosslessStringConvertible & Comparable>(
        _ name: String, default fallback: Value, in range: ClosedRange<Value>, _ kind: String,
        limit: String
    ) throws(Problem) -> Value {
        guard let text = filled(name) else { return fallback }
        guard let value = Value(text), range.contains(value) else {
            throw Problem(
                400, "bad-field", "The field must be \(kind) in its range.", field: name,
                limit: limit, got: text)
        }
        return value
    }

    /// true, false, 1, 0, yes, no, on, off.
    func flag(_ name: String, default fallback: Bool) throws(Problem) -> Bool {
        guard let text = filled(name) else { return fallback }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            throw Problem(
                400, "bad-field", "The field must be true or false.", field: name,
                limit: "true, false", got: text)
        }
    }

    private func short(_ value: Double) -> String {
        value == value.rounded() ? String(Int(bounded: value)) : String(value)
    }
}

/// JSON decoders recurse: a body that nests deeper than this is refused before one sees it.
enum JSONNesting {
    static let depthMax = 16

    static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isInString = false
                }
                continue
            }
            switch byte {
            case 0x22: isInString = true
            case 0x5B, 0x7B:
                depth += 1
                if depth > depthMax { return false }
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
        return true
    }
}

/// JSON's text; the global function, which a parameter of the same name hides.
private func encoded(_ value: JSONValue) -> [UInt8] { json(value) }
