import EngineAPI
import Testing

@testable import HTTPWire

/// A client's frame.
/// - first: FIN, reserved bits and opcode.
func maskedFrame(
    _ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
    var bytes = [first]
    switch payload.count {
    case ..<126: bytes.append(0x80 | UInt8(payload.count))
    case ..<65_536:
        bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
        bytes.append(0xFF)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

func maskedFrame(_ first: UInt8, _ text: String) -> [UInt8] { maskedFrame(first, Array(text.utf8)) }

private func closeFrame(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    maskedFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
}

/// What pieces come to: the events up to the first error, and that error.
private struct Parsed: Equatable {
    var events: [WebSocketEvent] = []
    var error: WebSocketError?
}

private func parse(
    _ pieces: [ArraySlice<UInt8>], limits: WebSocketLimits = WebSocketLimits()
) -> Parsed {
    var (parser, parsed) = (WebSocketParser(limits: limits), Parsed())
    do throws(WebSocketError) {
        for piece in pieces {
            let bytes = Array(piece)
            var at = 0
            while let event = try parser.next(bytes.span, from: &at) { parsed.events.append(event) }
            #expect(at == bytes.count)
        }
        #expect(parsed.error != nil || parser.bytesHeld <= pieces.reduce(0) { $0 + $1.count })
    } catch {
        parsed.error = error
    }
    return parsed
}

/// The stream whole, byte by byte and cut at each offset must come to the same.
private func parseEveryWay(
    _ bytes: [UInt8], limits: WebSocketLimits = WebSocketLimits()
) -> Parsed {
    let whole = parse([bytes[...]], limits: limits)
    #expect(parse(bytes.indices.map { bytes[$0...$0] }, limits: limits) == whole, "byte by byte")
    for cut in bytes.indices where cut < 400 {
        let pieces = parse([bytes[..<cut], bytes[cut...]], limits: limits)
        #expect(pieces == whole, "cut at \(cut)")
    }
    return whole
}

@Suite struct WebSocketParserTests {
    @Test(
        "messages of every length come whole, however they are cut",
        arguments: [0, 1, 2, 7, 8, 9, 125, 126, 127, 128, 300, 65_535, 65_536, 70_001])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(0x20 + $0 % 90) }
        let frame = maskedFrame(0x81, payload)
        guard count <= 300 else {
            return #expect(parse([frame[...]]).events == [.text(payload)])
        }
        #expect(parseEveryWay(frame).events == [.text(payload)])
        let binary = maskedFrame(0x82, payload.map { $0 &* 7 }, mask: [1, 2, 3, 0xFF])
        #expect(
            parseEveryWay(binary + frame).events == [
                .binary(payload.map { $0 &* 7 }), .text(payload),
            ])
    }

    @Test("fragments make one message, with control frames between them")
    func fragments() {
        let bytes =
            maskedFrame(0x01, "frag") + maskedFrame(0x89, "ping") + maskedFrame(0x00, "")
            + maskedFrame(0x8A, "pong") + maskedFrame(0x80, "ment") + maskedFrame(0x82, [0])
            + closeFrame(1000, "bye") + maskedFrame(0x81, "not read")
        let parsed = parseEveryWay(bytes)
        #expect(
            parsed.events == [
                .ping(Array("ping".utf8)), .pong(Array("pong".utf8)),
                .text(Array("fragment".utf8)), .binary([0]),
                .close(WebSocketClose(code: 1000, reason: "bye")),
            ])
        #expect(parsed.error == nil)
    }

    @Test(
        "what breaks the protocol is 1002 at its first wrong byte",
        arguments: [
            (maskedFrame(0xC1, ""), WebSocketError.reservedBits),
            (maskedFrame(0xA1, ""), .reservedBits), (maskedFrame(0x91, ""), .reservedBits),
            ([0xF1], .reservedBits), ([0x83], .unknownOpcode), ([0x87], .unknownOpcode),
            ([0x8B], .unknownOpcode), ([0x8F], .unknownOpcode), ([0x03], .unknownOpcode),
            ([0x81, 0x05], .unmasked), ([0x89, 0x00], .unmasked),
            (maskedFrame(0x80, "x"), .interleaved), (maskedFrame(0x00, "x"), .interleaved),
            (maskedFrame(0x01, "a") + maskedFrame(0x81, "b"), .interleaved),
            (maskedFrame(0x01, "a") + maskedFrame(0x02, "b"), .interleaved),
            (
                maskedFrame(0x01, "a") + maskedFrame(0x80, "b") + maskedFrame(0x80, "c"),
                .interleaved
            ),
            ([0x09], .badControl), ([0x08], .badControl), ([0x0A], .badControl),
            ([0x89, 0xFE], .badControl), ([0x88, 0xFF], .badControl),
            ([0x81, 0xFE, 0, 125], .badLength),
            ([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .badLength),
            ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0], .badLength),
            (maskedFrame(0x88, [3]), .badClose),
        ] as [([UInt8], WebSocketError)])
    func violations(bytes: [UInt8], error: WebSocketError) {
        let parsed = parseEveryWay(bytes)
        #expect(parsed.error == error && error.closeCode == 1002)
    }

    @Test("only codes that may be sent close")
    func closeCodes() {
        for code in 0...5_000 as ClosedRange<UInt16> {
            let allowed = 1000...1003 ~= code || 1007...1014 ~= code || 3000...4999 ~= code
            let parsed = parse([closeFrame(code)[...]])
            #expect(parsed.error == (allowed ? nil : .badClose), "\(code)")
            #expect(parsed.events.isEmpty != allowed, "\(code)")
        }
    }

    @Test("a close frame without a code, with the longest reason, and with one that is no text")
    func closeReasons() {
        #expect(
            parseEveryWay(maskedFrame(0x88, "")).events == [.close(WebSocketClose(code: nil))])
        let reason = String(repeating: "é", count: 61) + "e"
        #expect(
            parseEveryWay(closeFrame(4999, reason)).events
                == [.close(WebSocketClose(code: 4999, reason: reason))])
        #expect(parse([maskedFrame(0x88, [3, 0xE8, 0xC3])[...]]).error == .badUTF8)
    }

    @Test("limits are known from a frame's head")
    func limits() {
        var limits = WebSocketLimits()
        (limits.messageBytesMax, limits.fragmentsMax, limits.takesBinary) = (300, 3, false)
        let exactly = maskedFrame(0x81, [UInt8](repeating: 0x61, count: 300))
        #expect(parseEveryWay(exactly, limits: limits).events.count == 1)
        // The head alone: nothing of what it announces need come.
        let head: [UInt8] = [0x81, 0xFE, 0x01, 0x2D]
        #expect(parse([head[...]], limits: limits).error == .messageTooLarge(bytesMax: 300))
        let huge: [UInt8] = [0x81, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255]
        #expect(parse([huge[...]], limits: limits).error == .messageTooLarge(bytesMax: 300))
        let parts =
            maskedFrame(0x01, [UInt8](repeating: 0x61, count: 200))
            + maskedFrame(0x80, [UInt8](repeating: 0x61, count: 101))
        #expect(
            parseEveryWay(parts, limits: limits).error == .messageTooLarge(bytesMax: 300))
        let three = maskedFrame(0x01, "") + maskedFrame(0x00, "") + maskedFrame(0x80, "a")
        #expect(parseEveryWay(three + three, limits: limits).events.count == 2)
        let four = maskedFrame(0x01, "") + maskedFrame(0x00, "") + maskedFrame(0x00, "")
        #expect(
            parseEveryWay(four + maskedFrame(0x80, ""), limits: limits).error
                == .tooManyFragments(fragmentsMax: 3))
        #expect(parse([[0x82]], limits: limits).error == .binaryRefused)
        #expect(WebSocketError.messageTooLarge(bytesMax: 1).closeCode == 1009)
        #expect(WebSocketError.tooManyFragments(fragmentsMax: 1).closeCode == 1009)
        #expect(WebSocketError.binaryRefused.closeCode == 1003)
    }

    @Test(
        "random streams cut at random places come to the same",
        arguments: 1...40 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (bytes, events) = ([UInt8](), [WebSocketEvent]())
        for _ in 0..<12 {
            let payload = (0..<Int.random(in: 0...700, using: &random)).map { _ in
                UInt8.random(in: 0...0x7F, using: &random)
            }
            let mask = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
            let cut = Int.random(in: 0...payload.count, using: &random)
            bytes += maskedFrame(0x01, Array(payload[..<cut]), mask: mask)
            if Bool.random(using: &random) {
                bytes += maskedFrame(0x89, Array(payload.prefix(125)), mask: mask)
                events.append(.ping(Array(payload.prefix(125))))
            }
            bytes += maskedFrame(0x80, Array(payload[cut...]), mask: mask)
            events.append(.text(payload))
        }
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(900, rest.count), using: &random)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        #expect(parse(pieces) == Parsed(events: events, error: nil), "seed \(seed)")
    }
}

