import Testing

@testable import HTTPWire

@Suite struct WebSocketHandshakeTests {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

    private func upgrade(
        _ line: String = "GET /chat HTTP/1.1",
        _ lines: [String] = ["Upgrade: websocket", "Connection: Upgrade"],
        version: String = "Sec-WebSocket-Version: 13", key: String = key
    ) throws -> WebSocketUpgrade {
        let all = [line, "Host: a"] + lines + [version, key]
        let text = all.filter { !$0.isEmpty }.map { $0 + "\r\n" }.joined() + "\r\n"
        return try WebSocketUpgrade(try parseHead(Array(text.utf8)))
    }

    private func error(_ body: () throws -> WebSocketUpgrade) -> WebSocketUpgradeError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? WebSocketUpgradeError
        }
    }

    @Test("the accept key is that of RFC 6455 §1.3")
    func acceptKey() throws {
        #expect(try upgrade().acceptKey == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("SHA-1 is FIPS 180's, at the borders of its blocks")
    func digests() {
        func hex(_ text: String) -> String {
            sha1(Array(text.utf8)).map {
                String(UInt16($0) + 0x100, radix: 16).dropFirst()
            }.joined()
        }
        #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            hex(String(repeating: "a", count: 64)) == "0098ba824b5c16427bd7a1122a5a442a25ec644d")
    }

    @Test(
        "tokens stand in lists, in any case",
        arguments: [
            ["Upgrade: WebSocket", "Connection: keep-alive, Upgrade"],
            ["Upgrade: h2c, websocket", "Connection: upgrade"],
            ["Upgrade: websocket", "Connection: keep-alive", "Connection: ,UPGRADE ,"],
        ])
    func tokens(lines: [String]) throws { _ = try upgrade("GET / HTTP/1.1", lines) }

    @Test("what is no handshake says what it lacks")
    func refused() {
        #expect(error { try upgrade("POST / HTTP/1.1") } == .badMethod)
        #expect(error { try upgrade("GET / HTTP/1.0") } == .upgradeMissing)
        #expect(error { try upgrade("GET / HTTP/1.1", []) } == .upgradeMissing)
        #expect(
            error { try upgrade("GET / HTTP/1.1", ["Upgrade: websocket"]) } == .upgradeMissing)
        #expect(
            error { try upgrade("GET / HTTP/1.1", ["Upgrade: h2c", "Connection: Upgrade"]) }
                == .upgradeMissing)
        for version in ["8", "013", "13, 8", "+13", ""] {
            let line = "Sec-WebSocket-Version: \(version)"
            #expect(error { try upgrade(version: line) } == .badVersion)
        }
        #expect(error { try upgrade(version: "") } == .badVersion)
        let body = ["Upgrade: websocket", "Connection: Upgrade", "Content-Length: 5"]
        #expect(error { try upgrade("GET / HTTP/1.1", body) } == .hasBody)
        #expect(
            error {
                var head = try parseHead(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                head.canUpgrade = false
                return try WebSocketUpgrade(head)
            } == .unsupported)
        #expect(WebSocketUpgradeError.badVersion.status == 426)
        #expect(
            WebSocketUpgradeError.badVersion.fields.contains {
                $0 == ("Sec-WebSocket-Version", "13")
            })
        #expect(WebSocketUpgradeError.upgradeMissing.fields.first! == ("Upgrade", "websocket"))
    }

    @Test(
        "a key is base64 of sixteen bytes, once",
        arguments: [
            "", "Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZ-Bub25jZQ==", "\(key)\r\n\(key)",
        ])
    func keys(line: String) { #expect(error { try upgrade(key: line) } == .badKey) }

    @Test("101 names a subprotocol only where it was offered")
    func subprotocols() throws {
        let offer = [
            "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.abc",
            "Sec-WebSocket-Protocol: other",
        ]
        let upgrade = try upgrade("GET / HTTP/1.1", offer)
        #expect(upgrade.subprotocols == ["realtime", "openai-insecure-api-key.abc", "other"])
        let text = String(
            decoding: upgrade.response(subprotocol: "realtime", fields: [("X-Request-Id", "1")]),
            as: UTF8.self)
        #expect(
            text == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: realtime\r\nX-Request-Id: 1\r\n\r\n")
        for name in ["chat", nil] {
            let bytes = upgrade.response(subprotocol: name)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("Protocol:"))
        }
    }
}

@Suite struct WebSocketFrameTests {
    @Test(
        "a frame's head has the shortest length",
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
            (65_535, [0x81, 126, 255, 255]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (8 << 20, [0x81, 127, 0, 0, 0, 0, 0, 128, 0, 0]),
        ] as [(Int, [UInt8])])
    func heads(count: Int, bytes: [UInt8]) {
        #expect(webSocketFrameHead(.text, payloadBytes: count) == bytes)
    }

    @Test("a close frame is short, whatever its reason, and names no code that may not be sent")
    func closes() {
        let normal = webSocketCloseFrame(WebSocketClose(code: 1000, reason: "done"))
        #expect(normal == [0x88, 6, 3, 0xE8] + Array("done".utf8))
        for padding in 0..<4 {
            let reason =
                String(repeating: "a", count: padding) + String(repeating: "😀", count: 40)
            let frame = webSocketCloseFrame(WebSocketClose(code: 1008, reason: reason))
            #expect(frame.count == Int(frame[1]) + 2 && frame[1] <= 125 && frame[1] > 120)
            #expect(String(validating: frame[4...], as: UTF8.self) != nil)
        }
        #expect(webSocketCloseFrame(WebSocketClose(code: nil, reason: "x")) == [0x88, 0])
        #expect(webSocketCloseFrame(WebSocketClose(code: 1006)) == [0x88, 0])
        #expect(webSocketControlFrame(.pong, [1, 2]) == [0x8A, 2, 1, 2])
    }
}
