import HTTPWire

extension AvatarService {
    /// `GET /`: the page, or JSON for a client that asks for it and not for HTML.
    func homeResponse(_ head: RequestHead) -> Response {
        let accept = head.values("accept").joined(separator: ",").lowercased()
        guard accept.contains("json"), !accept.contains("html") else {
            return settings.apiKeys.isEmpty ? HomePage.open : HomePage.locked
        }
        let routes = Route.allCases.flatMap { route in
            route.paths.map { JSONValue.string("\(route.methods[0]) \($0)") }
        }
        let home: JSONValue = [
            "name": .string(Product.name), "version": .string(Product.version),
            "routes": .array(routes),
        ]
        return Response(
            status: 200, type: "application/json", body: json(home), fields: [("Vary", "Accept")])
    }
}
