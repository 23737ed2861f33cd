/// Times, dates and money of German, French, Spanish and Italian in words and numbers that
/// espeak-ng, which reads them sign by sign, says as people do.
struct SpokenForms: Sendable {
    private let words: LanguageWords

    /// nil for a language of which no forms are known.
    init?(language: String) {
        guard let words = LanguageWords.all[language] else { return nil }
        self.words = words
    }

    /// One word of a text with the marks around it.
    private struct Piece {
        var before: String
        var core: String
        var after: String
        var text: String { before + core + after }
    }

    private static let opening = Set("([{\"'«„“‚¿¡".unicodeScalars)
    private static let closing = Set(".,;:!?…)]}\"'»”’".unicodeScalars)

    private static func piece(_ text: Scalars) -> Piece {
        var (start, end) = (0, text.count)
        while start < end, opening.contains(text[start]) { start += 1 }
        while end > start, closing.contains(text[end - 1]) { end -= 1 }
        return Piece(
            before: text.text(0..<start), core: text.text(start..<end),
            after: text.text(end..<text.count))
    }

    /// The text with those forms spelt out; what is none of them stays as it is.
    func normalized(_ text: Scalars) -> Scalars {
        guard text.contains(where: \.isDigit) else { return text }
        var pieces = text.split(whereSeparator: \.isSpace).map { SpokenForms.piece(Array($0)) }
        let (leads, trails) = (text.first?.isSpace ?? false, text.last?.isSpace ?? false)
        var at = 0
        while at < pieces.count {
            if pieces[at].core.unicodeScalars.contains(where: \.isDigit) {
                _ = money(&pieces, at) || date(&pieces, at) || time(&pieces, at)
            }
            at += 1
        }
        let said = pieces.map(\.text).filter { !$0.isEmpty }.joined(separator: " ")
        return ((leads ? " " : "") + said + (trails ? " " : "")).scalars
    }

    private func core(_ pieces: [Piece], _ at: Int) -> String {
        pieces.indices.contains(at) ? pieces[at].core : ""
    }

    /// The next piece becomes part of this one.
    private func take(_ pieces: inout [Piece], _ at: Int) {
        pieces[at].after = pieces[at + 1].after
        pieces.remove(at: at + 1)
    }

    // MARK: money

    /// "12,50 €", "€12,50", "12.50 EUR", "3 Mio. €".
    private func money(_ pieces: inout [Piece], _ at: Int) -> Bool {
        var core = pieces[at].core
        var currency: String?
        for sign in words.currencies.keys.sorted(by: >) {
            if core.hasPrefix(sign), core.count > sign.count {
                core = String(core.dropFirst(sign.count))
                currency = sign
            } else if core.hasSuffix(sign), core.count > sign.count {
                core = String(core.dropLast(sign.count))
                currency = sign
            }
            if currency != nil { break }
        }
        if currency == nil, at > 0, words.currencies[self.core(pieces, at - 1)] != nil,
            pieces[at - 1].after.isEmpty, Amount(core) != nil
        {
            currency = self.core(pieces, at - 1)
            pieces[at - 1].core = ""
        }
        let next = self.core(pieces, at + 1)
        var scale: String?
        if let word = words.scales[next] {
            if let currency {
                return spelt(&pieces, at, core, scale: word, currency, taking: 1)
            }
            if words.currencies[self.core(pieces, at + 2)] != nil {
                scale = word
                currency = self.core(pieces, at + 2)
            }
            guard let scale, let currency else { return false }
            return spelt(&pieces, at, core, scale: scale, currency, taking: 2)
        }
        if let currency { return spelt(&pieces, at, core, scale: nil, currency, taking: 0) }
        guard words.currencies[next] != nil, pieces[at].after.isEmpty else { return false }
        return spelt(&pieces, at, core, scale: nil, next, taking: 1)
    }

    private func spelt(
        _ pieces: inout [Piece], _ at: Int, _ number: String, scale: String?, _ sign: String,
        taking count: Int
    ) -> Bool {
        guard let amount = Amount(number), let currency = words.currencies[sign] else {
            return false
        }
        for _ in 0..<count where at + 1 < pieces.count { take(&pieces, at) }
        if let scale {
            let joint = words.scaleJoint.isEmpty ? " " : " " + words.scaleJoint + " "
            pieces[at].core = number + " " + scale + joint + currency.many
            return true
        }
        let whole =
            amount.whole == "1"
            ? words.one(currency.isFeminine) + " " + currency.one
            : amount.whole + " " + currency.many
        switch (amount.whole, amount.cents) {
        case (_, nil), (_, 0): pieces[at].core = whole
        case ("0", let cents?):
            pieces[at].core = "\(cents) " + (cents == 1 ? currency.cent : currency.cents)
        case (_, let cents?): pieces[at].core = whole + " " + words.centJoint + "\(cents)"
        }
        return true
    }

