import EngineAPI

/// Numbers in company: ranges, fractions, ratios, products, powers, codes.
extension SemioticClassifier {
    /// "10–20", "1914 – 1918", "3-4 km", "8–5": the unit is said once.
    func span(_ text: Scalars, _ at: Int) -> Reading? {
        guard let low = amount(text, at), let next = joint(text, low.end),
            text.at(next)?.isDigit ?? false, let high = amount(text, next),
            !isDash(text.at(high.end)) || text.at(high.end + 1)?.isASCIILetter ?? false,
            text.at(high.end) != ":", text.at(high.end) != "/",
            !(text.at(high.end) == "." && text.at(high.end + 1)?.isDigit ?? false)
        else { return nil }
        let left = plain(text, at, low)
        // "Table 2-1": the second table of a chapter.
        if text.at(low.end) == "-",
            ["table", "figure", "fig", "exhibit", "example", "problem"]
                .contains(before(text, at).lowercased())
        {
            return Reading(end: high.end, words: "\(left) \(high.text)")
        }
        if let unit = unit(text, high.end) {
            return Reading(end: unit.end, words: "\(left) to \(high.text) \(unit.more)")
        }
        if let large = scale(text, high.end) {
            return Reading(end: large.end, words: "\(left) to \(high.text) \(large.word)")
        }
        guard !(text.at(high.end)?.isWordPart ?? false) else { return nil }
        return Reading(end: high.end, words: "\(left) to \(plain(text, next, high))")
    }

    /// Four digits without a comma may be a year, which the lexicon decides.
    private func plain(_ text: Scalars, _ at: Int, _ amount: Amount) -> String {
        amount.isWhole && text.digits(at) == 4 ? text.text(at..<at + 4) : amount.text
    }

    private static let rated = words(
        "a rate rated rating score scored scoring scores got gave give gives solid it's its is was "
            + "an got gets earned perfect pain about exactly with average scoring")
    private static let dated = words(
        "on by since until till before after from dated due between starting of")
    private static let weekdays = words(
        "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday "
            + "saturday sunday")
    private static let parts: [Int: (String, String)] = [
        2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters"),
        5: ("fifth", "fifths"), 6: ("sixth", "sixths"), 7: ("seventh", "sevenths"),
        8: ("eighth", "eighths"), 9: ("ninth", "ninths"), 10: ("tenth", "tenths"),
        12: ("twelfth", "twelfths"), 16: ("sixteenth", "sixteenths"),
        32: ("thirty-second", "thirty-seconds"), 64: ("sixty-fourth", "sixty-fourths"),
        100: ("hundredth", "hundredths"), 1000: ("thousandth", "thousandths"),
    ]
    private static let sayings = [
        "24/7": "24 7", "9/11": "nine eleven", "50/50": "fifty fifty", "20/20": "twenty twenty",
    ]

    /// "3/4", "10/10", "7/12 of the pie", `5/16"`, "on 4/12": a part, a score or a date, as the
    /// words beside it say.
    func fraction(_ text: Scalars, _ at: Int) -> Reading? {
        if let mixed = normalizer.mixedFraction(text, at) {
            if let inches = inches(text, mixed.end, mixed.words) { return inches }
            guard let unit = unit(text, mixed.end) else { return mixed }
            return Reading(end: unit.end, words: mixed.words + " " + unit.more)
        }
        let first = text.digits(at, limit: 4)
        let second = text.digits(at + first + 1, limit: 5)
        let end = at + first + 1 + second
        guard (1...3).contains(first), (1...4).contains(second), text.at(at + first) == "/",
            !(text.at(end)?.isWordPart ?? false), text.at(end) != "/", text.at(at - 1) != "/"
        else { return nil }
        if let saying = SemioticClassifier.sayings[text.text(at..<end)] {
            return Reading(end: end, words: saying)
        }
        let (a, b) = (text.integer(at..<at + first), text.integer(at + first + 1..<end))
        let ahead = before(text, at).lowercased()
        let follower = after(text, end).lowercased()
        let isPart = follower == "of" || text.at(end) == "\"" || unit(text, end) != nil
        if !isPart {
            let isDated =
                SemioticClassifier.dated.contains(ahead)
                || SemioticClassifier.weekdays.contains(ahead)
                || (text.at(at - 2) == ","
                    && SemioticClassifier.weekdays.contains(before(text, at - 2).lowercased()))
            if isDated, let date = normalizer.monthAndDay(a, b) {
                return Reading(end: end, words: date)
            }
            let isScore = a <= b && (b == 10 || b == 5 || b >= 20)
            if a == b || b == 100 || (isScore && SemioticClassifier.rated.contains(ahead)) {
                return Reading(end: end, words: "\(a) out of \(b)")
            }
        }
        return part(text, a, b, end, isPart: isPart)
    }

