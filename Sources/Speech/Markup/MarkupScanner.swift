import EngineAPI

/// Reads well-formed XML element by element: what SSML needs of it and no more. Nothing is ever
/// fetched or included, no entity can be declared, and what is read grows with the text only.
struct MarkupScanner {
    enum Event: Equatable {
        case start(name: String, attributes: [String: String], isEmpty: Bool)
        case end(name: String)
        case text(Scalars)
    }

    /// Names and values longer than this, and more attributes than this, are no speech's.
    private static let nameMax = 64
    private static let valueMax = 2000
    private static let attributesMax = 32

    private let text: Scalars
    /// Where the next event begins.
    private(set) var at = 0

    init(_ text: Scalars, at start: Int = 0) {
        self.text = text
        at = start
    }

    func fault(_ fault: EngineError.MarkupFault, at place: Int? = nil) -> EngineError {
        .markupBroken(fault, character: min(place ?? at, text.count) + 1)
    }

    /// The next element's start, end or text; nil at the end.
    /// - Throws: `.markupBroken`.
    mutating func next() throws(EngineError) -> Event? {
        while at < text.count {
            guard text[at] == "<" else { return .text(try characters()) }
            if text.has("<!--", at) {
                try skip(past: "-->", from: at + 4)
            } else if text.has("<?", at) {
                try skip(past: "?>", from: at + 2)
            } else if text.has("<![CDATA[", at) {
                let start = at + 9
                try skip(past: "]]>", from: start)
                return .text(Array(text[start..<at - 3]))
            } else if text.has("<!", at) {
                try skipDeclaration()
            } else if text.at(at + 1) == "/" {
                return try closing()
            } else {
                return try opening()
            }
        }
        return nil
    }

    private mutating func skip(past literal: String, from: Int) throws(EngineError) {
        var end = from
        while end < text.count, !text.has(literal, end) { end += 1 }
        guard end < text.count else { throw fault(.unclosed) }
        at = end + literal.unicodeScalars.count
    }

    /// "<!DOCTYPE …>" names a grammar, which is not looked at; one with declarations is refused.
    private mutating func skipDeclaration() throws(EngineError) {
        guard text.has("<!DOCTYPE", at) else { throw fault(.declaration) }
        var end = at + 9
        while let scalar = text.at(end), scalar != ">" {
            if scalar == "[" { throw fault(.declaration, at: end) }
            end += 1
        }
        guard end < text.count else { throw fault(.unclosed) }
        at = end + 1
    }

    // MARK: text

    private mutating func characters() throws(EngineError) -> Scalars {
        var out: Scalars = []
        while let scalar = text.at(at), scalar != "<" {
            if scalar == "&" {
                out.append(try entity())
            } else {
                out.append(scalar)
                at += 1
            }
        }
        return out
    }

    private mutating func entity() throws(EngineError) -> Unicode.Scalar {
        guard let (scalar, end) = MarkupStripper.entity(text, at) else { throw fault(.badEntity) }
        at = end
        return scalar
    }

    // MARK: tags

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isLetter || scalar == "_"
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isWordPart || "-.:".unicodeScalars.contains(scalar)
    }

    private mutating func name() throws(EngineError) -> String {
        let start = at
        guard let first = text.at(at), MarkupScanner.isNameStart(first) else {
            throw fault(.badTag)
        }
        while let scalar = text.at(at), MarkupScanner.isNamePart(scalar) { at += 1 }
        guard at - start <= MarkupScanner.nameMax else { throw fault(.badTag, at: start) }
        return text.text(start..<at)
    }

    private mutating func skipSpace() {
        while let scalar = text.at(at), scalar.isSpace { at += 1 }
    }

    private mutating func closing() throws(EngineError) -> Event {
        at += 2
        let name = try name()
        skipSpace()
        guard text.at(at) == ">" else { throw fault(.badTag) }
        at += 1
        return .end(name: name)
    }

    private mutating func opening() throws(EngineError) -> Event {
        at += 1
        let name = try name()
        var attributes: [String: String] = [:]
        while true {
            let before = at
            skipSpace()
            guard let scalar = text.at(at) else { throw fault(.unclosed, at: before) }
            if scalar == ">" {
                at += 1
                return .start(name: name, attributes: attributes, isEmpty: false)
            }
            if scalar == "/" {
                guard text.at(at + 1) == ">" else { throw fault(.badTag) }
                at += 2
                return .start(name: name, attributes: attributes, isEmpty: true)
            }
            guard at > before, attributes.count < MarkupScanner.attributesMax else {
                throw fault(.badAttribute)
            }
            let start = at
            let (key, value) = try attribute()
            guard attributes.updateValue(value, forKey: key) == nil else {
                throw fault(.badAttribute, at: start)
            }
        }
    }

    private mutating func attribute() throws(EngineError) -> (String, String) {
        let start = at
        guard MarkupScanner.isNameStart(text[at]) else { throw fault(.badAttribute) }
        let key = try name()
        skipSpace()
        guard text.at(at) == "=" else { throw fault(.badAttribute) }
        at += 1
        skipSpace()
        guard let quote = text.at(at), quote == "\"" || quote == "'" else {
            throw fault(.badAttribute)
        }
        at += 1
        var value: Scalars = []
        while let scalar = text.at(at), scalar != quote {
            guard scalar != "<", value.count < MarkupScanner.valueMax else {
                throw fault(.badAttribute)
            }
            if scalar == "&" {
                value.append(try entity())
            } else {
                value.append(scalar)
                at += 1
            }
        }
        guard at < text.count else { throw fault(.unclosed, at: start) }
        at += 1
        return (key, String(value))
    }
}