    /// Digits of a sum: the last separator with two digits behind it parts the cents off, others
    /// group thousands.
    struct Amount: Equatable {
        let whole: String
        let cents: Int?

        /// nil for what is no sum.
        init?(_ text: String) {
            let scalars = text.scalars
            guard scalars.first?.isDigit ?? false, scalars.last?.isDigit ?? false,
                scalars.count <= 20,
                scalars.allSatisfy({
                    $0.isDigit || ".,'’\u{A0}\u{202F}".unicodeScalars.contains($0)
                })
            else { return nil }
            let groups = scalars.split(omittingEmptySubsequences: false) { !$0.isDigit }
            var whole = groups
            cents =
                groups.count > 1 && groups[groups.count - 1].count == 2
                ? Int(String(Scalars(whole.removeLast()))) : nil
            guard whole.dropFirst().allSatisfy({ $0.count == 3 }), whole[0].count <= 15 else {
                return nil
            }
            self.whole =
                String(whole.joined().drop { $0 == "0" })
                    .isEmpty ? "0" : String(whole.joined().drop { $0 == "0" })
        }
    }

    // MARK: dates

    /// "3.4.2024", "3/4/2024", "2024-04-03", and German's "3. April" and "am 3.4.".
    private func date(_ pieces: inout [Piece], _ at: Int) -> Bool {
        let before = core(pieces, at - 1).lowercased()
        let fields = pieces[at].core.scalars.split(omittingEmptySubsequences: false) {
            "./-".unicodeScalars.contains($0)
        }.map { Array($0) }
        guard fields.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(\.isDigit) }) else {
            return false
        }
        let numbers = fields.map { $0.integer(0..<$0.count) }
        if numbers.count == 3 {
            let isISO = fields[0].count == 4 && pieces[at].core.contains("-")
            let (day, month, year) =
                isISO
                ? (numbers[2], numbers[1], numbers[0]) : (numbers[0], numbers[1], numbers[2])
            let yearText = isISO ? fields[0] : fields[2]
            guard (1...31).contains(day), (1...12).contains(month),
                yearText.count == 4 || yearText.count == 2 && !isISO
            else { return false }
            pieces[at].core = words.date(
                day, month, yearText.count == 2 ? String(yearText) : String(year), before: before)
            return true
        }
        guard words.ordinalDots, pieces[at].after.hasPrefix(".") else { return false }
        if numbers.count == 1, (1...31).contains(numbers[0]),
            words.months.contains(core(pieces, at + 1)), pieces[at].after == "."
        {
            pieces[at].core = words.day(numbers[0], before: before)
            pieces[at].after = ""
            return true
        }
        if numbers.count == 2, words.dayPrepositions.contains(before),
            (1...31).contains(numbers[0]), (1...12).contains(numbers[1])
        {
            pieces[at].core = words.date(numbers[0], numbers[1], nil, before: before)
            pieces[at].after.removeFirst()
            return true
        }
        return false
    }

    // MARK: times

    /// "14:30", "14h30", "14 h 30", "14.30 Uhr".
    private func time(_ pieces: inout [Piece], _ at: Int) -> Bool {
        let lower = pieces[at].core.lowercased()
        let isNamed = words.hourNames.contains(core(pieces, at + 1).lowercased())
        var marks: Set<Character> = [":"]
        if isNamed { marks.insert(".") }
        if words.hourMark { marks.insert("h") }
        let fields = lower.split(omittingEmptySubsequences: false) { marks.contains($0) }
        guard fields.count == 2, (1...2).contains(fields[0].count),
            fields[1].count == 2 || fields[1].isEmpty && lower.hasSuffix("h"),
            let hour = Int(fields[0]), let minute = fields[1].isEmpty ? 0 : Int(fields[1]),
            (0...24).contains(hour), (0...59).contains(minute)
        else { return false }
        if isNamed, pieces[at].after.isEmpty { take(&pieces, at) }
        pieces[at].core = words.time(hour, minute)
        return true
    }
}
