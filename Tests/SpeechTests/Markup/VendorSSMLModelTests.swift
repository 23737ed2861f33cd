import EngineAPI
import Testing

@testable import Speech

/// SSML as users of other services have it, and what comes of it.
struct VendorSnippet: Sendable, CustomTestStringConvertible {
    let name: String
    /// Inside of the root; a whole document where it begins with "<".
    let ssml: String
    /// A plain text, or one with inline readings, that sounds the same.
    let said: String
    /// Pauses that were asked for, behind each clause; nil is the voice's own.
    var pauses: [Double?]?
    var lead = 0.0
    var decibels: [Double]?
    var rates: [Double]?
    var notes: Set<SpeechNote> = []

    var testDescription: String { name }
}

@Suite struct VendorSSMLModelTests {
    private static let azureRoot =
        "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" "
        + "xmlns:mstts=\"https://www.w3.org/2001/mstts\" xml:lang=\"en-US\">"

    private static func clauses(_ text: String) throws -> (
        clauses: [Clause], notes: Set<SpeechNote>
    ) {
        let front = try Voice.front()
        var plan = try SpeechPlan(SpeechRequest(text: text), reader: Voice.reader(front))
        var clauses: [Clause] = []
        while let clause = try plan.next() { clauses.append(clause) }
        return (clauses, plan.notes)
    }

    private static func sounds(_ clauses: [Clause]) -> String {
        String(
            clauses.flatMap(\.phonemes).filter {
                $0.isLetter && !"ˈˌ".unicodeScalars.contains($0)
            })
    }

