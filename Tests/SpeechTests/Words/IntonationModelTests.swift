import EngineAPI
import Testing

@testable import Speech

/// The melody that the model itself makes.
@Suite struct IntonationModelTests {
    @Test("the pitch that the voice speaks with rises in questions and falls in statements")
    func spoken() throws {
        let front = try Voice.front()
        let (reader, model) = (Voice.reader(front), try Voice.model())
        let alphabet = PhonemeAlphabet(front.tables)
        let texts = [
            ("Did the parcel come this morning?", 1.0), ("Are there any apples left?", 1),
            ("The parcel came this morning.", -1), ("What did the neighbors say?", -1),
        ]
        for (text, sign) in texts {
            var plan = try SpeechPlan(SpeechRequest(text: text), reader: reader)
            let clause = try #require(try plan.next())
            let symbols = clause.phonemes.indices.filter { alphabet.id(clause.phonemes[$0]) != nil }
            let ids = [0] + symbols.compactMap { alphabet.id(clause.phonemes[$0]) } + [0]
            let accent = Intonation.accent(clause.phonemes, clause.phonemes.indices)
            let change = try model.withFrames(
                ids, speed: 1,
                bend: { PitchBend.apply(clause, symbols: symbols, to: &$0) },
                { frames in
                    let before = frames.durations.prefix(accent + 1).reduce(0, +)
                    let start = Int(bounded: before * 2) - 4
                    let voiced = frames.pitch[start...].filter { $0 > 40 }
                    let first = voiced.prefix(voiced.count / 4).reduce(0, +)
                    let last = voiced.suffix(voiced.count / 4).reduce(0, +)
                    return Double(last / first)
                })
            #expect(sign > 0 ? change > 1.2 : change < 0.9, "\(text) \(change)")
        }
    }
}
