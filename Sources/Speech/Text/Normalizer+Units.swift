/// Money, temperatures and measures.
extension Normalizer {
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
            let (word, stop) = scale(text, end), let names = rules.list("c" + String(text[at]))
        else { return nil }
        return Reading(end: stop, words: "\(text.text(at + 1..<end)) \(word) \(names[1])")
    }

    /// "99¢".
    func cents(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), let end = text.numberEnd(at) else { return nil }
        let sign = text.at(end) == " " ? end + 1 : end
        guard text.at(sign) == "¢", let names = rules.list("c¢") else { return nil }
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
        guard let end = text.numberEnd(start), let names = rules.list("c" + name) else {
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
