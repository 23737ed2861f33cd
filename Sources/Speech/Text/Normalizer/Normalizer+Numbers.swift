/// Lists, fractions, ranges, telephone numbers and digits without end.
extension Normalizer {
    /// Digits that no one reads as one number, digit by digit with a rest after every third:
    /// more than fifteen, or a telephone number with its country.
    func longDigits(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit || text[at] == "+", isFree(text, at) || text[at] == "+" else {
            return nil
        }
        let isPhone = text[at] == "+"
        let start = isPhone ? at + 1 : at
        let count = text.digits(start)
        guard count > NumberWords.digitsMax || (isPhone && count > 6) else { return nil }
        // A decimal's tail stays with its whole.
        var words = isPhone ? "plus " : ""
        for index in 0..<count {
            if index > 0 { words += index % 3 == 0 ? ", " : " " }
            words.unicodeScalars.append(text[start + index])
        }
        return Reading(end: start + count, words: words)
    }

    /// "+1 415 555 2671", "+44 (20) 7946-0958": digit by digit, with a rest after each group.
    func foreignPhone(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "+", !(text.at(at - 1)?.isWordPart ?? false) else { return nil }
        var (end, groups): (Int, [Range<Int>]) = (at + 1, [])
        while groups.count < 7 {
            var start = end
            if !groups.isEmpty {
                while start - end < 2, let mark = text.at(start),
                    " -.()".unicodeScalars.contains(mark)
                {
                    start += 1
                }
                guard start > end else { break }
            }
            let count = text.digits(start, limit: 6)
            guard (1...5).contains(count) else { break }
            groups.append(start..<start + count)
            end = start + count
        }
        let digits = groups.reduce(0) { $0 + $1.count }
        guard groups.count > 2, (8...15).contains(digits), isClosed(text, end) else { return nil }
        let spelt = groups.map { group in
            text[group].map { String($0) }.joined(separator: " ")
        }
        return Reading(end: end, words: "plus " + spelt.joined(separator: ", "))
    }

