/// Scripts that write no blanks between words: Chinese and Japanese.
extension Character {
    /// Whether it is a letter or a sign of theirs. Text may be broken before and behind it.
    package var isUnspaced: Bool {
        guard let scalar = unicodeScalars.first else { return false }
        return switch scalar.value {
        case 0x2E80...0x2FDF, 0x3001...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xF900...0xFAFF, 0xFF01...0xFF9F, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}

extension String {
    /// What stands between this text and the next: a blank, but in scripts without.
    package func joiner(before next: String) -> String {
        guard let last, let first = next.first else { return "" }
        return last.isUnspaced && first.isUnspaced ? "" : " "
    }
}
