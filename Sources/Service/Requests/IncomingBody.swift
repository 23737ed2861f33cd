import EngineAPI
import Execution
import HTTPWire

/// What of a body arrives while the work on it runs.
enum IncomingMedium: Sendable {
    /// The audio of a request whose text leaves while it comes.
    case audio(IncomingFile)
    /// Text that is spoken as it comes.
    case text(BoundedChannel<String>)
}

/// Feeds the rest of a body to the work that has begun on it.
final class IncomingBody: Sendable {
    private enum Parser: Sendable {
        case raw
        case form(MultipartStreamParser)
        /// Bytes of a letter that is not whole.
        case text([UInt8])
    }

    let medium: IncomingMedium
    private let body: any RequestBody
    private let exchange: RouteExchange
    private struct State {
        var parser: Parser
        /// Of a form: the file's part has ended.
        var isFileOver = false
        /// A field that came after it.
        var late: String?
        var characters = 0
    }

    private let state: Mutex<State>
    /// Names that mean something to the route: one that comes after its file is too late.
    private let known: Set<String>
    private let charactersMax: Int
    private let failure = Mutex<Problem?>(nil)

    /// What went wrong with the body, once feeding has ended.
    var problem: Problem? { failure.withLock { $0 } }

    private init(
        _ medium: IncomingMedium, _ parser: Parser, _ body: any RequestBody,
        _ exchange: RouteExchange, known: Set<String> = [], charactersMax: Int = 0
    ) {
        (self.medium, self.body, self.exchange) = (medium, body, exchange)
        (self.known, self.charactersMax) = (known, charactersMax)
        state = Mutex(State(parser: parser))
    }

    /// The body is one file.
    static func raw(_ body: any RequestBody, _ exchange: RouteExchange) -> IncomingBody {
        IncomingBody(.audio(file(exchange)), .raw, body, exchange)
    }

    /// The rest of a form, from within its file on.
    static func form(
        _ parser: MultipartStreamParser, _ body: any RequestBody, _ exchange: RouteExchange,
        known: Set<String>
    ) -> IncomingBody {
        IncomingBody(.audio(file(exchange)), .form(parser), body, exchange, known: known)
    }

    /// The body is plain text (RFC 2046 §4.1) in UTF-8.
    static func text(
        _ body: any RequestBody, _ exchange: RouteExchange, charactersMax: Int
    ) -> IncomingBody {
        IncomingBody(
            .text(BoundedChannel(costMax: 16_384)), .text([]), body, exchange,
            charactersMax: charactersMax)
    }

    private static func file(_ exchange: RouteExchange) -> IncomingFile {
        IncomingFile { [weak exchange] bytes in exchange?.release(bytes) }
    }

    /// Pulls the body to its end; what goes wrong ends the medium.
    /// - begun: what was pulled before, of the file or the text.
    func feed(_ begun: [UInt8]) async {
        do throws(Problem) {
            try await take(begun[...])
            while let piece = try await next() { try await pass(piece) }
            try finish()
        } catch {
            failure.withLock { $0 = error }
            end(throwing: .inputEnded)
        }
    }

    /// Nobody reads any more.
    func stop() { end(throwing: .cancelled) }

    private func end(throwing error: EngineError?) {
        switch medium {
        case .audio(let file): file.finish(throwing: error)
        case .text(let channel): channel.finish(throwing: error)
        }
    }

    private func next() async throws(Problem) -> [UInt8]? {
        do throws(HTTPError) { return try await body.next() } catch { throw Problem(error) }
    }

    private func pass(_ piece: [UInt8]) async throws(Problem) {
        let (data, late) = try fileBytes(of: piece)
        for bytes in data { try await take(bytes) }
        // What is no file's is not kept.
        let kept = data.reduce(0) { $0 + $1.count }
        if kept < piece.count { exchange.release(piece.count - kept) }
        if let late {
            throw Problem(
                .fieldsConflict,
                "The field came after the file, when the work had begun. Send it before the file.",
                field: late)
        }
    }

    /// What of a piece belongs to the file, and a field that came too late.
    private func fileBytes(
        of piece: [UInt8]
    ) throws(Problem) -> (data: [ArraySlice<UInt8>], late: String?) {
        do throws(HTTPError) {
            return try state.withLock { (state) throws(HTTPError) in
                guard case .form(var form) = state.parser else { return ([piece[...]], nil) }
                var data: [ArraySlice<UInt8>] = []
                var (isFileOver, late) = (state.isFileOver, state.late)
                try form.consume(piece[...]) { event throws(HTTPError) in
                    switch event {
                    case .data(let bytes): if !isFileOver { data.append(bytes) }
                    case .partEnded: isFileOver = true
                    case .partBegan(let head): if known.contains(head.name) { late = head.name }
                    }
                }
                state = State(parser: .form(form), isFileOver: isFileOver, late: late)
                return (data, late)
            }
        } catch {
            throw Problem(error)
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) async throws(Problem) {
        guard !bytes.isEmpty else { return }
        switch medium {
        case .audio(let file):
            try await mapping { () async throws(EngineError) in try await file.add(bytes) }
        case .text(let channel):
            let text = try decoded(bytes)
            exchange.release(bytes.count)
            guard !text.isEmpty else { return }
            try await mapping { () async throws(EngineError) in
                try await channel.send(text, cost: text.unicodeScalars.count)
            }
        }
    }

    /// The letters that are whole; the bytes of another are kept for the next piece.
    private func decoded(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        let (text, count): (String?, Int) = state.withLock { state in
            guard case .text(let rest) = state.parser else { return (nil, 0) }
            let all = rest + bytes
            let whole = all.count - unfinishedBytes(all)
            let text = String(validating: all[..<whole], as: UTF8.self)
            state.parser = .text(Array(all[whole...]))
            state.characters += text?.unicodeScalars.count ?? 0
            return (text, state.characters)
        }
        guard let text else { throw Self.notUTF8 }
        guard count <= charactersMax else {
            throw Problem(
                .textTooLong, "The text is too long.", field: "text",
                limit: "\(charactersMax) characters")
        }
        return text
    }

    static let notUTF8 = Problem(
        .badField, "The text is not UTF-8.", field: "text", limit: "UTF-8")

    private func finish() throws(Problem) {
        let parser = state.withLock { $0.parser }
        switch parser {
        case .raw: break
        case .form(let form):
            do throws(HTTPError) { try form.finish() } catch { throw Problem(error) }
        case .text(let rest): if !rest.isEmpty { throw Self.notUTF8 }
        }
        end(throwing: nil)
    }
}

/// Bytes at the end that begin a letter of UTF-8 and do not end it (RFC 3629 §3).
private func unfinishedBytes(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
        let byte = bytes[bytes.count - back]
        guard byte & 0xC0 != 0x80 else { continue }
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
        return length > back ? back : 0
    }
    return 0
}