    private func part(_ text: Scalars, _ a: Int, _ b: Int, _ end: Int, isPart: Bool) -> Reading? {
        if let names = SemioticClassifier.parts[b], a > 0, isPart || a < b && (b <= 10 || b > 12) {
            let name = a == 1 ? names.0 : names.1
            let words = "\(NumberWords.cardinal(a)) \(name)"
            if let inches = inches(text, end, words) { return inches }
            guard let unit = unit(text, end) else { return Reading(end: end, words: words) }
            return Reading(end: unit.end, words: words + " " + unit.one)
        }
        if isPart, a > 0, b > 0 {
            return Reading(end: end, words: "\(a) over \(b)")
        }
        guard let date = normalizer.monthAndDay(a, b) else {
            if a > b, a < 1000, b < 1000, b > 0 {
                return a == 100 && b == 7 ? nil : Reading(end: end, words: "\(a) over \(b)")
            }
            return nil
        }
        return Reading(end: end, words: date)
    }

    /// An inch mark behind a fraction.
    private func inches(_ text: Scalars, _ end: Int, _ words: String) -> Reading? {
        guard text.at(end) == "\"", isInchMark(text, end) else { return nil }
        let next = after(text, end + 1)
        let isNamed = text.at(end + 1) == " " && !next.isEmpty && !Self.sizes.contains(next)
        let isWhole = words.contains(" and ") || words.hasPrefix("one ") && isNamed
        return Reading(
            end: end + 1,
            words: words
                + (isWhole ? isNamed ? " inch" : " inches" : isNamed ? " inch" : " of an inch"))
    }

    private static let sizes = words(
        "wide long tall high deep thick across in and or of by is was at to from for diameter apart"
    )

    /// A quotation mark behind a number means inches unless it closes a quotation.
    private func isInchMark(_ text: Scalars, _ at: Int) -> Bool {
        var isOpen = false
        for index in 0..<at where text[index] == "\"" {
            isOpen = !(isOpen || text.at(index - 1)?.isDigit ?? false)
        }
        return !isOpen
    }

    /// `65" TV`, `5' tall`, `6' x 4'`.
    func feetAndInches(_ text: Scalars, _ at: Int) -> Reading? {
        guard let size = amount(text, at), let mark = text.at(size.end),
            mark == "\"" || mark == "'" || mark == "″" || mark == "′",
            !(text.at(size.end + 1)?.isWordPart ?? false)
        else { return nil }
        let next = after(text, size.end + 1)
        if mark == "\"" || mark == "″" {
            guard isInchMark(text, size.end) else { return nil }
            let isNamed =
                text.at(size.end + 1) == " " && !next.isEmpty && !Self.sizes.contains(next)
            let word = isNamed && next != "x" || size.text == "1" ? "inch" : "inches"
            return Reading(end: size.end + 1, words: "\(size.text) \(word)")
        }
        if mark == "'" {
            let digits = past(text, size.end + 1)
            if let inches = amount(text, digits), digits > size.end + 1,
                let last = text.at(inches.end), last == "\"" || last == "″"
            {
                return Reading(end: inches.end + 1, words: "\(size.text) foot \(inches.text)")
            }
            guard
                ["tall", "long", "wide", "high", "deep", "x", "by", "across", "thick"].contains(
                    next) || ["x", "by", "×"].contains(before(text, at))
            else { return nil }
        }
        return Reading(
            end: size.end + 1, words: "\(size.text) \(size.text == "1" ? "foot" : "feet")")
    }

    /// "3:1", "16:9": a colon between numbers that are no time.
    func ratio(_ text: Scalars, _ at: Int) -> Reading? {
        let first = text.digits(at, limit: 5)
        let second = text.digits(at + first + 1, limit: 5)
        let end = at + first + 1 + second
        guard (1...4).contains(first), (1...4).contains(second), text.at(at + first) == ":",
            !(text.at(end)?.isWordPart ?? false), text.at(end) != ":"
        else { return nil }
        let (a, b) = (text.text(at..<at + first), text.text(at + first + 1..<end))
        // "41:07": minutes and seconds.
        if second == 2, text[at + first + 1] == "0", first < 3 {
            let low = NumberWords.ones[text[at + first + 2].digit]
            return Reading(end: end, words: low == "zero" ? "\(a) flat" : "\(a) oh \(low)")
        }
        return Reading(end: end, words: "\(a) to \(b)")
    }

