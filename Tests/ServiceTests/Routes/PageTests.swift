import FoundationEssentials
import HTTPWire
import Hashing
import Testing

@testable import Service

/// What stands between two marks, each time.
private func between(_ open: String, _ close: String, in text: String) -> [String] {
    var found: [String] = []
    var rest = text[...]
    while let start = rest.firstRange(of: open) {
        rest = rest[start.upperBound...]
        guard let end = rest.firstRange(of: close) else { break }
        found.append(String(rest[..<end.lowerBound]))
    }
    return found
}

@Suite struct PageTests {
    private let service = scriptedService()

    @Test(
        "a browser gets the page, and a program that asks for JSON gets JSON",
        arguments: [
            ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
            ("*/*", "text/html; charset=utf-8"), ("", "text/html; charset=utf-8"),
            ("application/json", "application/json"),
            ("application/json, text/html", "text/html; charset=utf-8"),
        ])
    func negotiation(accept: String, type: String) async throws {
        let fields = accept.isEmpty ? "" : "Accept: \(accept)\r\n"
        let response = try await ask(service, "GET /", fields: fields)
        #expect(response.head.status == 200 && response.head.value("content-type") == type)
        #expect(response.head.value("vary") == "Accept")
    }

    @Test("the JSON at / lists every path")
    func homeJSON() async throws {
        let response = try await ask(service, "GET /", fields: "Accept: application/json\r\n")
        for path in Route.allCases.flatMap(\.paths) {
            #expect(response.text.contains("\(path)\""), "\(path)")
        }
    }

    @Test("a page's policy names just its own style and script", arguments: ["/", "/docs"])
    func policy(path: String) async throws {
        let response = try await ask(service, "GET \(path)")
        let policy = try #require(response.head.value("content-security-policy"))
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
        for (name, open) in [("style", "<style>"), ("script", "<script>")] {
            let texts = between(open, "</\(name)>", in: response.text)
            #expect(texts.count == (path == "/docs" && name == "script" ? 0 : 1))
            for text in texts {
                #expect(text.count > 1_000)
                #expect(policy.contains("\(name)-src \(PageTemplate.source(text))"))
            }
        }
        #expect(response.head.value("x-content-type-options") == "nosniff")
    }

    @Test("a page needs no other file and no inline handler", arguments: ["/", "/docs"])
    func selfContained(path: String) async throws {
        var page = try await ask(service, "GET \(path)").text
        #expect(!page.contains("{{") && !page.contains("@import"))
        for script in between("<script>", "</script>", in: page) {
            page = page.replacing(script, with: "")
        }
        for address in between(" src=\"", "\"", in: page) + between("url(", ")", in: page) {
            Issue.record("\(address) is another file")
        }
        for link in between(" href=\"", "\"", in: page) {
            #expect(
                link.hasPrefix("/") || link.hasPrefix("#") || link.hasPrefix("data:"), "\(link)")
        }
        for word in [" onclick=", " onload=", " style=\""] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test("every element that the script names is on the page")
    func elements() {
        let script = [
            PageResources.core, PageResources.audio, PageResources.tools, PageResources.face,
            PageResources.talk,
        ].joined()
        let html = PageResources.html
        let ids = between("one(\"#", "\"", in: script).map { text in
            String(text.prefix { $0.isLetter || $0 == "-" })
        }
        #expect(ids.count > 20)
        for id in Set(ids.filter { !$0.isEmpty } + between("new Card(\"", "\"", in: script)) {
            #expect(html.contains("id=\"\(id)\""), "\(id)")
        }
        for label in between("aria-labelledby=\"", "\"", in: html) {
            #expect(html.contains("id=\"\(label)\""), "\(label)")
        }
    }

    @Test("the page knows whether a key is asked for, and holds none")
    func keys() async throws {
        var settings = ServiceSettings()
        settings.apiKeys = ["a-secret-key"]
        let locked = try await ask(scriptedService(settings), "GET /")
        #expect(locked.head.status == 200 && locked.text.contains("data-key=\"asked\""))
        #expect(!locked.text.contains("a-secret-key"))
        #expect(try await ask(service, "GET /").text.contains("data-key=\"none\""))
        for path in ["/docs", "/openapi.json"] {
            #expect(try await ask(scriptedService(settings), "GET \(path)").head.status == 200)
        }
    }

    @Test(
        "SHA-256 is FIPS 180-4's",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digest(text: String, wanted: String) {
        let digest = sha256(Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(digest.joined() == wanted)
    }
}
