/// One part of a form: a field or a file.
package struct FormPart: Sendable, Equatable {
    package var name: String
    package var filename: String?
    package var contentType: String?
    package var bytes: [UInt8]

    package init(name: String, filename: String?, contentType: String?, bytes: [UInt8]) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
        self.bytes = bytes
    }

    /// The bytes as text; nil when they are no UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }
}

/// Collects the parts of a `multipart/form-data` body.
package struct MultipartParser: Sendable {
    package static let partsMax = MultipartStreamParser.partsMax

    private var parser: MultipartStreamParser
    private var part: FormPart?
    /// Room for the first file: an array that doubles as it grows would hold up to twice its bytes.
    private var bytesExpected: Int
    /// The parts that are whole.
    package private(set) var parts: [FormPart] = []

    /// - Parameters:
    ///   - contentType: the request's Content-Type.
    ///   - bytesExpected: bytes of the whole body, 0 where they are not known.
    package init(contentType: String, bytesExpected: Int = 0) throws(HTTPError) {
        self.bytesExpected = bytesExpected
        parser = try MultipartStreamParser(contentType: contentType)
    }

    /// Takes the next piece of the body.
    package mutating func consume(_ piece: ArraySlice<UInt8>) throws(HTTPError) {
        // Taken out and put back: the parser can't be used while it calls what holds it.
        var parser = parser
        try parser.consume(piece) { event throws(HTTPError) in take(event) }
        self.parser = parser
    }

    private mutating func take(_ event: MultipartEvent) {
        switch event {
        case .partBegan(let head):
            var part = FormPart(
                name: head.name, filename: head.filename, contentType: head.contentType, bytes: [])
            if head.filename != nil {
                part.bytes.reserveCapacity(bytesExpected)
                bytesExpected = 0
            }
            self.part = part
        case .data(let bytes): part?.bytes.append(contentsOf: bytes)
        case .partEnded:
            if let whole = part { parts.append(whole) }
            part = nil
        }
    }

    /// The part that has begun and not ended, with its bytes so far.
    package var openPart: FormPart? { part }

    /// Hands the rest of the body to whoever takes it as it comes.
    package consuming func rest() -> MultipartStreamParser { parser }

    /// The body is whole; returns the parts.
    package func finish() throws(HTTPError) -> [FormPart] {
        try parser.finish()
        return parts
    }
}
