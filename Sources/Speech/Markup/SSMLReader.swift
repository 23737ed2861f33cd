import EngineAPI

/// SSML 1.1 → a script: speak, p, s, break, say-as, sub, phoneme, emphasis, w, voice, lang, and
/// prosody. Other elements are passed over and their text is spoken, but for
/// those whose content is no speech; what is passed over is noted.
struct SSMLReader {
    /// Elements inside one another.
    static let depthMax = 32
    /// One pause, and all pauses of a text together, in seconds.
    static let pauseMaxSeconds = 20.0
    static let pausesMaxSeconds = 300.0

    /// What an element changes until it ends.
    private struct Frame {
        let name: String
        var rate: Double
        var decibels: Double
        var melody: Melody
        var emphasis: Unicode.Scalar?
        /// Its text is kept for what the element makes of it.
        var reading: Reading?
        var isSilent = false
        var voice: PassageVoice
        /// Silence between sentences.
        var sentenceSeconds: Double?

        /// Whether it is spoken in another way than what is around it.
        func differs(from outer: Frame?) -> Bool {
            rate != outer?.rate ?? 1 || decibels != outer?.decibels ?? 0
                || melody != outer?.melody ?? Melody()
        }
    }

    private enum Reading {
        case sayAs(kind: String, format: String)
        case alias(String)
        /// In the voice's signs.
        case phonemes(String)
        case role(String)
    }

    private var scanner: MarkupScanner
    private let cast: VoiceCast
    /// "ssml:" where the root's name has it.
    private var prefix = ""
    /// Voices of the text; more than these are not found.
    private var voices: [String: PassageVoice] = [:]
    private static let voicesMax = 8
    /// Of `mstts:silence`: behind the end.
    var tailSeconds = 0.0
    private var census = ScriptDetector()
    private var script = SpeechScript()
    private var frames: [Frame] = []
    private var open = Passage(text: [])
    /// The text of the innermost element with a reading.
    private var kept: Scalars = []
    private var pauses = 0.0
    private var isClosed = false

    /// Whether a text is meant as SSML: its first element is "speak".
    static func isSSML(_ text: Scalars) -> Bool {
        var at = 0
        while at < text.count {
            while let scalar = text.at(at), scalar.isSpace || scalar == "\u{FEFF}" { at += 1 }
            guard text.at(at) == "<" else { return false }
            if let end = rootEnd(text, at + 1) {
                return text.at(end).map { $0.isSpace || $0 == ">" || $0 == "/" } ?? false
            }
            guard text.has("<?", at) || text.has("<!", at) else { return false }
            if text.has("<!DOCTYPE speak", at) { return true }
            let literal = text.has("<!--", at) ? "-->" : ">"
            while at < text.count, !text.has(literal, at) { at += 1 }
            at += literal.unicodeScalars.count
        }
        return false
    }

    /// Where the name of the root, perhaps with a prefix, ends.
    private static func rootEnd(_ text: Scalars, _ start: Int) -> Int? {
        var at = start
        while let scalar = text.at(at), scalar.isASCIILetter || scalar.isDigit, at - start < 16 {
            at += 1
        }
        if text.at(at) == ":", at > start {
            return text.has("speak", at + 1) ? at + 6 : nil
        }
        return text.has("speak", start) && at == start + 5 ? at : nil
    }

    /// - Throws: `.markupBroken`, `.scriptUnsupported`.
    static func script(_ text: Scalars, cast: VoiceCast) throws(EngineError) -> SpeechScript {
        var start = 0
        while let scalar = text.at(start), scalar.isSpace || scalar == "\u{FEFF}" { start += 1 }
        var reader = SSMLReader(scanner: MarkupScanner(text, at: start), cast: cast)
        try reader.read()
        return reader.script
    }

    private init(scanner: MarkupScanner, cast: VoiceCast) {
        self.scanner = scanner
        self.cast = cast
    }

    private var reader: any TextFrontend { (frames.last?.voice ?? cast.own).reader }
    private var cleaner: TextCleaner { reader.cleaner }

    func fault(_ fault: EngineError.MarkupFault, at place: Int) -> EngineError {
        scanner.fault(fault, at: place)
    }

    var notes: Set<SpeechNote> {
        get { script.notes }
        set { script.notes = newValue }
    }

    private mutating func read() throws(EngineError) {
        while true {
            let place = scanner.at
            guard let event = try scanner.next() else { break }
            switch event {
            case .text(let text):
                if !frames.isEmpty {
                    take(text)
                } else if text.contains(where: { !$0.isSpace }) {
                    throw scanner.fault(.strayText, at: place)
                }
            case .start(let name, let attributes, let isEmpty):
                if isClosed { throw scanner.fault(.strayText, at: place) }
                guard frames.count < SSMLReader.depthMax else {
                    throw scanner.fault(.tooDeep, at: place)
                }
                try begin(name, attributes, at: place)
                if isEmpty { try end(at: place) }
            case .end(let name):
                guard frames.last?.name == local(name) else {
                    throw scanner.fault(.mismatched, at: place)
                }
                try end(at: place)
            }
        }
        if !frames.isEmpty || !isClosed { throw scanner.fault(.unclosed) }
        flush(pause: tailSeconds > 0 ? tailSeconds : nil)
        if let name = census.unreadable { throw .scriptUnsupported(name: name) }
    }

