import EngineAPI
import Testing

@testable import Speech

/// What is left of a text when everything that can't be spoken is gone.
@Suite struct CleanerModelTests {
    static let cleanings: [(String, String)] = [
        ("plain text", "plain text"), ("a\u{0}b\u{7}c", "abc"), ("Hel\u{200B}lo", "Hello"),
        ("so\u{AD}ft", "soft"), ("\u{FEFF}mark", "mark"), ("a\r\nb", "a\nb"), ("a\tb", "a b"),
        ("cafe\u{301}", "café"), ("Hello😀world", "Hello world"),
        ("👩‍👩‍👧 family", "  family"),
        ("1️⃣ one", "1 one"), ("Ｈｉ！", "Hi!"), ("𝐁𝐨𝐥𝐝", "Bold"), ("ﬁne", "fine"), ("½ cup", "1/2 cup"),
        ("2½ cups", "2 1/2 cups"), ("20 ℃", "20 °C"),
        ("Z\u{337}\u{328}\u{35C}al\u{340}go", "Zalgo"),
        ("−5", "−5"), ("5²", "5²"), ("π", "π"),
        // Markup.
        ("<speak>Hi <break time=\"1s\"/>there</speak>", "Hi \nthere"), ("<b>bold</b>ly", "boldly"),
        ("<p>One</p><p>Two</p>", "\nOne\n\nTwo\n"), ("a < b and c > d", "a < b and c > d"),
        ("x <y and z> w", "x <y and z> w"), ("Tom &amp; Jerry", "Tom & Jerry"),
        ("&#65;&#x42;", "AB"),
        ("&nosuch;", "&nosuch;"), ("<!-- no -->yes", "yes"), ("<script>alert(1)</script>ok", " ok"),
        ("# Title", "Title"), ("- item\n- next", "item\nnext"), ("`code`", "code"), ("<", "<"),
        ("I <3 you", "I <3 you"),
    ]

    @Test("markup and what has no sound goes", arguments: cleanings)
    func cleaned(_ pair: (String, String)) throws {
        let cleaner = TextCleaner(try Voice.tables())
        let lines = String(try cleaner.cleaned(pair.0))
        #expect(lines.replacingRuns == pair.1.replacingRuns)
    }

    @Test(
        "a text in a script that the voice can't read is refused by its name",
        arguments: [
            ("你好，世界。", "Han"), ("Привет, мир!", "Cyrillic"), ("こんにちは", "Hiragana"),
            ("안녕하세요", "Hangul"), ("مرحبا بالعالم", "Arabic"), ("नमस्ते दुनिया", "Devanagari"),
            ("Καλημέρα κόσμε", "Greek"), ("ok 你好世界你好", "Han"),
        ])
    func refused(_ pair: (String, String)) throws {
        let cleaner = TextCleaner(try Voice.tables())
        #expect(throws: EngineError.scriptUnsupported(name: pair.1)) {
            try cleaner.cleaned(pair.0)
        }
    }

    @Test("a foreign word among ours is passed over")
    func mixed() throws {
        let cleaner = TextCleaner(try Voice.tables())
        let text = String(try cleaner.cleaned("The word 你好 means hello."))
        #expect(String(Normalizer.spaced(text.scalars)) == "The word means hello.")
    }
}

extension String {
    /// Runs of the same white space as one.
    var replacingRuns: String {
        var out = ""
        for character in self where !(character.isWhitespace && out.last == character) {
            out.append(character)
        }
        return out
    }
}