    /// "3 * 4", "5 × 6", "1920x1080", "8 x 10", "10x".
    func product(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        guard let left = amount(text, at) else { return nil }
        let sign = past(text, left.end)
        guard let mark = text.at(sign), "*×xX".unicodeScalars.contains(mark) else { return nil }
        let next = past(text, sign + 1)
        if mark == "x" || mark == "X", sign == left.end, !(text.at(sign + 1)?.isWordPart ?? false),
            !(text.at(next)?.isDigit ?? false)
        {
            let share = after(text, sign + 2)
            if text.at(sign + 1) == "/", ["day", "week", "month", "year", "hour"].contains(share) {
                return Reading(end: sign + 2, words: left.text + " times a ")
            }
            return Reading(end: sign + 1, words: left.text + " times")
        }
        guard text.at(next)?.isDigit ?? false, (sign > left.end) == (next > sign + 1),
            let right = amount(text, next)
        else { return nil }
        let isSize =
            (mark == "x" || mark == "X") && !line.isEquation || unit(text, right.end) != nil
        if text.at(right.end)?.isWordPart ?? false, !isSize { return nil }
        // What follows the sign is read on its own.
        return Reading(
            end: next, words: (isSize ? plain(text, at, left) + " by " : left.text + " times "))
    }

    private static let powers = ["2": "squared", "3": "cubed"]

    /// "10^6", "2³", "10^-3".
    func power(_ text: Scalars, _ at: Int) -> Reading? {
        guard let base = amount(text, at), let power = exponent(text, base.end) else { return nil }
        let words = base.text + " " + power.words
        if text.at(power.end) == " ", let unit = unit(text, power.end) {
            return Reading(end: unit.end, words: words + " " + unit.more)
        }
        return Reading(end: power.end, words: words)
    }

    /// What an exponent adds: "squared", "to the sixth", "to the minus three".
    func exponent(_ text: Scalars, _ at: Int) -> (words: String, end: Int)? {
        if text.at(at) == "²" { return ("squared", at + 1) }
        if text.at(at) == "³" { return ("cubed", at + 1) }
        guard text.at(at) == "^" else { return nil }
        var start = at + 1
        let isClosed = text.at(start) == "(" || text.at(start) == "{"
        if isClosed { start += 1 }
        let isNegative = isDash(text.at(start))
        if isNegative { start += 1 }
        let count = text.digits(start, limit: 4)
        if count == 0 {
            let end = lettersEnd(text, start)
            guard end == start + 1 else { return nil }
            let name = text.text(start..<end).uppercased()
            return ("to the " + (isNegative ? "minus " : "") + name, end + (isClosed ? 1 : 0))
        }
        let end = start + count
        let number = text.text(start..<end)
        if !isNegative, let word = Self.powers[number] { return (word, end + (isClosed ? 1 : 0)) }
        let value = Int(number) ?? 0
        let words = isNegative ? "minus " + NumberWords.cardinal(value) : NumberWords.ordinal(value)
        return ("to the " + words, end + (isClosed ? 1 : 0))
    }

    private static let units = words(
        "race run runs walk marathon runner video videos TV TVs monitor display resolution")

    private static let lettered = words(
        "exit fig figure figs figures apt apartment room rm gate section sec appendix table unit "
            + "suite ste seat row form page number part flight route chapter step item question bus "
            + "line art article exhibit building bldg platform terminal track lot grade class "
            + "problem exercise example note see hall door block highway schedule box team")

    private static let races: Set<String> = ["3", "5", "8", "10", "15", "50", "100"]

    /// "10K followers", "1.5M users", "3bn", "80k".
    func large(_ text: Scalars, _ at: Int) -> Reading? {
        guard let number = amount(text, at), let first = text.at(number.end), first.isASCIILetter,
            "kKMBb".unicodeScalars.contains(first), let (word, end) = scale(text, number.end)
        else { return nil }
        let follower = after(text, end)
        // "221B Baker Street".
        if first != "K", first != "k", follower.first?.isUppercase ?? false { return nil }
        // "Exit 12B", "fig. 3b": a letter where no sum is.
        let isLetter = Self.lettered.contains(before(text, at).lowercased())
        let isCounted = follower.hasSuffix("s") || follower == "people" || follower == "in"
        let isSingle = end == number.end + 1
        if isSingle, isLetter || (first == "B" || first == "b") && !isCounted {
            let letter = String(first).uppercased()
            return Reading(end: end, words: number.text + " " + letter)
        }
        let isRace = ["a", "the", "my", "his", "her", "our"].contains(before(text, at).lowercased())
        let isLong = Self.races.contains(number.text) && isRace
        if Self.units.contains(follower)
            || first.value | 32 == 0x6B && (number.text == "4" || isLong)
        {
            return Reading(end: end, words: number.text + " K")
        }
        return Reading(end: end, words: number.text + " " + word)
    }

