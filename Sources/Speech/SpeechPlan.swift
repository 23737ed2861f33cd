import EngineAPI

/// The clauses of one order, one after the other; a sentence is read when its turn comes.
struct SpeechPlan {
    /// The speech's own.
    private let reader: any TextFrontend
    /// Those of the voices that passages name.
    private var readers: [String: any TextFrontend] = [:]
    private var script = SpeechScript()
    /// Semitones that the request asks for.
    private let pitch: Double
    /// Index of the passage that the cutter cuts, or of the next.
    private var passage = 0
    private var cutter: SentenceSplitter?
    private var ready: [Clause] = []
    /// The first clause of the speech is kept short.
    var isFirst = true
    /// More text follows that is not there yet: the end is what its last mark says.
    var isPart = false
    /// Silence that was asked for where no clause was before it.
    private var leadSeconds = 0.0

    /// One voice's, without a lexicon.
    /// - Throws: `.scriptUnsupported`, `.markupBroken`.
    init(_ request: SpeechRequest, reader: any TextFrontend) throws(EngineError) {
        try self.init(request, cast: .only(reader))
    }

    /// - siteLexicon: pronunciations for every speech; those of the order come before them.
    /// - language: of a voice, for pronunciations that are meant for one.
    /// - Throws: `.scriptUnsupported`, `.markupBroken`, `.pronunciationUnknown`, and what reading a
    ///   respelling throws.
    init(
        _ request: SpeechRequest, cast: VoiceCast, siteLexicon: [Pronunciation] = [],
        language: (_ voice: String?) -> String = { _ in "en" }
    ) throws(EngineError) {
        reader = cast.own.reader
        pitch = request.pitch
        if request.isPhonemes {
            if reader.signs(ipa: "a").isEmpty {
                script.notes.insert(.phonemesPassedOver(alphabet: "ipa"))
            }
            ready = given(request.text)
            sing(&ready, Melody(), in: 0...1)
            return
        }
        let text = request.text.scalars
        if SSMLReader.isSSML(text) {
            script = try SSMLReader.script(text, cast: cast)
        } else {
            let lines = LineBreaks.settled(text)
            script.passages = [Passage(text: try reader.cleaner.cleaned(lines))]
        }
        leadSeconds = script.leadSeconds
        for id in Set(script.passages.compactMap(\.voice)) { readers[id] = try cast.reader(id) }
        try pronounce(request.lexicon, siteLexicon, language)
    }

    /// What of the text's markup is done otherwise than it asks for.
    var notes: Set<SpeechNote> { script.notes }

    private func reader(of passage: Passage) -> any TextFrontend {
        passage.voice.flatMap { readers[$0] } ?? reader
    }

    /// Marks the words that have pronunciations of their own.
    private mutating func pronounce(
        _ lexicon: [String: String], _ siteLexicon: [Pronunciation],
        _ language: (_ voice: String?) -> String
    ) throws(EngineError) {
        let requested = lexicon.sorted { $0.key < $1.key }.map { Pronunciation($0.key, $0.value) }
        var pronouncers: [String?: Pronouncer] = [:]
        for one in requested {
            guard case .ipa(let ipa) = one.reading, reader.unknownSigns(ipa: ipa).isEmpty,
                reader.signs(ipa: ipa).isEmpty
            else { continue }
            script.notes.insert(.phonemesPassedOver(alphabet: "ipa"))
        }
        for at in script.passages.indices {
            let voice = script.passages[at].voice
            if pronouncers[voice] == nil {
                let spoken = language(voice)
                pronouncers[voice] = try Pronouncer(
                    requested
                        + siteLexicon.filter {
                            $0.language.map { LanguageTag.isSame($0, spoken) } ?? true
                        },
                    requested: requested.count, reader: reader(of: script.passages[at]))
            }
            let text = script.passages[at].text
            let marked = try pronouncers[voice]?.marked(text, spans: &script.spans)
            script.passages[at].text = marked ?? text
        }
    }

    /// Whether the text has letters that the reader passes over.
    static func leavesOut(_ request: SpeechRequest, reader: any TextFrontend) -> Bool {
        if request.isPhonemes || !reader.cleaner.leavesLettersOut { return false }
        return request.text.unicodeScalars.contains {
            $0.value >= 0x370 && $0.isLetter && !ScriptDetector.isReadable($0)
                && !ScriptDetector.isGuessable($0)
        }
    }

    /// Whether another pitch than the voice's own is asked for anywhere.
    var changesPitch: Bool { pitch != 0 || script.passages.contains { $0.melody != Melody() } }

    /// Whether text is left, though perhaps none that can be spoken.
    var hasMore: Bool {
        if !ready.isEmpty || cutter?.hasMore ?? false { return true }
        return script.passages.dropFirst(cutter == nil ? passage : passage + 1).contains {
            $0.text.contains { !$0.isSpace }
        }
    }

