import EngineAPI
import Testing

@testable import Speech

/// Where the pitch goes at the ends of phrases.
@Suite struct IntonationTests {
    /// Words of a text, each its own phonemes, marks by themselves.
    static func words(_ text: String) -> [ReadWord] {
        var words: [ReadWord] = []
        for piece in text.split(separator: " ") {
            let marks = piece.unicodeScalars.reversed().prefix {
                ",.?!;:…".unicodeScalars.contains($0)
            }
            let body = String(piece.unicodeScalars.dropLast(marks.count).map { Character($0) })
            words.append(ReadWord(text: body, phonemes: body, hasSpace: marks.isEmpty))
            for mark in marks.reversed() {
                words.append(
                    ReadWord(text: String(mark), phonemes: String(mark), hasSpace: true))
            }
        }
        return words
    }

    /// The words that a tune ends with: / rises, \ falls, - goes on.
    static func tunes(_ text: String, isOpen: Bool = false) -> String {
        var words = words(text)
        SentenceTunes.settle(&words, isOpen: isOpen)
        return words.compactMap { word in
            switch word.tune {
            case .rise: word.text + "/"
            case .fall: word.text + "\\"
            case .continuation: word.text + "-"
            case nil: nil
            }
        }.joined(separator: " ")
    }

    static let questions: [(String, String)] = [
        ("Are you ready?", "ready/"), ("Isn't she nice?", "nice/"), ("You did that?", "that/"),
        ("You said what?", "what/"), ("Coffee?", "Coffee/"), ("So is it true?", "true/"),
        ("Can you help, please?", "please/"), ("Do you know where it is?", "is/"),
        ("If it rains, will you stay?", "stay/"), ("When you leave, can I come?", "come/"),
        ("What is it?", "it\\"), ("To whom did he write?", "write\\"), ("Who's there?", "there\\"),
        ("And where are they, John?", "John\\"), ("If it rains, what do we do?", "do\\"),
        ("How about some tea?", "tea\\"),
    ]

    @Test(
        "a question that yes or no answers rises, one that asks who or what falls",
        arguments: questions)
    func asks(_ pair: (String, String)) {
        #expect(IntonationTests.tunes(pair.0) == pair.1)
    }

    static let choices: [(String, String)] = [
        ("Would you like tea or coffee?", "tea/ coffee\\"),
        ("Is it by car, by bus, or by train?", "car/ bus/ train\\"),
        ("Which one, red or blue?", "red/ blue\\"),
        // "Or" that joins no choices.
        ("Are you coming or not?", "not/"), ("Do you have any brothers or sisters?", "sisters/"),
        ("Is it two or three miles?", "miles/"), ("Do you need a pen or something?", "something/"),
    ]

    @Test("choices rise but for the last", arguments: choices)
    func chooses(_ pair: (String, String)) {
        #expect(IntonationTests.tunes(pair.0) == pair.1)
    }

    static let tags: [(String, String)] = [
        ("It's cold, isn't it?", "it\\"), ("You didn't call, did you?", "you/"),
        ("You are coming, right?", "right/"), ("He has left, has he not?", "not\\"),
    ]

    @Test("a tag that expects a yes falls, others rise", arguments: tags)
    func ends(_ pair: (String, String)) {
        #expect(IntonationTests.tunes(pair.0) == pair.1)
    }

    static let statements: [(String, String)] = [
        ("It is late.", "late\\"), ("He asked where I was.", "was\\"), ("Stop that!", ""),
        ("We need bread, milk, and eggs.", "bread- milk- eggs\\"),
        ("We need bread, milk and eggs.", "bread- milk- eggs\\"),
        ("When he came, Tom and Ann left.", "left\\"),
        ("It is done. Are you glad? We are.", "done\\ glad/ are\\"),
    ]

    @Test("statements fall, and the items of a list go on until the last", arguments: statements)
    func tells(_ pair: (String, String)) {
        #expect(IntonationTests.tunes(pair.0) == pair.1)
    }

    @Test("a line that others follow goes on")
    func open() {
        #expect(IntonationTests.tunes("roses are red", isOpen: true) == "red-")
        #expect(IntonationTests.tunes("roses are red") == "red\\")
    }

    /// "dəkˈɑmə" with ten units a phoneme, level at 200 Hz and loud.
    private static func bent(_ tune: Tune?, melody: Melody = Melody()) -> [Float] {
        let phonemes = "dəkˈɑmə".scalars
        var clause = Clause(
            text: "", phonemes: phonemes,
            words: [Clause.Word(text: "", range: phonemes.indices, tune: tune)], end: .sentence)
        clause.melody = melody
        let durations = [Float](repeating: 10, count: phonemes.count + 2)
        let frames = durations.count * 20
        var curves = AcousticCurves(
            pitch: (0..<frames).map { $0 / 20 == 3 ? 0 : 200 },
            energy: [Float](repeating: 7, count: frames), durations: durations)
        PitchBend.apply(clause, symbols: Array(phonemes.indices), to: &curves)
        return curves.pitch
    }

    @Test("a tune bends the pitch from the last accent on, and only where there is a voice")
    func bend() {
        let rise = IntonationTests.bent(.rise)
        #expect(rise[40] == 200, "before the accent")
        #expect(rise[65] == 0, "unvoiced")
        #expect(rise[138] > rise[82] * 1.4)
        #expect(zip(rise[80..<138], rise[81..<139]).allSatisfy { $0 <= $1 + 0.01 })
        let fall = IntonationTests.bent(.fall)
        #expect(fall[40] == 200)
        #expect(fall[138] < fall[82] * 0.8)
        let on = IntonationTests.bent(.continuation)
        #expect(on[138] > on[82] * 1.08 && on[138] < rise[138])
        #expect(IntonationTests.bent(nil).filter { $0 != 0 }.allSatisfy { $0 == 200 })
    }

    @Test("a melody moves the pitch by its semitones, its range and its contour")
    func melody() {
        let octave = IntonationTests.bent(nil, melody: Melody(semitones: 12))
        #expect(abs(octave[100] - 400) < 0.1 && octave[65] == 0)
        let contour = Melody(contour: [
            Melody.Point(place: 0, semitones: -12), Melody.Point(place: 1, semitones: 12),
        ])
        let line = IntonationTests.bent(nil, melody: contour)
        #expect(abs(line[0] - 100) < 1 && abs(line[179] - 400) < 3)
        var part = contour
        part.part = 0.5...1
        #expect(abs(IntonationTests.bent(nil, melody: part)[0] - 200) < 1)
        let flat = IntonationTests.bent(.rise, melody: Melody(range: 0))
        #expect(Set(flat.filter { $0 > 0 }.map { $0.rounded() }).count == 1)
        // No voice sings beyond these.
        #expect(IntonationTests.bent(nil, melody: Melody(semitones: 30)).max() == 600)
    }
}
