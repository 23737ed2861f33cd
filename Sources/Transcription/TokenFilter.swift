import EngineAPI

/// Keeps some tokens out of a text.
final class TokenFilter: Sendable {
    /// What is kept out.
    struct Kinds: Hashable {
        /// Letters in which its language is not written; nil where it may be written in any. Latin
        /// ones stay: made less likely, they give way to signs and digits without end where the
        /// decoder is at a loss.
        var foreignTo: WritingSystem?
        /// What begins a note of a sound.
        var notes = false
        /// What would say the last tokens a third time.
        var loops = false
    }

    /// The longest run that counts as a loop: a sentence.
    private static let loopMax = 48

    private let barred: [Int32]
    private let breaksLoops: Bool

    /// - tokens: what each stands for.
    init(_ kinds: Kinds, _ tokens: [[UInt8]]) {
        breaksLoops = kinds.loops
        barred = tokens.indices.filter { index in
            kinds.foreignTo?.isForeign(tokens[index]) == true
                || kinds.notes && SoundNotes.begins(tokens[index])
        }.map { Int32($0) }
    }

    /// - text: the tokens so far.
    /// - logits: as many as the model has tokens.
    func apply(_ logits: UnsafeMutablePointer<Float>, after text: () -> [Int32]) {
        for token in barred { logits[Int(token)] = -.infinity }
        guard breaksLoops else { return }
        let text = text()
        for length in stride(from: 1, through: min(Self.loopMax, text.count / 2), by: 1) {
            let second = text.suffix(length)
            if second.elementsEqual(text.dropLast(length).suffix(length)) {
                logits[Int(second[second.startIndex])] = -.infinity
            }
        }
    }
}
