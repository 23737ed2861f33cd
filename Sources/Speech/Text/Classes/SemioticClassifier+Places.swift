/// Numbers and directions of addresses, months that span, and short forms with a stroke.
extension SemioticClassifier {
    private static let roadNames = words(
        "St Ave Av Blvd Rd Ln Ct Pl Sq Pkwy Hwy Ter Cir Trl Dr Way Expy Fwy Tpke Cres Street Avenue "
            + "Boulevard Road Lane Drive Court Place Square Parkway Highway Terrace Circle Trail "
            + "Turnpike Crescent Alley Row Loop Broadway")
    private static let compass = words("N S E W NE NW SE SW North South East West")

    /// "4415 N. Elm Ave.", "1108 W 23rd St.": the number of a house, in pairs where it has four
    /// digits, when a road follows within four words.
    func house(_ text: Scalars, _ at: Int) -> Reading? {
        let count = text.digits(at)
        let end = at + count
        guard (1...4).contains(count), text[at] != "0", text.at(end) == " " else { return nil }
        var word = end + 1
        for index in 0..<5 {
            let isOrdinal = text.at(word)?.isDigit ?? false
            guard isOrdinal || text.at(word)?.isUpper ?? false else { return nil }
            var stop = word
            while let scalar = text.at(stop), scalar.isWordPart || scalar == "'" { stop += 1 }
            let name = text.text(word..<stop)
            if index > 0, Self.roadNames.contains(name) { break }
            if index == 4 { return nil }
            if text.at(stop) == "." { stop += 1 }
            guard text.at(stop) == " " else { return nil }
            word = stop + 1
        }
        if count == 3, text[at + 1] == "0", text[at + 2] != "0" {
            let names = (at..<end).map { NumberWords.ones[text[$0].digit] }
            return Reading(end: end, words: "\(names[0]) oh \(names[2])")
        }
        guard count == 4 else {
            // So that the direction behind it is no unit.
            let next = text.text(end + 1..<lettersEnd(text, end + 1))
            return Self.compass.contains(next)
                ? Reading(end: end, words: text.text(at..<end)) : nil
        }
        return Reading(end: end, words: pairs(text.integer(at..<end)))
    }

    /// 1108 as "eleven oh eight", 4400 as "forty-four hundred".
    private func pairs(_ number: Int) -> String {
        let (high, low) = (number / 100, number % 100)
        if high % 10 == 0, low < 10 { return NumberWords.cardinal(number) }
        let tail =
            low == 0
            ? "hundred" : low < 10 ? "oh " + NumberWords.ones[low] : NumberWords.cardinal(low)
        return NumberWords.cardinal(high) + " " + tail
    }

    private static let bearings = table(
        "N:north|S:south|E:east|W:west|NE:northeast|NW:northwest|SE:southeast|SW:southwest|"
            + "NNE:north northeast|NNW:north northwest|SSE:south southeast|SSW:south southwest")
    static func isBearing(_ word: String) -> Bool { bearings[word] != nil }

    private static let distances = words(
        "mi mile miles km kilometers kilometres blocks block yards feet ft m meters due just far "
            + "head heading headed drive went go going north south wind winds")
    private static let routes = words("I US SR CR Hwy Highway Route Rte Interstate hwy route")

    /// "6 mi. SW of town", "I-95 N", "winds NW at 5": a direction.
    func bearing(_ text: Scalars, _ at: Int) -> Reading? {
        let end = lettersEnd(text, at)
        guard end - at <= 3, let name = Self.bearings[text.text(at..<end)],
            text.at(at - 1) == " ", !(text.at(end)?.isWordPart ?? false), text.at(end) != "."
        else { return nil }
        let ahead = range(before: at, in: text)
        let word = text.text(ahead)
        if Self.distances.contains(word.lowercased()) { return Reading(end: end, words: name) }
        if end - at > 1, after(text, end) == "of" { return Reading(end: end, words: name) }
        guard let first = word.first, first.isNumber, word.allSatisfy(\.isNumber) else {
            return nil
        }
        var start = ahead.lowerBound
        if text.at(start - 1) == "-" { start -= 1 }
        return Self.routes.contains(before(text, start)) ? Reading(end: end, words: name) : nil
    }

    /// "4th fl.", "2nd flr": a storey.
    func storey(_ text: Scalars, _ at: Int) -> Reading? {
        let end = lettersEnd(text, at)
        let word = text.text(at..<end)
        guard ["fl", "Fl", "flr", "Flr"].contains(word), text.at(at - 1) == " " else { return nil }
        let ahead = before(text, at)
        guard ahead.first?.isNumber ?? false, ["st", "nd", "rd", "th"].contains(ahead.suffix(2))
        else { return nil }
        let isLast = past(text, end + 1) >= text.count
        return Reading(end: text.at(end) == "." && !isLast ? end + 1 : end, words: "floor")
    }

    private static let months: [String: Int] = {
        var months: [String: Int] = ["Sept": 9]
        for (index, name) in Normalizer.monthNames.enumerated() {
            months[name] = index + 1
            months[String(name.prefix(3))] = index + 1
        }
        return months
    }()