    /// "1,2,3": commas that part no thousands part a list.
    func list(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), text.at(at - 1) != "," else { return nil }
        var groups: [Range<Int>] = []
        var end = at
        while true {
            let count = text.digits(end)
            groups.append(end..<end + count)
            end += count
            guard text.at(end) == ",", text.digits(end + 1) > 0 else { break }
            end += 1
        }
        let isThousands = groups[0].count <= 3 && groups.dropFirst().allSatisfy { $0.count == 3 }
        guard groups.count > 1, !isThousands || groups[0].first.map({ text[$0] }) == "0" else {
            return nil
        }
        return Reading(end: end, words: groups.map { text.text($0) }.joined(separator: ", "))
    }

    /// "#5", "No. 5", "Nos. 5".
    func numberSign(_ text: Scalars, _ at: Int) -> Reading? {
        if text[at] == "#", text.at(at + 1)?.isDigit ?? false {
            let before = text.at(at - 1)
            let isFree = before.map { !$0.isWordPart && $0 != "&" } ?? true
            return isFree ? Reading(end: at + 1, words: "number ") : nil
        }
        guard text[at] == "N" || text[at] == "n", text.isBoundary(at) else { return nil }
        for (sign, word) in [("o.", "umber "), ("os.", "umbers ")] where text.has(sign, at + 1) {
            var end = at + 1 + sign.count
            if text.at(end) == " " { end += 1 }
            guard text.at(end)?.isDigit ?? false else { continue }
            return Reading(end: end, words: String(text[at]) + word)
        }
        return nil
    }

    /// "555-1234", "415-555-1234", "(415) 555-1234".
    func phone(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit || text[at] == "(" else { return nil }
        if let before = text.at(at - 1), before.isWordPart || before == "." || before == "-" {
            return nil
        }
        var (end, groups): (Int, [Range<Int>]) = (at, [])
        if text[at] == "1", text.at(at + 1) == "-", text.digits(at + 2) == 3 {
            groups.append(at..<at + 1)
            end = at + 2
        }
        if text[at] == "(" {
            guard text.digits(at + 1) == 3, text.at(at + 4) == ")" else { return nil }
            groups.append(at + 1..<at + 4)
            end = text.at(at + 5) == " " ? at + 6 : at + 5
        } else if text.digits(end) == 3, text.at(end + 3) == "-", text.digits(end + 4) == 3,
            text.at(end + 7) == "-"
        {
            groups.append(end..<end + 3)
            end += 4
        }
        guard text.digits(end) == 3, text.at(end + 3) == "-", text.digits(end + 4) == 4 else {
            return nil
        }
        groups += [end..<end + 3, end + 4..<end + 8]
        end += 8
        guard isClosed(text, end), text.at(end) != "-" else { return nil }
        let spelt = groups.map { group in
            Normalizer.hundreds[text.text(group)]
                ?? text[group].map { String($0) }.joined(separator: " ")
        }
        return Reading(end: end, words: spelt.joined(separator: ", "))
    }

    /// Prefixes of free and dear numbers, as they are advertised.
    static let hundreds = ["800": "8 hundred", "900": "9 hundred"]

    private static let callers: Set<String> = ["call", "called", "calling", "dial", "dialed"]

    /// "call 911": three digits that are dialled.
    func shortPhone(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, text.digits(at) == 3, isClosed(text, at + 3), text.at(at - 1) == " "
        else { return nil }
        var start = at - 1
        while let scalar = text.at(start - 1), scalar.isASCIILetter { start -= 1 }
        guard Normalizer.callers.contains(text.text(start..<at - 1).lowercased()),
            text[at + 1] == "1" || text[at] == text[at + 1]
        else { return nil }
        let digits = text[at..<at + 3].map { String($0) }
        return Reading(end: at + 3, words: digits.joined(separator: " "))
    }

    private static let parts = [
        2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth",
        9: "ninth", 10: "tenth",
    ]

    /// Numerator and denominator, and where they end.
    private func quotient(_ text: Scalars, _ at: Int) -> (a: Int, b: Int, end: Int)? {
        let first = text.digits(at, limit: 3)
        let second = text.digits(at + first + 1, limit: 4)
        let end = at + first + 1 + second
        guard (1...3).contains(first), (1...3).contains(second), text.at(at + first) == "/",
            isClosed(text, end), text.at(end) != "/"
        else { return nil }
        return (text.integer(at..<at + first), text.integer(at + first + 1..<end), end)
    }

    private func spelt(_ a: Int, _ b: Int) -> String? {
        guard a > 0, a < b, let name = Normalizer.parts[b] else { return nil }
        if name == "half" { return "one half" }
        let number = b <= 10 && a == 1 ? "one" : String(a)
        return "\(number) \(name)\(a == 1 ? "" : "s")"
    }

    /// "2 1/2": a number and a part of one.
    func mixedFraction(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), text.at(at - 1) != "/" else { return nil }
        let whole = text.digits(at)
        let next = at + whole + 1
        guard whole <= 3, let joint = text.at(next - 1), joint == " " || joint == "-",
            let (a, b, end) = quotient(text, next), let part = spelt(a, b)
        else { return nil }
        let words = part == "one half" ? "a half" : part
        return Reading(end: end, words: text.text(at..<at + whole) + " and " + words)
    }

    /// "3/4" is a part, "4/12" a date, "25/40" neither.
    func fraction(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), text.at(at - 1) != "/",
            let (a, b, end) = quotient(text, at)
        else { return nil }
        if let part = spelt(a, b) { return Reading(end: end, words: part) }
        if let date = monthAndDay(a, b) { return Reading(end: end, words: date) }
        // "98/100" is a score; "24/7" has no word between.
        let joint = a <= b ? "out of " : a == 24 && b == 7 ? "" : "slash "
        return Reading(end: end, words: "\(a) \(joint)\(b)")
    }

    /// "10-20", "1914 – 1918".
    func range(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at), text.at(at - 1) != "-" else { return nil }
        let first = text.digits(at)
        var end = at + first
        if text.at(end) == " " { end += 1 }
        guard first <= 4, text.at(end) == "-" || text.at(end) == "–" else { return nil }
        end += 1
        if text.at(end) == " " { end += 1 }
        let second = text.digits(end)
        guard (1...4).contains(second), isClosed(text, end + second),
            text.at(end + second) != "-"
        else { return nil }
        let words = text.text(at..<at + first) + " to " + text.text(end..<end + second)
        return Reading(end: end + second, words: words)
    }

    /// "+5".
    func plus(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "+", text.at(at + 1)?.isDigit ?? false else { return nil }
        if let before = text.at(at - 1), before.isWordPart || before == "+" { return nil }
        return Reading(end: at + 1, words: "plus ")
    }
}