    // MARK: text

    private mutating func take(_ text: Scalars) {
        guard let frame = frames.last, !frame.isSilent else { return }
        if frames.contains(where: { $0.reading != nil }) {
            kept += text
        } else {
            append(text)
        }
    }

    /// Clean text of one line: a line's end in XML is only a space.
    private mutating func append(_ text: Scalars) {
        var line = cleaner.clean(text, &census).map { $0.isSpace ? " " : $0 }[...]
        // What ends a sentence belongs to the words before an element's end.
        if open.text.isEmpty, let last = script.passages.indices.last,
            script.passages[last].pauseSeconds == nil
        {
            let marks = line.prefix { ".,;:!?…)”\"".unicodeScalars.contains($0) }
            script.passages[last].text += marks
            line = line.dropFirst(marks.count)
        }
        open.text += line
    }

    private mutating func append(_ span: ScriptSpan) {
        guard script.spans.count < ScriptMark.spansMax,
            let mark = ScriptMark.span(script.spans.count)
        else { return }
        script.spans.append(span)
        open.text.append(mark)
        // What is spoken counts as ours, whatever its letters.
        census.latin += 1
    }

    /// Ends the passage; its rate is that of the elements around it.
    private mutating func flush(pause: Double?) {
        let isBlank = open.text.allSatisfy {
            $0.isSpace || (ScriptMark.isMark($0) && $0.value < ScriptMark.firstSpan)
        }
        if !isBlank {
            open.pauseSeconds = pause
            script.passages.append(open)
        } else if let pause {
            if script.passages.isEmpty {
                script.leadSeconds += pause
            } else {
                let last = script.passages.count - 1
                script.passages[last].pauseSeconds =
                    (script.passages[last].pauseSeconds ?? 0) + pause
            }
        }
        open = Passage(
            text: [], rate: frames.last?.rate ?? 1, decibels: frames.last?.decibels ?? 0,
            melody: frames.last?.melody ?? Melody())
        (open.voice, open.sentenceSeconds) = (frames.last?.voice.id, frames.last?.sentenceSeconds)
        if let mark = frames.last?.emphasis { open.text.append(mark) }
    }

    // MARK: elements

    /// Elements whose content is no speech.
    private static let silent: Set<String> = [
        "metadata", "meta", "lexicon", "desc", "script", "style", "head", "title",
    ]
    private static let paragraphs: Set<String> = ["p", "paragraph", "div", "li", "br"]

    private mutating func begin(
        _ fullName: String, _ attributes: [String: String], at place: Int
    ) throws(EngineError) {
        if frames.isEmpty, fullName.hasSuffix(":speak") { prefix = String(fullName.dropLast(5)) }
        let name = local(fullName)
        if frames.isEmpty && name != "speak" { throw scanner.fault(.strayText, at: place) }
        let outer = frames.last
        var frame = Frame(
            name: name, rate: outer?.rate ?? 1, decibels: outer?.decibels ?? 0,
            melody: outer?.melody ?? Melody(), emphasis: outer?.emphasis,
            isSilent: outer?.isSilent ?? false || SSMLReader.silent.contains(name),
            voice: outer?.voice ?? cast.own, sentenceSeconds: outer?.sentenceSeconds)
        let isFree = !frame.isSilent && !frames.contains { $0.reading != nil }
        if !(outer?.isSilent ?? false) { tellUnknown(name) }
        switch name {
        case _ where !isFree: break
        case "voice", "lang", "speak":
            let isOurs = name != "speak" || !cast.isNamed && attributes["xml:lang"] != nil
            if isOurs { frame.voice = try voice(name, attributes, outer: frame.voice) }
            if frame.voice.id != (outer?.voice ?? cast.own).id {
                flush(pause: nil)
                open.voice = frame.voice.id
            }
        case "mstts:silence": try silence(attributes, at: place)
        case "w", "token":
            frame.reading = attributes["role"].flatMap(SSMLReader.role).map(Reading.role)
        case "break": try pause(attributes, at: place)
        case "prosody":
            guard let factor = SSMLValues.rate(attributes["rate"] ?? "medium"),
                let change = SSMLValues.decibels(attributes["volume"] ?? "default"),
                let melody = SSMLValues.melody(attributes, within: frame.melody)
            else { throw scanner.fault(.badValue, at: place) }
            frame.melody = melody
            frame.rate = min(max(frame.rate * factor, 0.25), 4)
            frame.decibels = min(
                max(frame.decibels + change, SSMLValues.silence), SSMLValues.decibelsMax)
            if frame.differs(from: outer) {
                flush(pause: nil)
                (open.rate, open.decibels, open.melody) = (
                    frame.rate, frame.decibels, frame.melody
                )
            }
        case "emphasis":
            guard let mark = SSMLValues.emphasis(attributes["level"] ?? "moderate") else {
                throw scanner.fault(.badValue, at: place)
            }
            frame.emphasis = mark
            open.text.append(mark)
        case "say-as":
            frame.reading = .sayAs(
                kind: attributes["interpret-as"] ?? "", format: attributes["format"] ?? "")
        case "sub": if let alias = attributes["alias"] { frame.reading = .alias(alias) }
        case "phoneme": frame.reading = phonemes(attributes, reader).map(Reading.phonemes)
        case _ where SSMLReader.paragraphs.contains(name): open.text.append("\n")
        default: break
        }
        if frame.reading != nil { kept = [] }
        frames.append(frame)
    }

