import HTTPWire

/// Collects a body and reads its fields. What it keeps stays charged as it was pulled.
struct BodyCollector {
    private enum Content {
        case raw([UInt8])
        case multipart(MultipartParser)
    }

    private let contentType: String
    private var content: Content
    /// Of a body that is one run of bytes: room that is reserved with the second piece.
    private let bytesExpected: Int
    /// Whether the head tells the body's length.
    private let isLengthKnown: Bool

    /// - bytesExpected: bytes of the whole body, 0 where they are not known.
    init(contentType: String, bytesExpected: Int, isLengthKnown: Bool) throws(Problem) {
        self.isLengthKnown = isLengthKnown
        self.contentType = contentType
        self.bytesExpected = bytesExpected
        guard mediaType(contentType) == "multipart/form-data" else {
            content = .raw([])
            return
        }
        do throws(HTTPError) {
            content = .multipart(
                try MultipartParser(contentType: contentType, bytesExpected: bytesExpected))
        } catch {
            throw Problem(error)
        }
    }

    /// Pulls the body to its end, or up to where the work on it can begin.
    /// - Returns: the rest of the body, and what was pulled of it.
    mutating func collect(
        _ body: any RequestBody, of route: Route, query: RequestFields, for exchange: RouteExchange,
        charactersMax: Int, mayBeginEarly: Bool
    ) async throws(HTTPError) -> (IncomingBody, begun: [UInt8], RequestFields)? {
        if mayBeginEarly, isText(on: route) {
            return (.text(body, exchange, charactersMax: charactersMax), [], query)
        }
        let mayBegin =
            mayBeginEarly && route.body == .audio
            && query.known[TranscriptionFields.stream.facts.name] != nil
        while let piece = try await body.next() {
            try take(piece)
            guard mayBegin else { continue }
            switch content {
            case .raw(let bytes):
                // A form that is not multipart is refused when it is whole.
                guard query.isStreamed,
                    mediaType(contentType) != "application/x-www-form-urlencoded"
                else { continue }
                return (.raw(body, exchange), bytes, query)
            case .multipart(let parser):
                guard let part = parser.openPart, part.filename != nil, !part.bytes.isEmpty,
                    TranscriptionFields.file.facts.names.contains(part.name)
                else { continue }
                var fields = query
                fields.take(parts: parser.parts)
                guard fields.isStreamed else { continue }
                let rest = IncomingBody.form(
                    parser.rest(), body, exchange, known: Set(fields.known.keys))
                return (rest, part.bytes, fields)
            }
        }
        return nil
    }

    private mutating func take(_ piece: [UInt8]) throws(HTTPError) {
        switch content {
        case .raw(var bytes):
            // Taken out and put back, so that it grows in place; one piece alone is not copied.
            content = .raw([])
            if bytes.isEmpty {
                bytes = piece
                if piece.count < bytesExpected { bytes.reserveCapacity(bytesExpected) }
            } else {
                bytes.append(contentsOf: piece)
            }
            content = .raw(bytes)
        case .multipart(var parser):
            content = .raw([])
            try parser.consume(piece[...])
            content = .multipart(parser)
        }
    }

    /// The fields of the body that was collected, added to those of the query.
    /// - Throws: `.badMultipart` for a form that is not whole; the transport responds to that.
    /// - Returns: a problem where the body is not what the route takes.
    consuming func fields(
        adding query: RequestFields, of route: Route
    ) throws(HTTPError) -> Result<RequestFields, Problem> {
        var fields = query
        switch content {
        case .multipart(let parser): fields.take(parts: try parser.finish())
        case .raw(let bytes):
            do throws(Problem) {
                try read(bytes, into: &fields, of: route)
            } catch {
                return .failure(error)
            }
        }
        return .success(fields)
    }

    /// Text that is still being written: one whose length is known is sent as a field.
    private func isText(on route: Route) -> Bool {
        route.facts.takesText && !isLengthKnown && mediaType(contentType) == "text/plain"
    }

    /// Types of a body that is no file.
    private static func types(_ route: Route) -> String {
        let form = "multipart/form-data"
        guard route.body == .fields else { return form }
        return "application/json, application/x-www-form-urlencoded, \(form)"
            + (route.facts.takesText ? ", text/plain in chunks" : "")
    }

    /// Reads a body by its type; what begins like JSON is JSON on routes that take it, whatever
    /// its type says, so that a bare `curl -d` works.
    private func read(
        _ bytes: [UInt8], into fields: inout RequestFields, of route: Route
    ) throws(Problem) {
        let type = mediaType(contentType)
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        switch route.body {
        case .audio:
            guard type != "application/x-www-form-urlencoded" || !bytes.allSatisfy(isFormByte)
            else {
                throw Problem(
                    .mediaType, "Send the audio as multipart/form-data or as the body.",
                    field: "Content-Type", limit: "multipart/form-data, audio/*", got: type)
            }
            fields.take(raw: bytes)
        case .fields, .form:
            if bytes.isEmpty { return }
            if type == "application/json" || first == 0x7B {
                try fields.take(json: bytes)
            } else if type == "application/x-www-form-urlencoded" {
                try fields.take(form: bytes)
            } else if isText(on: route) {
                // Of a job: nobody listens while it is made.
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw IncomingBody.notUTF8
                }
                fields.take(text: text)
            } else {
                throw Problem(
                    .mediaType, "The body has a type that this path does not take.",
                    field: "Content-Type",
                    limit: Self.types(route),
                    got: type.isEmpty ? "none" : type)
            }
        case nil: break
        }
    }
}

/// The type alone, in lower case, without parameters.
func mediaType(_ contentType: String) -> String {
    String(contentType.prefix { $0 != ";" }).trimmingBlanks().lowercased()
}

private func isFormByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }
