import EngineAPI
import Testing

@testable import Speech

/// SSML: what is read of it, what is refused, and what it does to the audio.
@Suite struct SSMLModelTests {
    private static func clauses(_ text: String) throws -> [Clause] {
        let front = try Voice.front()
        var plan = try SpeechPlan(
            SpeechRequest(text: text), reader: Voice.reader(front))
        var clauses: [Clause] = []
        while let clause = try plan.next() { clauses.append(clause) }
        return clauses
    }

    /// Phonemes without pauses, gaps and stress.
    private static func sounds(_ text: String) throws -> String {
        let all = try clauses(text).flatMap(\.phonemes)
        return String(all.filter { $0.isLetter && !"ˈˌ".unicodeScalars.contains($0) })
    }

    static let readings: [(String, String)] = [
        ("<speak>Hello there.</speak>", "Hello there."),
        ("\n<?xml version=\"1.0\"?>\n<!-- a --><speak version='1.1'>Hello</speak>\n", "Hello"),
        ("<!DOCTYPE speak PUBLIC \"a\" \"http://b/c.dtd\"><speak>Hello</speak>", "Hello"),
        ("<speak>Tom &amp; Jerry, 1 &lt; 2, &#65;&#x42;</speak>", "Tom & Jerry, 1 < 2, AB"),
        ("<speak><![CDATA[one]]> two</speak>", "one two"),
        ("<speak>One\ntwo <nosuch x='1'>three</nosuch><mark name='m'/></speak>", "One two three"),
        (
            "<speak><voice name='x'>Hello</voice> <lang xml:lang='fr'>you</lang></speak>",
            "Hello you"
        ),
        ("<speak><metadata>no</metadata><audio src='http://a/b'>yes</audio></speak>", "yes"),
        ("<speak><audio src='a'><desc>a bell</desc>ring</audio></speak>", "ring"),
        (
            "<speak><prosody pitch='+10%' range='x-low' volume='soft'>Hello</prosody></speak>",
            "Hello"
        ),
        // say-as.
        ("<speak><say-as interpret-as='characters'>AB1</say-as></speak>", "[A](/A/) [B](/bi/) one"),
        (
            "<speak>a <say-as interpret-as='spell-out'>cat</say-as></speak>",
            "a [C](/si/) [A](/A/) [T](/ti/)"
        ),
        ("<speak><say-as interpret-as='digits'>2024</say-as></speak>", "two zero two four"),
        (
            "<speak><say-as interpret-as='verbatim'>a-b@c</say-as></speak>",
            "[A](/A/) dash [B](/bi/) at [C](/si/)"
        ),
        (
            "<speak><say-as interpret-as='cardinal'>2024</say-as></speak>",
            "two thousand twenty four"
        ),
        ("<speak><say-as interpret-as='cardinal'>-3.5</say-as></speak>", "minus three point five"),
        ("<speak>the <say-as interpret-as='ordinal'>23</say-as> day</speak>", "the 23rd day"),
        ("<speak>the <say-as interpret-as='ordinal'>3rd</say-as></speak>", "the third"),
        (
            "<speak><say-as interpret-as='date' format='dmy'>4/3/2021</say-as></speak>",
            "March fourth, twenty twenty one"
        ),
        (
            "<speak><say-as interpret-as='date' format='mdy'>4/3/21</say-as></speak>",
            "April third, twenty twenty one"
        ),
        ("<speak><say-as interpret-as='date'>2021-03-04</say-as></speak>", "March 4, 2021"),
        ("<speak><say-as interpret-as='date' format='y'>1905</say-as></speak>", "nineteen oh five"),
        ("<speak><say-as interpret-as='time'>1430</say-as></speak>", "fourteen thirty"),
        ("<speak><say-as interpret-as='time' format='hms12'>2:30pm</say-as></speak>", "2:30pm"),
        (
            "<speak><say-as interpret-as='telephone'>+1 (800) 555</say-as></speak>",
            "plus one, eight zero zero, five five five"
        ),
        ("<speak><say-as interpret-as='cardinal'>many</say-as></speak>", "many"),
        ("<speak><say-as interpret-as='nosuch'>5 km</say-as></speak>", "5 km"),
        // sub, phoneme, emphasis.
        ("<speak><sub alias='World Wide Web'>WWW</sub> is old</speak>", "World Wide Web is old"),
        ("<speak>I <emphasis>read</emphasis> it yesterday.</speak>", "I read it yesterday."),
        ("<speak>I <emphasis level='none'>see</emphasis> it.</speak>", "I see it."),
        ("<speak>Say <phoneme alphabet='ipa' ph='həˈloʊ'>x</phoneme>.</speak>", "Say hello."),
        ("<speak><phoneme ph='ˈtʃiːz'>x</phoneme></speak>", "cheese"),
        ("<speak><phoneme ph='你'>cheese</phoneme></speak>", "cheese"),
        ("<speak><phoneme alphabet='ups' ph='h'>cheese</phoneme></speak>", "cheese"),
        // No SSML, though it looks like it.
        ("Hello <speak>you", "Hello you"),
    ]

    @Test("an element is read for what it means and never aloud", arguments: readings)
    func read(_ pair: (String, String)) throws {
        #expect(try Self.sounds(pair.0) == Self.sounds(pair.1))
    }

    static let faults: [(String, EngineError.MarkupFault, Int)] = [
        ("<speak>Hello", .unclosed, 13), ("<speak>a<b>c</speak>", .mismatched, 13),
        ("<speak>a & b</speak>", .badEntity, 10), ("<speak>&nosuch;</speak>", .badEntity, 8),
        ("<speak>1 < 2</speak>", .badTag, 11),
        ("<speak><break time=1s/></speak>", .badAttribute, 20),
        ("<speak><a b='1' b='2'/></speak>", .badAttribute, 17),
        ("<speak><break time='long'/></speak>", .badValue, 8),
        ("<speak><break time='21s'/></speak>", .badValue, 8),
        ("<speak><prosody rate='quick'>a</prosody></speak>", .badValue, 8),
        ("<speak><prosody volume='much'>a</prosody></speak>", .badValue, 8),
        ("<speak><emphasis level='much'>a</emphasis></speak>", .badValue, 8),
        ("<speak>a</speak>b", .strayText, 17), ("<speak>a</speak><p/>", .strayText, 17),
        (
            "<!DOCTYPE speak [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><speak>&a;</speak>",
            .declaration, 17
        ),
        ("<speak><!-- a</speak>", .unclosed, 8), ("<speak><a b='</speak>", .badAttribute, 14),
        ("<speak>" + String(repeating: "<p>", count: 40), .tooDeep, 101),
    ]

