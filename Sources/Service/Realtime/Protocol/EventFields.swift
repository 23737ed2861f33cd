import EngineAPI

/// The fields of an event or of an object in it, read by name and checked. `null` is as if absent.
struct EventFields: Sendable {
    let values: [String: JSONValue]
    /// What stands before a field's name in `param`: "session.audio.input.".
    let path: String

    init(_ values: [String: JSONValue], path: String = "") {
        self.values = values
        self.path = path
    }

    func param(_ name: String) -> String { path + name }

    /// Whether the field is there and `null`.
    func isNull(_ name: String) -> Bool { values[name] == .null }

    /// The value, where it is there and not `null`.
    subscript(name: String) -> JSONValue? {
        guard let value = values[name], value != .null else { return nil }
        return value
    }

    private func wrongType(_ name: String, _ wanted: String) -> RealtimeError {
        RealtimeError(.invalidType, "The field must be \(wanted).", param: param(name))
    }

    /// - bytesMax: of UTF-8.
    func string(_ name: String, bytesMax: Int = 65_536) throws(RealtimeError) -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw wrongType(name, "a string") }
        guard text.utf8.count <= bytesMax else {
            throw RealtimeError(
                .tooLong, "The field may have at most \(bytesMax) bytes.", param: param(name))
        }
        return text
    }

    func requiredString(_ name: String, bytesMax: Int = 65_536) throws(RealtimeError) -> String {
        guard let text = try string(name, bytesMax: bytesMax) else { throw missing(name) }
        return text
    }

    func missing(_ name: String) -> RealtimeError {
        RealtimeError(.missingParameter, "The field is needed.", param: param(name))
    }

    func flag(_ name: String) throws(RealtimeError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let flag) = value else { throw wrongType(name, "true or false") }
        return flag
    }

    func number(
        _ name: String, in range: ClosedRange<Double>
    ) throws(RealtimeError) -> Double? {
        guard let value = self[name] else { return nil }
        guard case .number(let number) = value else { throw wrongType(name, "a number") }
        guard range.contains(number) else {
            throw RealtimeError(
                .invalidValue,
                "Allowed: \(plain(range.lowerBound)) to \(plain(range.upperBound)).",
                param: param(name))
        }
        return number
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(RealtimeError) -> Int? {
        let bounds = Double(range.lowerBound)...Double(range.upperBound)
        guard let number = try number(name, in: bounds) else { return nil }
        guard number == number.rounded() else { throw wrongType(name, "a whole number") }
        return Int(bounded: number)
    }

    func choice(_ name: String, of allowed: [String]) throws(RealtimeError) -> String? {
        guard let text = try string(name) else { return nil }
        guard allowed.contains(text) else { throw notAllowed(name, allowed) }
        return text
    }

    func notAllowed(_ name: String, _ allowed: [String]) -> RealtimeError {
        RealtimeError(
            .invalidValue, "Allowed: \(allowed.joined(separator: ", ")).", param: param(name))
    }

    func object(_ name: String) throws(RealtimeError) -> EventFields? {
        guard let value = self[name] else { return nil }
        guard case .object(let object) = value else { throw wrongType(name, "an object") }
        return EventFields(object, path: param(name) + ".")
    }

    func array(_ name: String, countMax: Int) throws(RealtimeError) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard case .array(let elements) = value else { throw wrongType(name, "an array") }
        guard elements.count <= countMax else {
            throw RealtimeError(
                .invalidValue, "At most \(countMax) elements.", param: param(name))
        }
        return elements
    }

    /// The objects of an array.
    func objects(_ name: String, countMax: Int) throws(RealtimeError) -> [EventFields]? {
        guard let elements = try array(name, countMax: countMax) else { return nil }
        var all: [EventFields] = []
        for (index, element) in elements.enumerated() {
            guard case .object(let object) = element else {
                throw RealtimeError(
                    .invalidType, "The element must be an object.",
                    param: "\(param(name))[\(index)]")
            }
            all.append(EventFields(object, path: "\(param(name))[\(index)]."))
        }
        return all
    }

    /// The strings of an array.
    func strings(_ name: String, countMax: Int) throws(RealtimeError) -> [String]? {
        guard let elements = try array(name, countMax: countMax) else { return nil }
        var all: [String] = []
        for element in elements {
            guard case .string(let text) = element else {
                throw wrongType(name, "an array of strings")
            }
            all.append(text)
        }
        return all
    }

    private func plain(_ number: Double) -> String {
        number == number.rounded() ? String(Int(bounded: number)) : String(number)
    }
}
