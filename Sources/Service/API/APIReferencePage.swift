import HTTPWire

/// `GET /docs`: the facts to read, made once. Each kind of problem has its place there, since a
/// problem's `type` leads to it.
enum APIReferencePage {
    static let response: Response = {
        let style = PageResources.style + PageResources.documentStyle
        let html = PageTemplate.filled(
            PageResources.document,
            [
                "style": style, "contents": contents,
                "introduction": escaped(OpenAPIDocument.introduction), "operations": operations,
                "problem": problem, "kinds": kinds, "version": escaped(Product.version),
            ])
        return PageTemplate.response(html, style: style, script: nil)
    }()

    private static var groups: [(group: APIOperation.Group, operations: [APIOperation])] {
        APIOperation.Group.allCases.map { group in
            (group, APISpec.operations.filter { $0.group == group })
        }
    }

    private static var contents: String {
        let lists = groups.map { group, operations in
            let items = operations.map { operation in
                let path = escaped(operation.route.paths[0])
                let method =
                    operation.method == operation.route.methods[0]
                    ? "" : escaped(operation.method) + " "
                return "<li><a href=\"#route-\(operation.name)\">\(method)\(path)</a></li>"
            }
            return "<h2>\(escaped(group.rawValue))</h2><ul>\(items.joined())</ul>"
        }
        return lists.joined()
            + "<h2>Errors</h2><ul><li><a href=\"#problems\">Problems</a></li></ul>"
    }

    private static var operations: String {
        groups.map { group, operations in
            "<h2 class=\"group\">\(escaped(group.rawValue))</h2>\n"
                + operations.map(section).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func section(_ operation: APIOperation) -> String {
        let route = operation.route
        // HEAD goes with GET; another method has a section of its own.
        let methods = operation.method == "GET" ? "GET, HEAD" : operation.method
        let others = route.paths.dropFirst().map { "<code>\(escaped($0))</code>" }
        var out = "<section class=\"card\" id=\"route-\(operation.name)\">"
        out += "<p class=\"route\"><span class=\"method\">\(methods)</span>"
        out += "\(escaped(route.paths[0]))</p>"
        out += "<h3>\(escaped(operation.summary))</h3>"
        if !others.isEmpty { out += "<p class=\"hint\">Also \(others.joined(separator: ", "))</p>" }
        if !operation.detail.isEmpty { out += "<p>\(escaped(operation.detail))</p>" }
        if route.body == .audio {
            out += "<p class=\"hint\">multipart/form-data, or the audio as the body.</p>"
        } else if route.body == .fields {
            out += "<p class=\"hint\">JSON, a form, or multipart/form-data.</p>"
        } else if route.body == .form {
            out += "<p class=\"hint\">multipart/form-data.</p>"
        }
        let fields = operation.fields + operation.headers
        if !fields.isEmpty { out += table(fields) }
        out += "<pre tabindex=\"0\">"
        out += escaped(operation.command.replacing("$HOST", with: OpenAPIDocument.exampleHost))
        out += "</pre>" + responses(operation)
        let kinds = APISpec.kinds(of: operation).map {
            "<a href=\"#\($0.rawValue)\">\($0.rawValue)</a>"
        }
        if !kinds.isEmpty {
            out += "<details><summary>Problems</summary>"
            out += "<p class=\"links\">\(kinds.joined(separator: " "))</p></details>"
        }
        return out + "</section>"
    }

    private static func table(_ fields: [APIField]) -> String {
        let rows = fields.map { field in
            let needed = field.isRequired ? " <span class=\"needed\">needed</span>" : ""
            let fallback = field.fallback.map { "<code>\(escaped(words($0)))</code>" } ?? ""
            return "<tr><td><code>\(escaped(field.name))</code>\(needed)</td>"
                + "<td>\(escaped(field.allowed))</td><td>\(fallback)</td>"
                + "<td>\(escaped(field.detail))</td></tr>"
        }
        return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Fields\"><table>"
            + "<thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Allowed</th>"
            + "<th scope=\"col\">Default</th><th scope=\"col\">Meaning</th></tr></thead>"
            + "<tbody>\(rows.joined())</tbody></table></div>"
    }

    private static func responses(_ operation: APIOperation) -> String {
        operation.responses.map { response in
            let types = response.types.map { "<code>\(escaped($0))</code>" }
            var out = "<p><b>\(response.status)</b> \(types.joined(separator: ", "))"
            out += " \(escaped(response.detail))</p>"
            if let example = response.example {
                out += "<pre tabindex=\"0\">\(escaped(words(example)))</pre>"
            }
            return out
        }.joined()
    }

    private static var kinds: String {
        ProblemKind.allCases.map { kind in
            "<dt id=\"\(kind.rawValue)\"><code>\(kind.rawValue)</code> \(kind.status)</dt>"
                + "<dd>\(escaped(kind.meaning))</dd>"
        }.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String { escapedMarkup(text, quotes: true) }

    private static var problem: String {
        let example = Problem(
            .badField, "The field must be a number in its range.", field: "speed",
            limit: "0.25 to 4", got: "9")
        let bytes = example.bytes(requestID: "19c9e1ca34f82b6a", .problem)
        return escaped(String(decoding: bytes, as: UTF8.self))
    }

    /// A value as an example: texts bare, all else as JSON.
    private static func words(_ value: JSONValue) -> String {
        if case .string(let text) = value { return text }
        return String(decoding: json(value), as: UTF8.self)
    }
}

/// Text that stands in HTML as it is, quotes included, or in WebVTT, which has no sign for them.
func escapedMarkup(_ text: String, quotes: Bool = false) -> String {
    var out = ""
    for character in text {
        switch character {
        case "&": out += "&amp;"
        case "<": out += "&lt;"
        case ">": out += "&gt;"
        case "\"" where quotes: out += "&quot;"
        default: out.append(character)
        }
    }
    return out
}
