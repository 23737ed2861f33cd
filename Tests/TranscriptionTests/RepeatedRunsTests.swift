import Testing

@testable import Transcription

@Suite struct RepeatedRunsTests {
    private func tokens(_ text: String) -> [[UInt8]] {
        text.split(separator: " ").map { Array((" " + $0).utf8) }
    }

    @Test(
        "runs that follow themselves at once are found, in any script",
        arguments: [
            ("ask not what ask not what", 1), ("no no", 1), ("one two three four", 0),
            ("he had had enough of the whole thing", 0), ("very very very good of you to come", 2),
            ("Please wait . please wait ! PLEASE WAIT", 2), ("and so and so and so", 2),
            ("今 日 は 晴 今 日 は 晴", 1), ("早上 好 早上 好 早上 好", 2), ("", 0),
        ])
    func finds(text: String, expected: Int) {
        #expect(RepeatedRuns.find(tokens(text)).count == expected)
    }

    @Test("signs and empty tokens do not part a run")
    func signs() {
        let pairs = RepeatedRuns.find(tokens("go home . go home ."))
        #expect(pairs == [RepeatedRuns.Pair(first: [0, 1], second: [3, 4])])
    }

    @Test("a run that stops in the middle of its second time is found at the end only")
    func cutShort() {
        let pair = RepeatedRuns.cutShort(tokens("the sun is on the sea . the sun"))
        #expect(pair == RepeatedRuns.Pair(first: [0, 1], second: [7, 8]))
        #expect(RepeatedRuns.cutShort(tokens("the sun is on the sea the")) == nil)
        #expect(RepeatedRuns.cutShort(tokens("the sun is on the sun and the sea")) == nil)
        #expect(RepeatedRuns.cutShort([]) == nil)
    }

    @Test(
        "a text goes round where three words in a row come three times, with whatever between",
        arguments: [
            ("We treat it in the same way. In the same way we do, in the SAME way too.", true),
            ("We treat it in the same way. In the same way we do.", false),
            ("no no no no", false), ("no no no no no", true), ("", false), ("one two", false),
            ("मेरी बात सुनो, मेरी बात सुनो और मेरी बात सुनो", true),
            ("今日は晴れ今日は晴れ今日は晴れ", false),
        ])
    func goesRound(text: String, expected: Bool) {
        #expect(RepeatedRuns.goesRound(text) == expected)
    }

    @Test("half a character is as good as a letter")
    func bytes() {
        let half: [[UInt8]] = [[0xE4, 0xBB], [0x8A], [0xE4, 0xBB], [0x8A]]
        #expect(RepeatedRuns.find(half).count == 1)
    }
}

@Suite struct TokenLooksTests {
    private let words = "the train is late the train is late".split(separator: " ")
        .map { Array((" " + $0).utf8) }

    @Test("what is said again later stays, what looks at the same place again goes")
    func loops() {
        let spoken = TokenLooks(positions: [10, 20, 40, 50, 90, 100, 120, 130], count: 160)
        #expect(spoken.unspoken(words).isEmpty)
        let loop = TokenLooks(positions: [10, 20, 40, 50, 12, 21, 40, 50], count: 60)
        #expect(loop.unspoken(words) == [4, 5, 6, 7])
        let inSilence = TokenLooks(positions: [10, 20, 40, 50, 62, 70, 80, 90], count: 60)
        #expect(inSilence.unspoken(words) == [4, 5, 6, 7])
    }

    @Test("a loop that goes to and fro between two spoken runs is one all the same")
    func toAndFro() {
        let text = words + words
        let looks = TokenLooks(
            positions: [10, 20, 30, 40, 90, 100, 110, 120, 10, 20, 30, 40, 91, 100, 110, 121],
            count: 140)
        #expect(looks.unspoken(text) == Set(8..<16))
    }

    @Test("text that goes back without the same words goes too, but not in a translation")
    func wentBack() {
        let text = (0..<20).map { Array(" w\($0)".utf8) }
        let looks = TokenLooks(
            positions: (0..<12).map { $0 * 20 } + (0..<8).map { $0 * 20 }, count: 260)
        let lost = looks.unspoken(text)
        #expect(lost.isSuperset(of: 13..<20) && lost.isDisjoint(with: 0..<11), "\(lost.sorted())")
        #expect(looks.unspoken(text, keepsOrder: false).isEmpty)
    }

