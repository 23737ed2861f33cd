import HTTPWire

enum HomePage { static let response = Response(status: 200, type: "text/html", body: []) }
enum DocumentPage { static let response = Response(status: 200, type: "text/html", body: []) }
enum OpenAPIDocument {
    static let response = Response(status: 200, type: "application/json", body: [])
}