@Suite struct WebSocketTextTests {
    /// Autobahn's cases 6.*: what is UTF-8, at its borders.
    private static let good: [[UInt8]] = [
        Array("Hello-µ@ßöäüàá-UTF-8!!".utf8), [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83],
        [0], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
        [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xEF, 0xBF, 0xBE], [0xF0, 0x90, 0x80, 0x80],
        [0xF4, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98, 0x80],
    ]
    private static let bad: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC3, 0xC3],
        [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
        [0xFF], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xED, 0xA0, 0x80, 0x65],
    ]

    @Test("text is UTF-8 over the borders of fragments", arguments: good)
    func valid(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [UInt8](repeating: 0x61, count: padding) + bytes + Array("tail".utf8)
            for cut in 0...text.count {
                let frames =
                    maskedFrame(0x01, Array(text[..<cut])) + maskedFrame(0x80, Array(text[cut...]))
                #expect(parse([frames[...]]).events == [.text(text)], "\(padding) \(cut)")
            }
        }
        #expect(parseEveryWay(maskedFrame(0x81, bytes)).events == [.text(bytes)])
    }

    @Test("what is not is 1007, also where its end is missing", arguments: bad)
    func invalid(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [UInt8](repeating: 0x61, count: padding) + bytes
            for cut in 0...text.count {
                let frames =
                    maskedFrame(0x01, Array(text[..<cut])) + maskedFrame(0x80, Array(text[cut...]))
                #expect(parse([frames[...]]).error == .badUTF8, "\(padding) \(cut)")
            }
        }
        #expect(parseEveryWay(maskedFrame(0x81, bytes)).error == .badUTF8)
        #expect(parse([maskedFrame(0x82, bytes)[...]]).events == [.binary(bytes)])
        #expect(WebSocketError.badUTF8.closeCode == 1007)
    }

    @Test("a wrong byte is noticed before its frame ends")
    func early() {
        let frame = maskedFrame(0x01, Array("abc".utf8) + [0xFF] + Array("defgh".utf8))
        #expect(parse([frame[..<10]]).error == .badUTF8)
    }
}
