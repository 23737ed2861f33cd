import Testing

@testable import Speech

/// Words to phonemes, and the faults of the voice's own package that ours does not have.
@Suite struct ReadingModelTests {
    static let readings: [(String, String)] = [
        ("Hello there.", "həlˈO ðˈɛɹ."), ("I read it yesterday.", "ˌI ɹˈɛd ɪt jˈɛstəɹdˌA."),
        ("I will read it.", "ˌI wɪl ɹˈid ɪt."), ("the apple, the pear", "ði ˈæpᵊl, ðə pˈɛɹ"),
        ("I used to use a used car.", "ˌI jˈust tə jˈuz ɐ jˈuzd kˈɑɹ."),
        ("$9.99", "nˈIn dˈɑləɹz ænd nˈIndi nˈIn sˈɛnts"), ("£1", "wˈʌn pˈWnd"),
        ("100%", "wˈʌn hˈʌndɹəd pəɹsˈɛnt"), ("in 1999", "ɪn nˌIntˈin nˈIndi nˈIn"),
        ("the 21st", "ðə twˈɛnti fˈɜɹst"), ("-5", "mˈInəs fˈIv"), ("3.14", "θɹˈi pYnt wˈʌn fˈɔɹ"),
        ("192.168.0.1", "wˈʌn nˈIn tˈu dˈɑt wˈʌn sˈɪks ˈAt dˈɑt zˈɪɹO dˈɑt wˈʌn"),
        ("NASA", "nˈæsə"), ("the FBI", "ði ˌɛfbˌiˈI"), ("U.S.", "jˌuˈɛs"), ("B2B", "bˈitəbˈi"),
        ("C-3PO", "sˈi θɹˈi pˈO"), ("don't", "dˈOnt"),
        ("[Kokoro](/kˈOkəɹO/) sings", "kˈOkəɹO sˈɪŋz"),
    ]

    @Test("a text has its reading", arguments: readings)
    func reading(_ pair: (String, String)) throws {
        #expect(try Voice.front().reading(pair.0) == pair.1)
    }

    /// Two texts that must sound the same.
    static let equals: [(String, String)] = [
        ("john.doe@example.com", "john dot doe at example dot com"),
        ("1,2,3", "one, two, three"), ("1, 2, 3", "one, two, three"),
        ("2 1/2 cups", "two and a half cups"), ("2½ cups", "two and a half cups"),
        ("fell to -5 degrees", "fell to minus five degrees"), ("x = -2", "x equals minus two"),
        ("Hel\u{200B}lo wor\u{2060}ld", "Hello world"), ("cafe\u{301}", "café"),
        ("<speak>Hello <emphasis>there</emphasis></speak>", "Hello there"),
        ("<p class=\"x\">Hello there</p>", "Hello there"), ("Hello 🎉 there", "Hello there"),
        ("<speaker>Hello <x-y>there", "Hello there"), ("Dear <name>, hello", "Dear, hello"),
        ("<voice name='x'>Hello there", "Hello there"), ("a<b", "a less than b"),
        ("<speaker>Hello</speaker> there", "Hello there"),
        ("February 30th", "February thirtieth"), ("2/30/2024", "February thirtieth, 2024"),
        ("H\u{337}\u{328}e\u{35C}l\u{340}lo", "Hello"), ("𝐇𝐞𝐥𝐥𝐨", "Hello"), ("Ｈｅｌｌｏ", "Hello"),
    ]

    @Test("what is written oddly sounds like what it means", arguments: equals)
    func same(_ pair: (String, String)) throws {
        let front = try Voice.front()
        #expect(try front.reading(pair.0) == front.reading(pair.1))
    }

    @Test("forty-two digits are read one by one, with rests")
    func digits() throws {
        let front = try Voice.front()
        let reading = try front.reading(String(repeating: "123456", count: 7))
        #expect(reading.split(separator: " ").count == 42)
        #expect(reading.hasPrefix("wˈʌn tˈu θɹˈi, fˈɔɹ fˈIv sˈɪks, "))
        // With separators and a point they come another way.
        let grouped = Array(repeating: "123", count: 14).joined(separator: ",")
        #expect(try front.reading(grouped).split(separator: " ").count == 42)
        #expect(
            try front.reading("0." + String(repeating: "7", count: 42)).contains("sˈɛvən sˈɛvən"))
    }

    @Test("an unknown word is read letter by letter of the network, the same each time")
    func unknown() throws {
        let front = try Voice.front()
        let reading = try front.reading("zorblatt")
        #expect(!reading.isEmpty)
        #expect(try front.reading("zorblatt") == reading)
        let long = try front.reading(String(repeating: "zorblatt", count: 9))
        #expect(long.unicodeScalars.count > 2 * reading.unicodeScalars.count)
    }
}
