import EngineAPI
import Glibc
import Testing

@testable import Speech

/// Texts and SSML, changed at random from a corpus: whatever comes of it is read or refused with an
/// error that tells where. A seed gives the same texts each time; `AVATAR_FUZZ_ROUNDS` asks for
/// more of them, as under the address sanitizer by hand.
@Suite struct MarkupFuzzModelTests {
    private static let corpus = examples + kinds

    /// Texts of every kind that people send.
    private static let kinds: [String] = {
        let rows = (try? TestFile.reference("kinds.tsv"))?.split(separator: "\n") ?? []
        return rows.map { $0.split(separator: "\t").first.map(String.init) ?? "" }
    }()

    private static let examples = [
        "<speak>Hello <break time='200ms'/> there, "
            + "<emphasis level=\"strong\">you</emphasis>.</speak>",
        "<speak><prosody rate='slow' pitch='+2st' volume='soft'>One</prosody> &amp; &#x42;</speak>",
        "<speak><say-as interpret-as='date' format='mdy'>12/31/2024</say-as><sub alias='a'>b</sub>"
            + "<phoneme alphabet='ipa' ph='tˈɛst'>x</phoneme></speak>",
        "<?xml version='1.0'?><speak><p><s>One.</s><s>Two?</s></p><![CDATA[<3]]><!-- c --></speak>",
        "Call 555-0123 at 7:30pm on 3/4, pay $1,234.56 or €5 (≈ 10%), see https://a.b/c?d=e#f.",
        "# A title\n\n* [a link](http://x.y) and `code`, **bold**\n\n"
            + "| a | b |\n|---|---|\n| 1 | 2 |",
        "\u{201C}Now,\u{201D} she said\u{2014}softly\u{2014}\u{2018}yes\u{2019}. "
            + "𝒜 é ﬁ 你好 Ω Я \u{200B}\u{FEFF}",
    ]
    private static let pieces = [
        "<", ">", "</", "/>", "&", ";", "'", "\"", "=", "<!--", "]]>", "<speak>", "</speak>", "\0",
        "9", ",", ".", "-", "$", "/", ":", "%", "e", "\u{301}", "\u{10FFFF}", "\n", " ", "é", "²",
    ]

    private static var rounds: Int {
        getenv("AVATAR_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 60
    }

    private static func mutated(_ random: inout SeededGenerator) -> String {
        var text = Array(corpus.randomElement(using: &random)!.unicodeScalars)
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let at = Int.random(in: 0...text.count, using: &random)
            let end = min(text.count, at + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: text.removeSubrange(at..<end)
            case 1: text.insert(contentsOf: text[at..<end], at: at)
            case 2:
                text.insert(
                    contentsOf: pieces.randomElement(using: &random)!.unicodeScalars, at: at)
            case 3:
                let other = Array(corpus.randomElement(using: &random)!.unicodeScalars)
                text.insert(
                    contentsOf: other.suffix(Int.random(in: 0...40, using: &random)), at: at)
            default:
                let value = UInt32.random(in: 1...0x2FFFF, using: &random)
                if let scalar = Unicode.Scalar(value) { text.insert(scalar, at: at) }
            }
        }
        return String(String.UnicodeScalarView(text))
    }

    @Test(
        "whatever is made of a text or its markup is read or refused",
        arguments: 1...8 as ClosedRange<UInt64>)
    func anything(seed: UInt64) throws {
        let front = try Voice.front()
        let reader = Voice.reader(front)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<Self.rounds {
            let text = Self.mutated(&random)
            do throws(EngineError) {
                var plan = try SpeechPlan(SpeechRequest(text: text), reader: reader)
                var clauses = 0
                while let clause = try plan.next() {
                    clauses += 1
                    #expect(clause.phonemes.count <= ClauseSplitter.phonemesMax)
                }
                #expect(clauses <= text.unicodeScalars.count + 1)
            } catch {
                switch error {
                case .markupBroken(_, let character):
                    #expect(character >= 1 && character <= text.unicodeScalars.count + 1)
                case .scriptUnsupported, .nothingToSpeak: break
                default: Issue.record("seed \(seed): \(error) for \(text.debugDescription)")
                }
            }
        }
    }
}
