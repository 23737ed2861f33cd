/// Money, temperatures and measures.
extension Normalizer {
    /// Measures that the voice's own table lacks, by its kind of key.
    static let furtherUnits: [String: [String]] = [
        "um": ["meter", "meters"], "ug": ["gram", "grams"], "ul": ["liter", "liters"],
        "uL": ["liter", "liters"], "umL": ["milliliter", "milliliters"],
        "um/s": ["meter per second", "meters per second"], "uha": ["hectare", "hectares"],
        "utbsp": ["tablespoon", "tablespoons"], "utsp": ["teaspoon", "teaspoons"],
        "ugal": ["gallon", "gallons"], "uyrs": ["years", "years"], "uyr": ["year", "years"],
        "uhp": ["horsepower", "horsepower"], "urpm": ["R.P.M.", "R.P.M."],
        "ubpm": ["beats per minute", "beats per minute"], "udB": ["decibel", "decibels"],
        "uW": ["watt", "watts"], "uV": ["volt", "volts"], "ukcal": ["kilocalorie", "kilocalories"],
        "uGHz": ["gigahertz", "gigahertz"], "upsi": ["P.S.I.", "P.S.I."],
    ]

    /// "$20-$30", "€5–10 million": the currency is said once, at the end.
    func moneyRange(_ text: Scalars, _ at: Int) -> Reading? {
        guard Lexicon.currencies[text[at]] != nil, let first = text.numberEnd(at + 1),
            text.at(first) == "-" || text.at(first) == "–"
        else { return nil }
        let next = text.at(first + 1) == text[at] ? first + 2 : first + 1
        guard let second = text.numberEnd(next), let names = rules.pair("c" + String(text[at]))
        else { return nil }
        let (low, high) = (text.text(at + 1..<first), text.text(next..<second))
        if let (word, stop) = scale(text, second) {
            return Reading(end: stop, words: "\(low) to \(high) \(word) \(names[1])")
        }
        guard !(text.at(second)?.isWordPart ?? false) else { return nil }
        if low.contains(".") || high.contains(".") {
            let sign = String(text[at])
            return Reading(end: second, words: sign + low + " to " + sign + high)
        }
        return Reading(end: second, words: "\(low) to \(high) \(names[1])")
    }

    /// "a $100 bill", "a $2 million deal": before what it is the price of, a sum has no plural.
    func moneyBefore(_ text: Scalars, _ at: Int) -> Reading? {
        guard Lexicon.currencies[text[at]] != nil, text.at(at - 1) == " ",
            let article = text.at(at - 2), article == "a" || article == "A",
            !(text.at(at - 3)?.isWordPart ?? false), let end = text.numberEnd(at + 1),
            let names = rules.pair("c" + String(text[at]))
        else { return nil }
        let number = text.text(at + 1..<end)
        let large = scale(text, end)
        let stop = large?.end ?? end
        guard text.at(stop) == " ", text.at(stop + 1)?.isLetter ?? false,
            large != nil || !number.contains(".")
        else { return nil }
        let words = number + " " + (large.map { $0.word + " " } ?? "") + names[0]
        return Reading(end: stop, words: words)
    }