    @Test("what is said again sooner than anybody can is not said, however it is written")
    func tooSoon() {
        func lost(_ text: [String], _ positions: [Int]) -> Set<Int> {
            TokenLooks(positions: positions, count: 60).unspoken(text.map { Array($0.utf8) })
        }
        // Two tenths of a second are enough for "no", not for "forty-two" or "thank you".
        #expect(lost([" 42", " 42", " 42"], [5, 15, 25]) == [1, 2])
        #expect(lost([" no", " no", " no"], [5, 15, 25]).isEmpty)
        #expect(lost([" thank", " you", " thank", " you"], [5, 10, 15, 20]) == [2, 3])
        #expect(lost([" thank", " you", " thank", " you"], [5, 15, 25, 35]).isEmpty)
        #expect(lost([" 42", " 42", " 42"], [5, 25, 45]).isEmpty)
    }

    @Test("a name that looks anywhere is no going back")
    func outlier() {
        let text = (0..<20).map { Array(" w\($0)".utf8) }
        var positions = (0..<20).map { $0 * 20 }
        positions[7] = 390
        positions[12] = 3
        #expect(TokenLooks(positions: positions, count: 400).unspoken(text).isEmpty)
    }

    @Test("text that looks behind the piece's end, or to and fro, is none of it")
    func astray() {
        let text = (0..<5).map { Array(" w\($0)".utf8) }
        #expect(TokenLooks(positions: [5, 20, 40, 60, 80], count: 100).isAstray(text) == false)
        #expect(TokenLooks(positions: [10, 30, 140, 150, 150], count: 50).isAstray(text))
        let toAndFro = TokenLooks(positions: [200, 30, 240, 20], count: 250)
        #expect(toAndFro.isAstray(Array(text.prefix(4))))
        #expect(TokenLooks(positions: [], count: 50).isAstray([]) == false)
    }

    @Test("speech in which nothing was heard is found, in the middle and at the end")
    func unheard() {
        let text = ["one", "two", "three"].map { Array($0.utf8) }
        let looks = TokenLooks(positions: [10, 40, 300], count: 500)
        #expect(looks.unheard(text, in: [0..<500], atLeast: 60) == [66..<285, 330..<500])
        #expect(looks.unheard(text, in: [0..<100, 290..<360], atLeast: 60).isEmpty)
        #expect(looks.unheard(text, in: [0..<100, 200..<262], atLeast: 60) == [200..<262])
        let two = [100..<145, 200..<245]
        #expect(looks.unheard(text, in: two, atLeast: 60) == two)
    }
}

@Suite struct SoundNotesTests {
    @Test(
        "what whisper writes for sounds is no speech",
        arguments: ["[Music]", " (wind)", "♪♪", "", "[BLANK_AUDIO]", "(upbeat music)", "*coughs*."])
    func all(text: String) { #expect(SoundNotes.isAll(text)) }

    @Test(
        "only the bracketed parts go",
        arguments: [
            ("[Music] Good morning. [Applause]", "Good morning."),
            ("(door opens) Come in. (laughs)", "Come in."),
            ("It was (I think) Monday.", "It was (I think) Monday."),
            ("(and so I told him all)", "(and so I told him all)"),
            ("♪ Row your boat ♪", "Row your boat"), ("[inaudible] and so on", "and so on"),
        ])
    func parts(text: String, expected: String) {
        let words = text.split(separator: " ").map(String.init)
        let kept = zip(words, SoundNotes.marks(words)).filter { !$0.1 }.map(\.0)
        #expect(kept.joined(separator: " ") == expected)
    }
}

@Suite struct PieceJoinTests {
    private func words(_ text: String, from start: Int, each: Int = 8_000) -> [PieceJoin.Word] {
        text.split(separator: " ").enumerated().map { index, word in
            let place = start + index * each
            return PieceJoin.Word(text: String(word), range: place..<place + each)
        }
    }

    @Test("what both pieces have is told once, and what the cut spoilt not at all")
    func common() {
        let one = words("we came to the old mill and the wat", from: 0)
        let next = words("hand the water was high", from: 48_000)
        let (kept, dropped) = PieceJoin.parts(one, next, at: 60_000)
        #expect(
            (one.prefix(kept) + next.dropFirst(dropped)).map(\.text).joined(separator: " ")
                == "we came to the old mill and the water was high")
    }

