import FoundationEssentials
import HTTPWire
import Hashing

/// The page at `/`: one response that needs no other file. Its parts lie in `Page`.
/// Made once, when it is first asked for.
enum HomePage {
    static let open = response(asksForKey: false)
    /// Asks for a key before anything is done.
    static let locked = response(asksForKey: true)

    private static func response(asksForKey: Bool) -> Response {
        let script = [
            PageResources.core, PageResources.audio, PageResources.tools, PageResources.face,
            PageResources.talk,
        ].joined()
        let html = PageTemplate.filled(
            PageResources.html,
            [
                "style": PageResources.style, "script": script,
                "key": asksForKey ? "asked" : "none",
                "portrait": Data(PackageResources.portrait_webp).base64EncodedString(),
            ])
        return PageTemplate.response(
            html, style: PageResources.style, script: script, varies: true)
    }

    /// What runs on the browser's thread for sound: it can't lie in the page.
    static let worklets = Response(
        status: 200, type: "text/javascript; charset=utf-8",
        body: Array(PageResources.worklets.utf8),
        fields: [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-cache")])
}

/// The page's files as text.
enum PageResources {
    static let html = text(PackageResources.page_html)
    static let style = text(PackageResources.style_css)
    static let document = text(PackageResources.docs_html)
    static let documentStyle = text(PackageResources.docs_css)
    static let core = text(PackageResources.core_js)
    static let audio = text(PackageResources.audio_js)
    static let tools = text(PackageResources.tools_js)
    static let face = text(PackageResources.face_js)
    static let talk = text(PackageResources.talk_js)
    static let worklets = text(PackageResources.worklets_js)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Makes pages of ours, whose scripts and styles are known by their hash.
enum PageTemplate {
    /// Puts values in place of `{{name}}`.
    static func filled(_ template: String, _ values: [String: String]) -> String {
        var out = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "{{"), let close = rest.firstRange(of: "}}") {
            out += rest[..<open.lowerBound]
            out += values[String(rest[open.upperBound..<close.lowerBound])] ?? ""
            rest = rest[close.upperBound...]
        }
        return out + rest
    }

    /// - script: the one script of the page; nil where there is none.
    /// - varies: the same address also answers in JSON.
    static func response(
        _ html: String, style: String, script: String?, varies: Bool = false
    ) -> Response {
        let policy = [
            // 'self' is for the worklets, which no hash can name.
            "default-src 'none'", script.map { "script-src \(source($0)) 'self'" },
            "style-src \(source(style))", "img-src blob: data:", "media-src blob:",
            "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ].compactMap(\.self).joined(separator: "; ")
        return Response(
            status: 200, type: "text/html; charset=utf-8", body: Array(html.utf8),
            fields: [
                ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Permissions-Policy", "microphone=(self), camera=(), geolocation=()"),
                ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-cache"),
            ] + (varies ? [("Vary", "Accept")] : []))
    }

    /// CSP 3 §2.3.1, of the element's whole text.
    static func source(_ text: String) -> String {
        "'sha256-\(Data(sha256(Array(text.utf8))).base64EncodedString())'"
    }
}