    /// - Throws: what the network of unknown words throws.
    mutating func next() throws(EngineError) -> Clause? {
        while ready.isEmpty, passage < script.passages.count { try readSentence() }
        if ready.isEmpty { return nil }
        isFirst = false
        var clause = ready.removeFirst()
        clause.leadSeconds = leadSeconds
        leadSeconds = 0
        return clause
    }

    /// Reads the next sentence of the passage, or goes on to the next passage.
    private mutating func readSentence() throws(EngineError) {
        let current = script.passages[passage]
        let isLastPassage = passage + 1 == script.passages.count
        let reader = reader(of: current)
        var cutter = self.cutter ?? SentenceSplitter(current.text, rules: reader.rules)
        let start = cutter.place
        let sentence = cutter.next()
        let part = start...max(start, cutter.place)
        self.cutter = cutter
        let isEnd = !cutter.hasMore
        var clauses: [Clause] = []
        if let sentence {
            var words = try reader.words(sentence.text, spans: script.spans).map {
                spoken($0, reader)
            }
            SentenceTunes.settle(&words, isOpen: sentence.end == .line)
            Brackets.part(&words)
            let isInner = isEnd && (!isLastPassage || isPart)
            let end = isInner ? SpeechPlan.end(current.text) : sentence.end
            clauses = reader.clauses(words, end: end, isFirst: isFirst)
        }
        for at in clauses.indices {
            (clauses[at].rate, clauses[at].decibels) = (current.rate, current.decibels)
            clauses[at].voice = current.voice
        }
        if !isEnd, let seconds = current.sentenceSeconds, !clauses.isEmpty {
            clauses[clauses.count - 1].pauseSeconds = seconds
        }
        sing(&clauses, current.melody, in: part)
        if isEnd {
            passage += 1
            self.cutter = nil
            if clauses.isEmpty {
                leadSeconds += current.pauseSeconds ?? 0
            } else {
                clauses[clauses.count - 1].pauseSeconds = current.pauseSeconds
            }
        }
        ready = clauses
    }

    /// Gives each clause its melody and its part of the contour: its part of the sentence's.
    private func sing(
        _ clauses: inout [Clause], _ melody: Melody, in part: ClosedRange<Double>
    ) {
        var melody = melody
        let bound = PitchScale.semitonesMax
        melody.semitones = min(max(melody.semitones + pitch, -bound), bound)
        let total = Double(max(1, clauses.reduce(0) { $0 + $1.phonemes.count }))
        var here = part.lowerBound
        for at in clauses.indices {
            let share = Double(clauses[at].phonemes.count) / total
            let end = min(
                here + (part.upperBound - part.lowerBound) * share, part.upperBound)
            melody.part = here...max(here, end)
            clauses[at].melody = melody
            here = max(here, end)
        }
    }

    /// How a passage ends that another follows: as its last mark says.
    private static func end(_ text: Scalars) -> BreakKind {
        var rest = text[...]
        while let last = rest.last, last.isSpace || isClosing(last) {
            if last == "\n" { return .paragraph }
            rest.removeLast()
        }
        guard let last = rest.last else { return .none }
        if ".!?…".unicodeScalars.contains(last) { return .sentence }
        return ",;:—".unicodeScalars.contains(last) ? .clause : .none
    }

    private static func isClosing(_ scalar: Unicode.Scalar) -> Bool {
        "\"”’)]'".unicodeScalars.contains(scalar)
            || (ScriptMark.isMark(scalar) && scalar.value < ScriptMark.firstSpan)
    }

    /// The word without symbols that the network does not know.
    private func spoken(_ word: ReadWord, _ reader: any TextFrontend) -> ReadWord {
        let isPlain = word.phonemes.unicodeScalars.allSatisfy { reader.knows($0) }
        if isPlain { return word }
        let known = word.phonemes.unicodeScalars.filter { reader.knows($0) }
        return ReadWord(
            text: word.text, phonemes: String(known), hasSpace: word.hasSpace,
            emphasis: word.emphasis, tune: word.tune)
    }

    /// Phonemes that are given: each line is a paragraph, spaces part words.
    private func given(_ text: String) -> [Clause] {
        var clauses: [Clause] = []
        for line in text.scalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
            var words = line.split(whereSeparator: \.isSpace).map {
                spoken(ReadWord(text: String($0), phonemes: String($0), hasSpace: true), reader)
            }
            // Which words ask is not to be seen in phonemes.
            if !line.contains("?") { SentenceTunes.settle(&words) }
            clauses += reader.clauses(words, end: .paragraph, isFirst: clauses.isEmpty)
        }
        return clauses
    }
}
