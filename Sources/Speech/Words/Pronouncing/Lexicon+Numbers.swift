/// Readings of digits: cardinals, ordinals, years, decimals and sums of money.
extension Lexicon {
    static let currencies: [Unicode.Scalar: (unit: String, hundredth: String)] = [
        "$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"),
    ]
    private static let endings = ["ing", "'d", "ed", "'s", "st", "nd", "rd", "th", "s"]
    private static let ordinals: Set<String> = ["st", "nd", "rd", "th"]

    /// Whether a word is digits with separators and perhaps an ending, as in "1,200th".
    static func isNumber(_ word: String, isHead: Bool) -> Bool {
        guard word.unicodeScalars.contains(where: \.isDigit) else { return false }
        var body = word
        if let ending = endings.first(where: word.hasSuffix) {
            body = String(word.dropLast(ending.count))
        }
        for (index, scalar) in body.unicodeScalars.enumerated() {
            let isSign = isHead && index == 0 && scalar == "-"
            guard scalar.isDigit || scalar == "," || scalar == "." || isSign else { return false }
        }
        return true
    }

    /// The reading of a number.
    /// - isHead: the number begins a word; inside one ("B2", "A380") it is read in another way.
    func number(_ text: String, currency: Unicode.Scalar?, isHead: Bool) -> String? {
        var digits = text.scalars
        var ending = ""
        if let last = digits.lastIndex(where: { !($0.value >= 97 && $0.value <= 122) && $0 != "'" })
        {
            ending = String(digits[(last + 1)...])
            digits = Array(digits[...last])
        }
        var words = NumberReading(self)
        if digits.first == "-" {
            words.say("minus")
            digits.removeFirst()
        }
        words.read(
            digits, ending: ending, isOrdinal: Lexicon.ordinals.contains(ending),
            currency: currency, isHead: isHead)
        guard !words.readings.isEmpty else { return nil }
        let reading = words.readings.joined(separator: " ")
        switch ending {
        case "s", "'s": return Lexicon.plural(reading)
        case "ed", "'d": return Lexicon.past(reading)
        case "ing": return Lexicon.progressive(reading)
        default: return reading
        }
    }

    /// Adds the name of a currency to a reading that is no sum of its own.
    func withCurrency(_ reading: String, _ currency: Unicode.Scalar?) -> String {
        guard let currency, let names = Lexicon.currencies[currency],
            let name = withS(names.unit + "s", tag: nil, level: nil, nil)
        else { return reading }
        return reading + " " + name
    }
}

/// Collects the words of one number.
private struct NumberReading {
    private let lexicon: Lexicon
    private(set) var readings: [String] = []

    init(_ lexicon: Lexicon) { self.lexicon = lexicon }

    mutating func say(_ word: String, level: Double? = nil) {
        if let reading = lexicon.lookup(word, tag: nil, level: level, nil) {
            readings.append(reading)
        }
    }

    /// Words of `NumberWords`; "and" is left out, "point" is unstressed.
    mutating func spell(_ words: String) {
        for word in words.split(whereSeparator: { !($0 >= "a" && $0 <= "z") }) where word != "and" {
            say(String(word), level: word == "point" ? -2 : nil)
        }
    }

    mutating func spell(_ number: ArraySlice<Unicode.Scalar>) {
        if number.count > NumberWords.digitsMax { return spellEach(number) }
        spell(NumberWords.cardinal(number.reduce(0) { $0 * 10 + $1.digit }))
    }

    mutating func spellEach(_ digits: ArraySlice<Unicode.Scalar>) {
        for digit in digits where digit.isDigit { spell(NumberWords.ones[digit.digit]) }
    }

    mutating func read(
        _ digits: Scalars, ending: String, isOrdinal: Bool, currency: Unicode.Scalar?, isHead: Bool
    ) {
        let isPlain = !digits.isEmpty && digits.allSatisfy(\.isDigit)
        let bare = digits.filter { $0 != "," }
        let dots = digits.count { $0 == "." }
        if bare.count(where: { $0.isDigit }) > NumberWords.digitsMax {
            spellEach(bare[...])
        } else if isPlain && isOrdinal {
            spell(NumberWords.ordinal(digits.integer(0..<digits.count)))
        } else if isPlain && readings.isEmpty && digits.count == 4 && currency == nil {
            spell(NumberWords.year(digits.integer(0..<4)))
        } else if !isHead && dots == 0 {
            inside(bare[...])
        } else if dots > 1 || !isHead {
            version(bare)
        } else if let currency, let names = Lexicon.currencies[currency], isSum(digits) {
            sum(bare, names)
        } else if dots == 0 {
            let value = bare.integer(0..<bare.count)
            spell(isOrdinal ? NumberWords.ordinal(value) : NumberWords.cardinal(value))
        } else {
            decimal(bare)
        }
    }

    private mutating func decimal(_ bare: Scalars) {
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : []
        if parts[0].isEmpty {
            say("point", level: -2)
            return spellEach(fraction)
        }
        let whole = parts[0].reduce(0) { $0 * 10 + $1.digit }
        spell(NumberWords.decimal(whole: whole, fraction: fraction))
    }

    /// Inside a word: "747" is "seven forty-seven", "707" is "seven oh seven".
    private mutating func inside(_ digits: ArraySlice<Unicode.Scalar>) {
        guard let first = digits.first else { return }
        if first == "0" || digits.count > 3 { return spellEach(digits) }
        guard digits.count == 3, !digits.dropFirst().allSatisfy({ $0 == "0" }) else {
            return spell(digits)
        }
        spell(digits.prefix(1))
        if digits[digits.startIndex + 1] == "0" {
            say("O", level: -2)
            spell(digits.suffix(1))
        } else {
            spell(digits.suffix(2))
        }
    }

    /// Groups between dots, as in "1.2.3" or "192.168.0.1".
    private mutating func version(_ bare: Scalars) {
        for group in bare.split(separator: ".") {
            if group.first == "0" || (group.count != 2 && group.dropFirst().contains { $0 != "0" })
            {
                spellEach(group)
            } else {
                spell(group)
            }
        }
    }

    /// Whether an amount has at most two digits of hundredths, so that they are a coin's.
    private func isSum(_ digits: Scalars) -> Bool {
        guard let dot = digits.firstIndex(of: ".") else { return true }
        return digits.count - dot - 1 < 3
    }

    private mutating func sum(_ bare: Scalars, _ names: (unit: String, hundredth: String)) {
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        func value(_ index: Int) -> Int {
            index < parts.count ? parts[index].reduce(0) { $0 * 10 + $1.digit } : 0
        }
        // "$1.5" is a dollar and fifty cents.
        let tenths = parts.count > 1 && parts[1].count == 1 ? 10 : 1
        var pairs = [(value(0), names.unit), (value(1) * tenths, names.hundredth)]
        if pairs[1].0 == 0 { pairs.removeLast() } else if pairs[0].0 == 0 { pairs.removeFirst() }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { say("and") }
            spell(NumberWords.cardinal(pair.0))
            if pair.0 != 1, pair.1 != "pence" {
                let name = lexicon.withS(pair.1 + "s", tag: nil, level: nil, nil)
                if let name { readings.append(name) }
            } else {
                say(pair.1)
            }
        }
    }
}