    private func monthDay(_ text: Scalars, _ at: Int) -> Reading? {
        let end = lettersEnd(text, at)
        guard let month = Self.months[text.text(at..<end)] else { return nil }
        let day = past(text, text.at(end) == "." ? end + 1 : end)
        let count = text.digits(day, limit: 3)
        guard day > end, (1...2).contains(count), !(text.at(day + count)?.isWordPart ?? false),
            let words = normalizer.monthAndDay(month, text.integer(day..<day + count))
        else { return nil }
        return Reading(end: day + count, words: words)
    }

    /// "Dec. 24–Jan. 2": days of two months.
    func daySpan(_ text: Scalars, _ at: Int) -> Reading? {
        guard let left = monthDay(text, at), let next = joint(text, left.end),
            let right = monthDay(text, next)
        else { return nil }
        return Reading(end: right.end, words: left.words + " to " + right.words)
    }

    /// "03/2026": a month of a year.
    func monthOfYear(_ text: Scalars, _ at: Int) -> Reading? {
        let count = text.digits(at, limit: 3)
        guard (1...2).contains(count), text.at(at + count) == "/",
            text.digits(at + count + 1, limit: 5) == 4, text.at(at - 1) != "/"
        else { return nil }
        let (month, end) = (text.integer(at..<at + count), at + count + 5)
        let year = text.integer(end - 4..<end)
        guard (1...12).contains(month), (1900...2099).contains(year),
            !(text.at(end).map { $0.isWordPart || $0 == "/" } ?? false)
        else { return nil }
        return Reading(end: end, words: "\(Normalizer.monthNames[month - 1]) \(year)")
    }

    private static let stroked = table(
        "c/o:care of|b/c:because|n/a:not applicable|N/A:not applicable|a/c:A.C.|A/C:A.C.|I/O:I.O.|"
            + "A/B:A.B.|b/w:between|w/e:whatever|P/E:P.E.|h/t:hat tip|m/o:months old|y/o:year-old|"
            + "p/w:password|a/k/a:also known as|f/k/a:formerly known as|d/b/a:doing business as|"
            + "s/he:he or she|and/or:and or|he/she:he or she|his/her:his or her|"
            + "him/her:him or her|yes/no:yes or no|either/or:either or")

    /// "c/o", "b/c", "and/or".
    func stroke(_ text: Scalars, _ at: Int) -> Reading? {
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter || scalar == "/" { end += 1 }
        guard end - at <= 10, let words = Self.stroked[text.text(at..<end)],
            !(text.at(end)?.isWordPart ?? false)
        else { return nil }
        return Reading(end: end, words: words)
    }

    private static let figures = table(
        "2nite:tonight|2moz:tomorrow|2day:today|2moro:tomorrow|2morrow:tomorrow|4ever:forever|4eva:forever|"
            + "4u:for you|2b:to be|4get:forget|2gether:together")

    /// "a-comin'": the article of old before a verb.
    func prefixed(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "a", text.at(at + 1) == "-", text.at(at + 2)?.isLower ?? false else {
            return nil
        }
        let word = text.text(at + 2..<lettersEnd(text, at + 2))
        return word.hasSuffix("in") || word.hasSuffix("ing")
            ? Reading(end: at + 2, words: "a ") : nil
    }

    /// "2nite", "4ever": digits that sound like words.
    func figure(_ text: Scalars, _ at: Int) -> Reading? {
        var end = at + 1
        while let scalar = text.at(end), scalar.isASCIILetter || scalar.isDigit { end += 1 }
        guard end > at + 1, let words = Self.figures[text.text(at..<end).lowercased()] else {
            return nil
        }
        return Reading(end: end, words: words)
    }

    private static let answered = words(
        "returned returns error errors status http code response got a an the is")

    /// "404 Not Found", "HTTP 503": digits of a status.
    func status(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.digits(at, limit: 4) == 3, text.at(at + 1) == "0", text.at(at + 2) != "0",
            "12345".unicodeScalars.contains(text[at]),
            text.at(at + 3) == " " || at + 3 >= text.count
                || ",.;:)".unicodeScalars.contains(text[at + 3]),
            !(text.at(at + 4)?.isDigit ?? false)
        else { return nil }
        let ahead = before(text, at).lowercased()
        let follower = after(text, at + 3)
        let isNamed = [
            "Not", "error", "errors", "Forbidden", "Unauthorized", "Service", "Bad", "Found",
            "Method", "Request", "response", "page", "status", "Moved", "Created", "Accepted",
        ].contains(follower)
        let isCode = ["error", "http", "status"].contains(ahead)
        guard isNamed && Self.answered.contains(ahead) || isCode || (isNamed && at == 0) else {
            return nil
        }
        let names = (0..<3).map { NumberWords.ones[text[at + $0].digit] }
        return Reading(end: at + 3, words: "\(names[0]) oh \(names[2])")
    }