    /// A person's height: 6'2".
    func height(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at) else { return nil }
        let feet = text.digits(at, limit: 2)
        let start = at + feet + 1
        let inches = text.digits(start, limit: 3)
        guard feet == 1, text.at(start - 1) == "'", (1...2).contains(inches),
            text.integer(start..<start + inches) < 12
        else { return nil }
        var end = start + inches
        if let mark = text.at(end), mark == "\"" || mark == "”" { end += 1 }
        guard !(text.at(end)?.isWordPart ?? false) else { return nil }
        let words = text.text(at..<at + feet) + " foot " + text.text(start..<start + inches)
        return Reading(end: end, words: words)
    }

    private static let scales = ["hundred", "thousand", "million", "billion", "trillion"]

    /// "million" or "k" after a number, an optional space between; the word and where it ends.
    private func scale(_ text: Scalars, _ from: Int) -> (word: String, end: Int)? {
        let at = text.at(from) == " " ? from + 1 : from
        for word in Normalizer.scales where text.has(word, at) { return (word, at + word.count) }
        guard let letter = text.at(at), text.isBoundary(at + 1) else { return nil }
        switch letter {
        case "k", "K": return ("thousand", at + 1)
        case "m", "M": return ("million", at + 1)
        case "b", "B": return ("billion", at + 1)
        default: return nil
        }
    }

    /// "$3.5 million", "€20k".
    func bigMoney(_ text: Scalars, _ at: Int) -> Reading? {
        guard Lexicon.currencies[text[at]] != nil, let end = text.numberEnd(at + 1),
            let (word, stop) = scale(text, end), let names = rules.pair("c" + String(text[at]))
        else { return nil }
        return Reading(end: stop, words: "\(text.text(at + 1..<end)) \(word) \(names[1])")
    }

    /// "99¢".
    func cents(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), let end = text.numberEnd(at) else { return nil }
        let sign = text.at(end) == " " ? end + 1 : end
        guard text.at(sign) == "¢", let names = rules.pair("c¢") else { return nil }
        let number = text.text(at..<end)
        return Reading(end: sign + 1, words: "\(number) \(counted(number, names))")
    }

    private static let currencySigns = ["¥", "₹", "₩", "Rs.", "Rs", "USD", "EUR", "GBP"]

    /// "¥500", "Rs. 20", "USD 3 million".
    func currency(_ text: Scalars, _ at: Int) -> Reading? {
        if text.at(at - 1)?.isWordPart ?? false { return nil }
        guard let sign = Normalizer.currencySigns.first(where: { text.has($0, at) }) else {
            return nil
        }
        var start = at + sign.unicodeScalars.count
        if text.at(start) == " " { start += 1 }
        let name = sign == "Rs." ? "Rs" : sign
        guard let end = text.numberEnd(start), let names = rules.pair("c" + name) else {
            return nil
        }
        let number = text.text(start..<end)
        if let (word, stop) = scale(text, end) {
            return Reading(end: stop, words: "\(number) \(word) \(names[1])")
        }
        return Reading(end: end, words: "\(number) \(counted(number, names))")
    }

    /// A number that may have a sign, where a measure may follow.
    private func amount(_ text: Scalars, _ at: Int) -> Int? {
        guard isFree(text, at) else { return nil }
        return text.numberEnd(text[at] == "-" ? at + 1 : at)
    }

    /// "20°", "-5 °C".
    func degrees(_ text: Scalars, _ at: Int) -> Reading? {
        guard let end = amount(text, at) else { return nil }
        var stop = text.at(end) == " " ? end + 1 : end
        guard text.at(stop) == "°" else { return nil }
        stop += 1
        let number = text.text(at..<end)
        var words = "\(number) \(counted(number, ["degree", "degrees"]))"
        let letter = text.at(stop) == " " ? stop + 1 : stop
        if let scale = text.at(letter), scale == "C" || scale == "F", text.isBoundary(letter + 1) {
            words += scale == "C" ? " Celsius" : " Fahrenheit"
            stop = letter + 1
        }
        guard !(text.at(stop)?.isWordPart ?? false) else { return nil }
        return Reading(end: stop, words: words)
    }

    /// "5 km", "1,200mAh", "3 sq ft".
    func unit(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit || text[at] == "-", let end = amount(text, at) else { return nil }
        let start = text.at(end) == " " ? end + 1 : end
        let found = longest("u", text, start, lengthMax: 5) {
            !(text.at($0)?.isWordPart ?? false)
        }
        guard let found else { return nil }
        let number = text.text(at..<end)
        return Reading(
            end: start + found.length, words: "\(number) \(counted(number, found.entry))")
    }
}