    @Test("the same word at another time is another word")
    func otherTime() {
        let one = words("no no no", from: 0, each: 16_000)
        let next = words("no we will not", from: 80_000)
        let (kept, dropped) = PieceJoin.parts(one, next, at: 64_000)
        #expect(kept == 3 && dropped == 0)
    }

    @Test("pieces without a common word each have their side of the cut")
    func sides() {
        let one = words("alpha bravo charlie delta", from: 0)
        let next = words("x echo foxtrot", from: 20_000)
        let (kept, dropped) = PieceJoin.parts(one, next, at: 24_500)
        #expect(kept == 3 && dropped == 1)
        let (none, all) = PieceJoin.parts([], next, at: 24_500)
        #expect(none == 0 && all == 1)
    }

    @Test("a word beyond the cut that the other piece passed over stays")
    func passedOver() {
        let one = words("at the acoustic corpus", from: 0)
        let late = words("and also", from: 33_000)
        let (kept, none) = PieceJoin.parts(one, late, at: 26_000)
        #expect(kept == 4 && none == 0)
        let early = words("many different words", from: 0)
        let next = words("I think so", from: 24_500, each: 2_000)
        let (all, dropped) = PieceJoin.parts(early, next, at: 26_000)
        #expect(all == 3 && dropped == 0)
    }

    @Test(
        "a full stop before a small letter goes, an abbreviation's stays",
        arguments: [
            ("mill.", "and", "mill"), ("mill.", "And", "mill."), ("e.g.", "when", "e.g."),
            ("well...", "then", "well..."), ("mill.", nil, "mill."),
        ])
    func stops(word: String, next: String?, expected: String) {
        #expect(PieceJoin.unended(word, before: next) == expected)
    }
}

@Suite struct LevelControlTests {
    private func tone(decibels: Double, seconds: Double) -> [Float] {
        let peak = Float(pow10(decibels / 20))
        return (0..<Int(bounded: seconds * 16_000)).map { $0 % 40 < 20 ? peak : -peak }
    }

    private func pow10(_ exponent: Double) -> Double {
        var (value, rest) = (1.0, exponent)
        while rest <= -1 { (value, rest) = (value / 10, rest + 1) }
        let steps = 1_000
        for _ in 0..<steps { value *= 1 + rest * 2.302_585_093 / Double(steps) }
        return value
    }

    private func leveled(_ samples: [Float]) -> [Float] {
        var (samples, control) = (samples, LevelControl())
        control.apply(to: &samples)
        return samples
    }

    @Test("what is loud enough stays as it is, sample for sample", arguments: [0.0, -10, -27])
    func loud(decibels: Double) {
        let samples = tone(decibels: decibels, seconds: 3)
        #expect(leveled(samples) == samples)
    }

    @Test("quiet sound is made as loud as is wanted", arguments: [-40.0, -50, -70, -80])
    func quiet(decibels: Double) {
        let peak = leveled(tone(decibels: decibels, seconds: 3)).map(\.magnitude).max() ?? 0
        #expect(abs(peak - 0.0398) < 0.004, "\(peak)")
    }

    @Test("silence stays silence, and a click in quiet speech does not hide it")
    func click() {
        #expect(leveled([Float](repeating: 0, count: 50_000)).allSatisfy { $0 == 0 })
        var samples = tone(decibels: -50, seconds: 6)
        for index in 20_000..<20_400 { samples[index] *= 200 }
        let made = leveled(samples)
        #expect(made.allSatisfy { $0.magnitude <= 1 })
        #expect(made[40_000].magnitude > 0.02)
    }

    @Test("the result is the same however the sound comes")
    func steps() {
        let samples =
            tone(decibels: -45, seconds: 2) + tone(decibels: -20, seconds: 2)
            + tone(decibels: -60, seconds: 9)
        var (parts, control) = ([Float](), LevelControl())
        for start in stride(from: 0, to: samples.count, by: LevelControl.stepSamples) {
            var part = Array(samples[start..<min(samples.count, start + LevelControl.stepSamples)])
            control.apply(to: &part)
            parts += part
        }
        #expect(parts == leveled(samples))
    }

    @Test("a far speaker after a near one is made louder after some seconds")
    func farSpeaker() {
        let made = leveled(tone(decibels: -15, seconds: 3) + tone(decibels: -50, seconds: 30))
        #expect(made[60_000].magnitude < 0.004)
        #expect(made[made.count - 1].magnitude > 0.02)
    }
}