    /// "401(k)", "501(c)(3)": the plans and parts of a code by their number.
    func plan(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.digits(at, limit: 4) == 3, text.at(at + 1) == "0", text.at(at + 3) == "(",
            let letter = text.at(at + 4), letter.isASCIILetter, text.at(at + 5) == ")"
        else { return nil }
        var words =
            "\(NumberWords.ones[text[at].digit]) oh \(NumberWords.ones[text[at + 2].digit]) "
            + String(letter).uppercased()
        var end = at + 6
        if text.at(end) == "(", text.digits(end + 1) == 1, text.at(end + 2) == ")" {
            words += " " + NumberWords.ones[text[end + 1].digit]
            end += 3
        }
        return Reading(end: end, words: words + " ")
    }

    /// "12' x 14'", "3 ft x 5 ft": one size and the next.
    func crossed(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "x" || text[at] == "X", text.at(at - 1) == " ", text.at(at + 1) == " ",
            text.at(at + 2)?.isDigit ?? false
        else { return nil }
        let mark = text.at(at - 2)
        let isSize = mark.map { "'\"′″".unicodeScalars.contains($0) } ?? false
        guard isSize || isUnit(before(text, at)) else { return nil }
        return Reading(end: at + 2, words: "by ")
    }

    /// "2nd ed.": an edition.
    func edition(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.has("ed.", at), text.at(at - 1) == " " else { return nil }
        let ahead = before(text, at)
        let isOrdinal =
            ahead.first?.isNumber ?? false && ["st", "nd", "rd", "th"].contains(ahead.suffix(2))
        guard isOrdinal || ["rev", "Rev", "new", "revised", "first", "second"].contains(ahead)
        else {
            return nil
        }
        let isLast = past(text, at + 3) >= text.count
        return Reading(end: isLast ? at + 2 : at + 3, words: "edition")
    }

    private static let shares = words(
        "day week month year hour hr wk mo yr night person kg min sec minute second lb oz serving "
            + "page unit item user seat child mile gallon acre game head piece box pound sq student"
    )

    /// "3 doses/day": a stroke before what something is counted by.
    func per(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "/", text.at(at - 1)?.isLower ?? false,
            Self.shares.contains(text.text(at + 1..<lettersEnd(text, at + 1)))
        else { return nil }
        let thing = range(before: at, in: text)
        guard text[thing].last == "s", thing.count > 3,
            before(text, thing.lowerBound).last?.isNumber ?? false
        else { return nil }
        return Reading(end: at + 1, words: " per ")
    }

    private static let numbered = words("isbn issn iban sku ssn vin part serial account card")

    /// "ISBN 978-0-14-143951-8": groups of digits behind what is a number of theirs.
    func serial(_ text: Scalars, _ at: Int) -> Reading? {
        guard Self.numbered.contains(before(text, at).lowercased()) else { return nil }
        var (end, groups) = (at, [String]())
        while groups.count < 8 {
            let count = text.digits(end, limit: 13)
            guard count > 0, count < 13 else { return nil }
            groups.append(digits(text, end..<end + count))
            end += count
            guard text.at(end) == "-", text.at(end + 1)?.isDigit ?? false || text.at(end + 1) == "X"
            else { break }
            end += 1
            if text[end] == "X" {
                groups.append("X")
                end += 1
                break
            }
        }
        guard groups.count > 1, !(text.at(end)?.isWordPart ?? false) else { return nil }
        return Reading(end: end, words: groups.joined(separator: ", "))
    }

    /// "1-888-GO-FEDEX", "555.123.4567".
    func spokenPhone(_ text: Scalars, _ at: Int) -> Reading? {
        if text.digits(at) == 3, text.at(at + 3) == ".", text.digits(at + 4) == 3,
            text.at(at + 7) == ".", text.digits(at + 8) == 4,
            !(text.at(at + 12)?.isWordPart ?? false)
        {
            let groups = [at..<at + 3, at + 4..<at + 7, at + 8..<at + 12]
            return Reading(
                end: at + 12, words: groups.map { digits(text, $0) }.joined(separator: ", "))
        }
        var (end, groups, hasLetters) = (at, [String](), false)
        while groups.count < 5 {
            var stop = end
            while let scalar = text.at(stop),
                scalar.isDigit || (scalar.isASCIILetter && scalar.isUpper)
            { stop += 1 }
            guard stop > end, stop - end <= 7 else { return nil }
            let isWord = text[end].isASCIILetter
            if isWord { hasLetters = true }
            guard text[end..<stop].allSatisfy({ $0.isASCIILetter == isWord }) else { return nil }
            let group = text.text(end..<stop)
            groups.append(
                isWord
                    ? group.lowercased()
                    : Normalizer.hundreds[group] ?? digits(text, end..<stop))
            end = stop
            guard text.at(end) == "-", text.at(end + 1)?.isWordPart ?? false else { break }
            end += 1
        }
        guard hasLetters, groups.count >= 3, text.digits(at) == 1 || text.digits(at) == 3 else {
            return nil
        }
        return Reading(end: end, words: groups.joined(separator: ", "))
    }
}
