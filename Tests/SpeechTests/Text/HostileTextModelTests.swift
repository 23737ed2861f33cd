import EngineAPI
import Testing

@testable import Speech

/// Texts that were written to hurt: they end, in time that grows with their length only.
@Suite struct HostileTextModelTests {
    /// A unit and how often it is repeated.
    static let repeats: [(String, Int)] = [
        ("9", 50_000), ("1,", 20_000), ("a\u{301}\u{302}\u{303}\u{304}", 5_000), ("<a", 50_000),
        ("<!--", 20_000), ("<script>", 10_000), ("[", 50_000), ("&", 50_000), ("(", 20_000),
        (".", 50_000), ("'", 20_000), ("a'", 20_000), ("1/2 ", 10_000), ("@", 20_000),
        ("a.b", 20_000), ("$", 20_000), ("Dr. ", 10_000), ("x@y.z/", 8_000), ("I ", 20_000),
        ("-", 50_000), ("ᵏ", 20_000), ("x<", 20_000), ("A.", 20_000), ("…", 20_000),
    ]

    /// Front end only: everything but the networks, which work on pieces of bounded length.
    @Test("hostile text is cut and read in bounded pieces", arguments: repeats)
    func bounded(_ unit: String, _ count: Int) throws {
        let text = String(repeating: unit, count: count)
        let front = try Voice.front()
        var cutter = SentenceSplitter(try front.cleaner.cleaned(text), rules: front.tables.rules)
        var sentences = 0
        while sentences < 40, let sentence = cutter.next() {
            sentences += 1
            #expect(sentence.text.count <= SentenceSplitter.scalarsMax)
            let words = try front.words(sentence.text)
            for clause in ClauseSplitter.clauses(words, end: sentence.end, firstMax: 70) {
                #expect(clause.phonemes.count <= ClauseSplitter.phonemesMax)
            }
        }
    }

    @Test(
        "hostile SSML is read or refused, in time that grows with its length only",
        arguments: [
            "<p>", "<break/>", "&amp;", "<!--", "<a b='", "<![CDATA[", "<sub alias='a'>b</sub>",
            "<say-as interpret-as='characters'>ab</say-as>", "<emphasis>a</emphasis> ",
            "<prosody rate='slow'>a</prosody>", "<phoneme ph='a'>b</phoneme>", "<s>One.</s>",
            "<voice name='a'>b</voice>", "<w role='x:VB'>a</w>", "<x:y>a</x:y>",
            "<say-as interpret-as='date' format='ymdymd'>1/2</say-as>",
            "<say-as interpret-as='bleep'>a</say-as>", "<lang xml:lang='de'>a</lang>",
            "<mstts:silence type='Sentenceboundary' value='1ms'/>a. ",
        ])
    func markup(_ unit: String) throws {
        let front = try Voice.front()
        let text = "<speak>" + String(repeating: unit, count: 5_000) + "</speak>"
        do {
            let script = try SSMLReader.script(
                text.scalars, cast: .only(Voice.reader(front)))
            #expect(script.passages.count <= 5_000)
            #expect(script.passages.reduce(0) { $0 + $1.text.count } <= text.unicodeScalars.count)
        } catch {
            guard case .markupBroken = error else { throw error }
        }
    }

    @Test(
        "what only looks like an address or a number is read",
        arguments: [
            "Go to http://www. now", "www.", "https://", "http://www./", "3x", "3x/", "$", "1-",
            "(", "@", "#", "/", "~/", "C:\\", "*.", "¯", "§", "'", "f(", "401(", "2:", "0:00:",
        ])
    func looks(text: String) throws {
        let front = try Voice.front()
        _ = try front.reading(text)
        _ = try front.reading("Before \(text) after.")
    }

    @Test("a megabyte is spoken from its start, and stops when it is told to")
    func megabyte() async throws {
        let text = String(repeating: "All work and no play makes a long text. ", count: 26_000)
        let cancellation = Cancellation()
        let work = WorkContext(deadline: .now + .seconds(60), cancellation: cancellation)
        let kept = Kept()
        await #expect(throws: EngineError.cancelled) {
            try await Voice.engine.speak(SpeechRequest(text: text), work: work) { clause in
                kept.add(clause)
                if kept.clauses.count == 3 { cancellation.raise() }
            }
        }
        #expect(kept.clauses.count == 3)
    }

    @Test("five thousand characters without a mark are several clauses")
    func endless() async throws {
        let text = String(repeating: "the quick brown fox jumps over ", count: 40)
        let clauses = try await Voice.clauses(SpeechRequest(text: text))
        #expect(clauses.count > 4)
        #expect(clauses.allSatisfy { $0.clip.seconds < 20 })
        #expect(clauses.flatMap(\.words).count == 240)
    }
}