    private static let coded = words(
        "code pin zip extension ext account serial password passcode id order tracking ticket "
            + "invoice confirmation reference ref sku isbn model postcode postal text dial")
    private static let pairs = words(
        "room flight route highway hwy interstate gate suite apartment apt bus unit i us sr bldg")

    /// Digits that are no quantity: a leading zero, a postal code behind a state, what follows
    /// "code" or "PIN"; "room 101" is "one oh one".
    func code(_ text: Scalars, _ at: Int) -> Reading? {
        let count = text.digits(at)
        var end = at + count
        guard count > 1, !(text.at(end)?.isWordPart ?? false) || text[at] == "0" else { return nil }
        if let next = text.at(end), next == "." || next == ",", text.at(end + 1)?.isDigit ?? false {
            return nil
        }
        if text.at(end) == ":" || text.at(at - 1) == ":" { return nil }
        let range = before(text, at)
        let ahead = range.lowercased()
        let isState = count == 5 && (Self.states[range] != nil || Self.stateNames.contains(range))
        if isState, text.at(end) == "-", text.digits(end + 1, limit: 5) == 4 {
            let tail = digits(text, end + 1..<end + 5)
            return Reading(end: end + 5, words: digits(text, at..<end) + ", " + tail)
        }
        let isTexted = count >= 5 && count <= 6 && ahead == "to" && isTextMessage(text, at)
        let isCode =
            count >= 3 && count != 4 && Self.coded.contains(ahead)
            || (count == 4
                && ["pin", "code", "passcode", "extension", "ext", "password"].contains(ahead))
        if text[at] == "0" || isState || isTexted || isCode {
            guard !(text.at(end)?.isASCIILetter ?? false) else { return nil }
            while text.at(end) == " ", text[at] == "0", count < 6,
                (3...4).contains(text.digits(end + 1, limit: 6))
            {
                end += 1 + text.digits(end + 1)
            }
            return Reading(end: end, words: spelt(text, at..<end))
        }
        // "Flight UA 815".
        let isFlight =
            range.count == 2 && range == range.uppercased()
            && before(text, self.range(before: at, in: text).lowerBound).lowercased() == "flight"
        if count == 3, isFlight || Self.pairs.contains(ahead) {
            let low = text.integer(at + 1..<at + 3)
            let tail =
                low == 0
                ? "hundred" : low < 10 ? "oh " + NumberWords.ones[low] : NumberWords.cardinal(low)
            return Reading(end: end, words: NumberWords.ones[text[at].digit] + " " + tail)
        }
        return nil
    }

    /// Digit by digit, with a rest where a space was.
    private func spelt(_ text: Scalars, _ range: Range<Int>) -> String {
        text[range].split(separator: " ").map { group in
            group.map { NumberWords.ones[$0.digit] }.joined(separator: " ")
        }.joined(separator: ", ")
    }

    private func isTextMessage(_ text: Scalars, _ at: Int) -> Bool {
        let line = text.text(max(0, at - 40)..<at).lowercased()
        return line.contains("text ") || line.contains("sms")
    }

    /// "10-ft", "3-for-4", "5-year-old": a hyphen between a number and a word is a gap.
    func compound(_ text: Scalars, _ at: Int) -> Reading? {
        var end = at + text.digits(at)
        if end - at > 4 { return nil }
        for ending in ["st", "nd", "rd", "th"] where text.has(ending, end) { end += 2 }
        guard text.at(end) == "-", text.at(end + 1)?.isLower ?? false else { return nil }
        let number = text.text(at..<end)
        if let unit = unit(text, end + 1) {
            return Reading(end: unit.end, words: "\(number) \(unit.one)")
        }
        let stop = lettersEnd(text, end + 1)
        if text.at(stop) == "-", text.at(stop + 1)?.isDigit ?? false {
            let word = text.text(end + 1..<stop)
            return Reading(end: stop + 1, words: "\(number) \(word) ")
        }
        return Reading(end: end + 1, words: number + " ")
    }
}