    @Test("SSML that is broken is refused, and where", arguments: faults)
    func refused(_ fault: (String, EngineError.MarkupFault, Int)) throws {
        #expect(throws: EngineError.markupBroken(fault.1, character: fault.2)) {
            try Self.clauses(fault.0)
        }
    }

    @Test("all pauses together are bounded")
    func pauses() throws {
        let breaks = String(repeating: "<break time='10s'/>", count: 31)
        #expect(throws: EngineError.markupBroken(.badValue, character: 8 + 30 * 19)) {
            try Self.clauses("<speak>" + breaks + "a</speak>")
        }
    }

    @Test("a script that the voice can't read is refused in SSML too")
    func script() throws {
        #expect(throws: EngineError.scriptUnsupported(name: "Han")) {
            try Self.clauses("<speak><p>你好世界</p></speak>")
        }
    }

    @Test("breaks, rates and ends of passages reach the clauses")
    func passages() throws {
        let clauses = try Self.clauses(
            "<speak><break time='250ms'/>One here.<break time='1.5s'/><break strength='weak'/>"
                + "<prosody rate='150%'>Two now, <prosody rate='slow'>three</prosody></prosody>"
                + " four.<break/></speak>")
        #expect(clauses.map(\.leadSeconds) == [0.25, 0, 0, 0])
        #expect(clauses.map(\.pauseSeconds) == [1.7, nil, nil, 0.4])
        #expect(clauses.map { ($0.rate * 100).rounded() } == [100, 150, 120, 100])
        #expect(clauses.map(\.end) == [.sentence, .clause, .none, .paragraph])
    }

    @Test("a break is silence of its length, before, between and after")
    func silence() async throws {
        func spoken(_ before: String, _ between: String) async throws -> [SpokenClause] {
            let text = "<speak>\(before)One here.\(between)Two now.</speak>"
            return try await Voice.clauses(SpeechRequest(text: text))
        }
        let short = try await spoken("", "<break time='1s'/>")
        let long = try await spoken("<break time='500ms'/>", "<break time='3s'/>")
        let (first, second) = (try #require(short.last), try #require(long.last))
        #expect(abs(second.startSeconds - first.startSeconds - 2.5) < 0.001)
        let (early, late) = (try #require(short[0].words.first), try #require(long[0].words.first))
        #expect(abs(late.startSeconds - early.startSeconds - 0.5) < 0.001)
        #expect(long[0].clip.samples[..<11_000].allSatisfy { $0 == 0 })
        #expect(long[0].visemes.first?.viseme == .sil)
        let gaps = zip(long[0].visemes, long[0].visemes.dropFirst()).map {
            $1.startSeconds - $0.endSeconds
        }
        #expect(gaps.allSatisfy { abs($0) < 1e-6 })
    }

    @Test("a slow passage takes longer, a strong word is louder than a reduced one")
    func manner() async throws {
        func clip(_ inner: String) async throws -> AudioClip {
            let clauses = try await Voice.clauses(SpeechRequest(text: "<speak>\(inner)</speak>"))
            return try #require(clauses.first).clip
        }
        let plain = try await clip("This is a slow sentence.")
        let slow = try await clip("<prosody rate='50%'>This is a slow sentence.</prosody>")
        #expect(slow.seconds > plain.seconds * 1.5)
        func energy(_ clip: AudioClip) -> Float { clip.samples.reduce(0) { $0 + $1 * $1 } }
        let strong = try await clip("<emphasis level='strong'>apples</emphasis>")
        let reduced = try await clip("<emphasis level='reduced'>apples</emphasis>")
        #expect(energy(strong) > energy(reduced) * 2)
    }

    @Test("volume is a change in decibels, and silence is silent")
    func volume() async throws {
        func level(_ volume: String) async throws -> Float {
            let text = "<speak><prosody volume='\(volume)'>This is a sentence.</prosody></speak>"
            let clauses = try await Voice.clauses(SpeechRequest(text: text))
            return Level(clauses.flatMap(\.clip.samples)).meanSquareRoot
        }
        let plain = try await level("medium")
        for (volume, factor) in [
            ("-6dB", 0.501), ("soft", 0.501), ("x-soft", 0.251), ("+3dB", 1.413),
        ]
            as [(String, Float)]
        {
            #expect(abs(try await level(volume) / plain / factor - 1) < 0.03)
        }
        #expect(try await level("silent") == 0)
        // Bent, not cut, where it is too loud.
        #expect(try await level("+99dB") < 1)
    }

    @Test("only the words inside of a volume are changed")
    func volumes() throws {
        let clauses = try Self.clauses(
            "<speak>One. <prosody volume='soft'>Two. <prosody volume='-3dB' rate='fast'>Three."
                + "</prosody></prosody> Four.</speak>")
        #expect(clauses.map(\.decibels) == [0, -6, -9, 0])
        #expect(clauses.map(\.rate) == [1, 1, 1.25, 1])
    }
}
