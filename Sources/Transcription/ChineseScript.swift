import EngineAPI

/// Chinese in one kind of characters. Whisper writes either kind, and changes from piece to piece;
/// what is said is the same in both.
struct ChineseScript {
    /// By three bytes of UTF-8 each, as one number.
    private typealias Table = [UInt32: UInt32]

    private static let simplified = table(ChinesePairs.simplified)
    private static let traditional = table(ChinesePairs.traditional)
    private static let likelyTraditional = table(ChinesePairs.likelyTraditional)

    private let characters: ChineseCharacters

    /// What a request asks for; a prompt in traditional characters asks for more of them.
    init(_ request: TranscriptionRequest) {
        characters = Self.isTraditional(request.prompt) ? .traditional : request.characters
    }

    /// A text's tokens, each as long as it was: a character's bytes may be those of several.
    func written(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var bytes = tokens.flatMap(\.self)
        switch characters {
        case .simplified: Self.replace(&bytes) { Self.simplified[$0] }
        case .traditional:
            // A text that has nothing of the one kind is of the other.
            guard Self.replace(&bytes, { Self.traditional[$0] }) else { return tokens }
            Self.replace(&bytes) { Self.likelyTraditional[$0] }
        }
        var rest = bytes[...]
        return tokens.map { token in
            defer { rest = rest.dropFirst(token.count) }
            return Array(rest.prefix(token.count))
        }
    }

    func written(_ text: String) -> String {
        String(decoding: written([Array(text.utf8)])[0], as: UTF8.self)
    }

    /// Whether a text has characters that simplified Chinese has not.
    static func isTraditional(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value >= 0x4E00 && simplified[number($0)] != nil }
    }

    /// - Returns: whether anything was replaced.
    @discardableResult
    private static func replace(_ bytes: inout [UInt8], _ other: (UInt32) -> UInt32?) -> Bool {
        var (at, isChanged) = (0, false)
        while at + 2 < bytes.count {
            guard let new = other(bytes[at..<at + 3].reduce(0) { $0 << 8 | UInt32($1) }) else {
                at += 1
                continue
            }
            for index in 0..<3 {
                bytes[at + index] = UInt8(truncatingIfNeeded: new >> UInt32(16 - 8 * index))
            }
            (at, isChanged) = (at + 3, true)
        }
        return isChanged
    }

    private static func table(_ pairs: String) -> Table {
        var found = Table()
        let scalars = Array(pairs.unicodeScalars)
        for at in stride(from: 0, to: scalars.count - 1, by: 2) {
            found[number(scalars[at])] = number(scalars[at + 1])
        }
        return found
    }

    private static func number(_ character: Unicode.Scalar) -> UInt32 {
        String(character).utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