    private func check(_ snippet: VendorSnippet, root: String) throws {
        let text = root + snippet.ssml + "</speak>"
        let (clauses, notes) = try Self.clauses(text)
        #expect(Self.sounds(clauses) == Self.sounds(try Self.clauses(snippet.said).clauses))
        #expect(notes == snippet.notes)
        #expect(abs((clauses.first?.leadSeconds ?? 0) - snippet.lead) < 1e-9)
        if let pauses = snippet.pauses { #expect(clauses.map(\.pauseSeconds) == pauses) }
        if let decibels = snippet.decibels {
            #expect(clauses.map { ($0.decibels * 10).rounded() / 10 } == decibels)
        }
        if let rates = snippet.rates {
            #expect(clauses.map { ($0.rate * 100).rounded() / 100 } == rates)
        }
    }

    static let azureSnippets: [VendorSnippet] = [
        VendorSnippet(
            name: "a voice by Azure's name",
            ssml: "<voice name=\"en-US-AvaMultilingualNeural\">Good morning.</voice>",
            said: "Good morning.", notes: [.voiceMissing("en-US-AvaMultilingualNeural")]),
        VendorSnippet(
            name: "a style of speaking",
            ssml: "<mstts:express-as style=\"cheerful\" styledegree=\"2\">That is great!"
                + "</mstts:express-as>", said: "That is great!",
            notes: [.elementPassedOver("mstts:express-as")]),
        VendorSnippet(
            name: "breaks by time and strength",
            ssml: "One. <break time=\"750ms\"/> Two. <break strength=\"weak\"/> Three.",
            said: "One. Two. Three.", pauses: [0.75, 0.2, nil]),
        VendorSnippet(
            name: "silence between sentences",
            ssml: "<mstts:silence type=\"Sentenceboundary-exact\" value=\"200ms\"/>"
                + "If we are home. We rest. We sleep.",
            said: "If we are home. We rest. We sleep.", pauses: [0.2, 0.2, nil]),
        VendorSnippet(
            name: "silence at the start and the end",
            ssml: "<mstts:silence type=\"Leading-exact\" value=\"500ms\"/>"
                + "<mstts:silence type=\"Tailing-exact\" value=\"1s\"/>Hello.", said: "Hello.",
            pauses: [1], lead: 0.5),
        VendorSnippet(
            name: "volume of a hundred",
            ssml: "<prosody volume=\"50\">Half.</prosody> <prosody volume=\"+10%\">More.</prosody>"
                + " <prosody volume=\"-50.00%\">Less.</prosody>", said: "Half. More. Less.",
            decibels: [-6, 0.8, -6]),
        VendorSnippet(
            name: "rates in Azure's percents",
            ssml:
                "<prosody rate=\"+30.00%\">Fast.</prosody> <prosody rate=\"-20%\">Slow.</prosody>",
            said: "Fast. Slow.", rates: [1.3, 0.8]),
        VendorSnippet(
            name: "phonemes of SAPI",
            ssml: "<phoneme alphabet=\"sapi\" ph=\"iy eh n y uw eh s\">en-US</phoneme> here",
            said: "[x](/iɛnjuɛs/) here"),
        VendorSnippet(
            name: "phonemes of an alphabet that nobody else has",
            ssml: "<phoneme alphabet=\"ups\" ph=\"JH AU\">cat</phoneme>", said: "cat",
            notes: [.phonemesPassedOver(alphabet: "ups")]),
        VendorSnippet(
            name: "a date of day, month and year",
            ssml: "on <say-as interpret-as=\"date\" format=\"dmy\">10-12-2016</say-as>",
            said: "on December tenth, twenty sixteen"),
        VendorSnippet(
            name: "a time of twelve hours",
            ssml: "at <say-as interpret-as=\"time\" format=\"hms12\">14:30</say-as>",
            said: "at 2:30 PM"),
        VendorSnippet(
            name: "a duration",
            ssml: "<say-as interpret-as=\"duration\" format=\"hms\">01:18:30</say-as>",
            said: "one hour eighteen minutes thirty seconds"),
        VendorSnippet(
            name: "a fraction, money and a name",
            ssml: "<say-as interpret-as=\"fraction\">3/8</say-as> of "
                + "<say-as interpret-as=\"currency\">99.9 USD</say-as> for "
                + "<say-as interpret-as=\"name\">ED</say-as>",
            said: "three eighths of 99.9 USD for ED"),
        VendorSnippet(
            name: "marks, sounds behind and visemes",
            ssml:
                "<mstts:backgroundaudio src=\"https://a/b.wav\"/><mstts:viseme type=\"FacialExpression\"/>"
                + "We <bookmark mark=\"a\"/>sell flowers.", said: "We sell flowers.",
            notes: [
                .elementPassedOver("mstts:backgroundaudio"), .elementPassedOver("mstts:viseme"),
                .elementPassedOver("bookmark"),
            ]),
        VendorSnippet(
            name: "another language",
            ssml: "<lang xml:lang=\"es-MX\">Hola</lang> there", said: "Hola there",
            notes: [.languageMissing("es-MX")]),
    ]

    @Test("Azure's SSML", arguments: azureSnippets)
    func azure(_ snippet: VendorSnippet) throws { try check(snippet, root: Self.azureRoot) }

    static let googleSnippets: [VendorSnippet] = [
        VendorSnippet(
            name: "a cardinal and an ordinal",
            ssml: "<say-as interpret-as=\"cardinal\">12345</say-as> and "
                + "<say-as interpret-as=\"ordinal\">1</say-as>",
            said: "twelve thousand three hundred forty five and first"),
        VendorSnippet(
            name: "characters", ssml: "<say-as interpret-as=\"characters\">can</say-as>",
            said: "[C](/si/) [A](/A/) [N](/ɛn/)"),
        VendorSnippet(
            name: "verbatim", ssml: "<say-as interpret-as=\"verbatim\">abcd</say-as>",
            said: "[A](/A/) [B](/bi/) [C](/si/) [D](/di/)"),
        VendorSnippet(
            name: "a mixed fraction",
            ssml: "<say-as interpret-as=\"fraction\">5+1/2</say-as>", said: "five and one half"),
        VendorSnippet(
            name: "an expletive",
            ssml: "You <say-as interpret-as=\"expletive\">censor this</say-as>!",
            said: "You censor this!"),
        VendorSnippet(
            name: "a unit", ssml: "<say-as interpret-as=\"unit\">10 foot</say-as> long",
            said: "10 foot long"),
        VendorSnippet(
            name: "a date with letters repeated",
            ssml:
                "<say-as interpret-as=\"date\" format=\"yyyymmdd\" detail=\"1\">1960-09-10</say-as>",
            said: "September tenth, nineteen sixty"),
        VendorSnippet(
            name: "a day and a month",
            ssml: "<say-as interpret-as=\"date\" format=\"dm\">10-9</say-as>",
            said: "September tenth"),
        VendorSnippet(
            name: "a time",
            ssml: "<say-as interpret-as=\"time\" format=\"hms12\">2:30pm</say-as>", said: "2:30pm"),
        VendorSnippet(
            name: "a telephone number",
            ssml: "<say-as interpret-as=\"telephone\" google:style=\"zero-as-zero\">(781) 771-7777"
                + "</say-as>", said: "seven eight one, seven seven one, seven seven seven seven"),
        VendorSnippet(
            name: "a recording with another text",
            ssml: "<audio src=\"https://a/cat.ogg\"><desc>a cat</desc>meow</audio>", said: "meow",
            notes: [.audioNotPlayed]),
        VendorSnippet(
            name: "paragraphs, sentences and a mark",
            ssml: "<p><s>One.</s><s>Two.</s></p><mark name=\"here\"/><p>Three.</p>",
            said: "One. Two. Three.", notes: [.elementPassedOver("mark")]),
        VendorSnippet(
            name: "a stand-in and emphasis",
            ssml: "<sub alias=\"World Wide Web Consortium\">W3C</sub> is "
                + "<emphasis level=\"moderate\">big</emphasis>",
            said: "World Wide Web Consortium is big"),
        VendorSnippet(
            name: "phonemes of IPA and X-SAMPA",
            ssml: "<phoneme alphabet=\"ipa\" ph=\"ˌmænɪˈtoʊbə\">manitoba</phoneme> "
                + "<phoneme alphabet=\"x-sampa\" ph='m@\"hA:g@%ni:'>mahogany</phoneme>",
            said: "[a](/mˌænɪtˈObə/) [b](/məhˈɑɡənˌi/)"),
        VendorSnippet(
            name: "media side by side",
            ssml: "<par><media xml:id=\"q\"><speak>Who invented it?</speak></media></par>",
            said: "Who invented it?",
            notes: [.elementPassedOver("par"), .elementPassedOver("media")]),
    ]

    @Test("Google's SSML", arguments: googleSnippets)
    func google(_ snippet: VendorSnippet) throws { try check(snippet, root: "<speak>") }

    static let pollySnippets: [VendorSnippet] = [
        VendorSnippet(
            name: "a domain",
            ssml: "<amazon:domain name=\"news\">Stocks fell.</amazon:domain>",
            said: "Stocks fell.", notes: [.elementPassedOver("amazon:domain")]),
        VendorSnippet(
            name: "a whisper",
            ssml: "<amazon:effect name=\"whispered\">If you make noise.</amazon:effect>",
            said: "If you make noise.", notes: [.elementPassedOver("amazon:effect")]),
        VendorSnippet(
            name: "breaths", ssml: "Hi<amazon:breath duration=\"medium\"/> there.",
            said: "Hi there.", notes: [.elementPassedOver("amazon:breath")]),
        VendorSnippet(
            name: "a break of ten seconds and one of strength",
            ssml: "One. <break time=\"10s\"/>Two. <break strength=\"x-strong\"/>Three.",
            said: "One. Two. Three.", pauses: [10, 1.2, nil]),
        VendorSnippet(
            name: "volume in decibels and words",
            ssml:
                "<prosody volume=\"+6dB\">One.</prosody> <prosody volume=\"x-soft\">Two.</prosody>"
                + " <prosody volume=\"silent\">Three.</prosody>", said: "One. Two. Three.",
            decibels: [6, -12, -60]),
        VendorSnippet(
            name: "a rate of twenty to two hundred",
            ssml: "<prosody rate=\"85%\">One.</prosody> <prosody rate=\"x-fast\">Two.</prosody>",
            said: "One. Two.", rates: [0.85, 1.6]),
        VendorSnippet(
            name: "verbs and their past",
            ssml: "The word <w role=\"amazon:VB\">read</w> or <w role=\"amazon:VBD\">read</w>",
            said: "The word [a](/ɹid/) or [b](/ɹɛd/)"),
        VendorSnippet(
            name: "a second sense", ssml: "a <w role=\"amazon:SENSE_1\">bass</w>",
            said: "a [bass](/bæs/)"),
        VendorSnippet(
            name: "nouns beside verbs",
            ssml: "<w role=\"amazon:NN\">record</w> <w role=\"amazon:VB\">record</w>",
            said: "[a](/ɹˈɛkəɹd/) [b](/ɹəkˈɔɹd/)"),
        VendorSnippet(
            name: "phonemes of X-SAMPA",
            ssml: "You say <phoneme alphabet=\"x-sampa\" ph='pI\"kA:n'>pecan</phoneme>.",
            said: "You say [a](/pɪkˈɑn/)."),
        VendorSnippet(
            name: "a date whose year is not told",
            ssml: "<say-as interpret-as=\"date\" format=\"yyyymmdd\">????0922</say-as>",
            said: "September twenty second"),
        VendorSnippet(
            name: "a date of eight digits",
            ssml: "<say-as interpret-as=\"date\" format=\"mdy\">09222025</say-as>",
            said: "September twenty second, twenty twenty five"),
        VendorSnippet(
            name: "minutes and seconds",
            ssml: "in <say-as interpret-as=\"time\">1'21\"</say-as>",
            said: "in one minute twenty one seconds"),
        VendorSnippet(
            name: "a fraction and an address",
            ssml: "<say-as interpret-as=\"fraction\">3/20</say-as> at "
                + "<say-as interpret-as=\"address\">5 Main Street</say-as>",
            said: "three twentieths at 5 Main Street"),
        VendorSnippet(
            name: "a prefix, a mark and entities",
            ssml: "", said: "Tom & Jerry sing.", notes: [.elementPassedOver("mark")]),
    ]

    @Test("Polly's SSML", arguments: pollySnippets)
    func polly(_ snippet: VendorSnippet) throws {
        guard snippet.ssml.isEmpty else { return try check(snippet, root: "<speak>") }
        let text =
            "<?xml version=\"1.0\"?><!-- a note --><ssml:speak xmlns:ssml=\"http://a\">"
            + "<ssml:p>Tom &amp; Jerry <ssml:mark name=\"m\"/><![CDATA[sing.]]></ssml:p></ssml:speak>"
        let (clauses, notes) = try Self.clauses(text)
        #expect(Self.sounds(clauses) == Self.sounds(try Self.clauses(snippet.said).clauses))
        #expect(notes == snippet.notes)
    }

    @Test("an expletive is a tone as long as its words")
    func expletive() async throws {
        func clip(_ kind: String) async throws -> SpokenClause {
            let text =
                "<speak>You are a <say-as interpret-as=\"\(kind)\">silly fool</say-as> today.</speak>"
            return try #require(try await Voice.clauses(SpeechRequest(text: text)).first)
        }
        let (bleeped, plain) = (try await clip("bleep"), try await clip("none"))
        #expect(abs(bleeped.clip.seconds - plain.clip.seconds) < 0.001)
        let words = bleeped.words.filter { ["silly", "fool"].contains($0.text) }
        try #require(words.count == 2)
        let rate = Double(bleeped.clip.sampleRateHz)
        let inside = bleeped.clip.samples[
            Int(
                bounded: (words[0].startSeconds + 0.02) * rate)..<Int(
                    bounded: (words[1].endSeconds - 0.02) * rate)]
        // A sine of 1 kHz: what it is at one place it is a period of 24 samples later.
        let errors = zip(inside, inside.dropFirst(24)).map { abs($0 - $1) }
        #expect((errors.max() ?? 1) < 0.01)
        #expect(abs((inside.max() ?? 0) - 0.15) < 0.01)
    }

    static let volumes: [(String, Double?)] = [
        ("+6dB", 6), ("-6.5dB", -6.5), ("6dB", nil), ("x-loud", 8), ("silent", -60), ("0", -60),
        ("100", 0), ("50%", -6), ("+100%", 6), ("-100%", -60), ("-150", -60), ("much", nil),
        ("", nil), ("+", nil), ("%", nil), ("1e9", nil), ("nan", nil),
    ]

    @Test("a volume is a word, decibels, a part or a change", arguments: volumes)
    func volume(_ pair: (String, Double?)) {
        #expect(SSMLValues.decibels(pair.0).map { ($0 * 10).rounded() / 10 } == pair.1)
    }
}