    private mutating func end(at place: Int) throws(EngineError) {
        let frame = frames.removeLast()
        if let reading = frame.reading { say(reading) }
        if frame.isSilent || frames.contains(where: { $0.reading != nil }) {
            isClosed = frames.isEmpty
            return
        }
        switch frame.name {
        case "emphasis": open.text.append(frames.last?.emphasis ?? ScriptMark.plain)
        case "prosody":
            if frame.differs(from: frames.last) { flush(pause: nil) }
        case "voice", "lang":
            if frame.voice.id != (frames.last?.voice ?? cast.own).id { flush(pause: nil) }
        case "s", "sentence": flush(pause: ClauseTrim.pauseSeconds(.sentence, isLast: false))
        case _ where SSMLReader.paragraphs.contains(frame.name): open.text.append("\n")
        default: break
        }
        isClosed = frames.isEmpty
    }

    private mutating func pause(
        _ attributes: [String: String], at place: Int
    ) throws(EngineError) {
        let requested = SSMLValues.pause(time: attributes["time"], strength: attributes["strength"])
        guard let requested else { throw scanner.fault(.badValue, at: place) }
        try pause(requested, at: place, isTime: attributes["time"] != nil)
    }

    mutating func pause(
        _ seconds: Double, at place: Int, isTime: Bool = true
    ) throws(EngineError) {
        let seconds = try bounded(seconds, at: place)
        if isTime || seconds > 0 { flush(pause: seconds) }
    }

    /// A pause that is within the bounds of one and of all.
    mutating func bounded(_ seconds: Double, at place: Int) throws(EngineError) -> Double {
        pauses += seconds
        guard seconds <= SSMLReader.pauseMaxSeconds, pauses <= SSMLReader.pausesMaxSeconds else {
            throw scanner.fault(.badValue, at: place)
        }
        return seconds
    }

    static let naturalPause = ClauseTrim.pauseSeconds(.sentence, isLast: false)

    /// Silence between the sentences from here to the end of the element around.
    mutating func setSentencePause(_ seconds: Double, at place: Int) throws(EngineError) {
        let seconds = try bounded(seconds, at: place)
        flush(pause: nil)
        // The silence is an element of its own, empty: it is meant for the one around.
        if !frames.isEmpty { frames[frames.count - 1].sentenceSeconds = seconds }
        open.sentenceSeconds = seconds
    }

    var isBlankSoFar: Bool { script.passages.isEmpty && open.text.allSatisfy(\.isSpace) }

    private func local(_ name: String) -> String {
        !prefix.isEmpty && name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    /// The voice that fits a request, where there is one that is not the one around.
    mutating func choose(
        _ request: VoiceRequest, _ outer: PassageVoice
    ) throws(EngineError) -> PassageVoice? {
        guard let found = cast.find(request, outer.id) else { return nil }
        if let name = request.names.first, !found.isNamed { tell(.voiceMissing(name)) }
        guard found.id != outer.id else { return outer }
        guard let id = found.id else { return cast.own }
        if let known = voices[id] { return known }
        guard voices.count < SSMLReader.voicesMax, let reader = try cast.reader(id) else {
            return nil
        }
        let voice = PassageVoice(id: id, reader: reader)
        voices[id] = voice
        return voice
    }

    private mutating func say(_ reading: Reading) {
        switch reading {
        case .alias(let alias): append(alias.scalars)
        case .phonemes(let phonemes):
            let text = String(Normalizer.spaced(cleaner.clean(kept, &census)))
            append(.phonemes(phonemes, text: text.isEmpty ? phonemes : text))
        case .role(let role):
            append(.role(String(Normalizer.spaced(cleaner.clean(kept, &census)).trimmed()), role))
        case .sayAs(let kind, let format):
            let text = String(Normalizer.spaced(cleaner.clean(kept, &census)))
            guard let said = SayAs.said(text, as: kind, format: format) else {
                tell(.readingPassedOver(kind))
                return append(text.scalars)
            }
            switch said {
            case .words(let words): append(words.scalars)
            case .letters(let letters): append(.letters(letters))
            case .bleep(let words):
                open.text.append(ScriptMark.bleep)
                append(words.scalars)
                open.text.append(frames.last?.emphasis ?? ScriptMark.plain)
            }
        }
    }
}
