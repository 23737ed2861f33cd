/// English words for numbers, spelt as the library num2words does: "one thousand, two hundred and
/// thirty-four". The lexicon reads the words one by one, so commas and hyphens make no sound.
enum NumberWords {
    static let ones = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
        "nineteen",
    ]
    private static let tens = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ]
    private static let scales = [
        "", " thousand", " million", " billion", " trillion", " quadrillion",
    ]
    /// Numbers with more digits are read digit by digit: nobody follows "quintillion".
    static let digitsMax = 15

    private static func belowThousand(_ number: Int) -> String {
        let rest = number % 100
        var words = number >= 100 ? ones[number / 100] + " hundred" : ""
        if number >= 100 {
            if rest == 0 { return words }
            words += " and "
        }
        if rest < 20 { return words + ones[rest] }
        return words + tens[rest / 10] + (rest % 10 == 0 ? "" : "-" + ones[rest % 10])
    }

    /// 0 ≤ number < 10^18.
    static func cardinal(_ number: Int) -> String {
        if number < 1000 { return belowThousand(number) }
        var groups: [String] = []
        var (rest, scale) = (number, 0)
        while rest > 0 {
            if rest % 1000 > 0 { groups.insert(belowThousand(rest % 1000) + scales[scale], at: 0) }
            (rest, scale) = (rest / 1000, scale + 1)
        }
        // "one thousand and one": a last group below a hundred is joined by "and".
        let hasSmallEnd = number % 1000 > 0 && number % 1000 < 100
        guard hasSmallEnd, let last = groups.popLast() else {
            return groups.joined(separator: ", ")
        }
        return groups.joined(separator: ", ") + " and " + last
    }

    /// "twenty-third", "one hundred and first".
    static func ordinal(_ number: Int) -> String {
        let words = cardinal(number)
        let cut = words.lastIndex { $0 == " " || $0 == "-" }
        let last = cut.map { words[words.index(after: $0)...] } ?? words[...]
        return words[..<last.startIndex] + ordinalWord(String(last))
    }

    private static func ordinalWord(_ word: String) -> String {
        switch word {
        case "one": "first"
        case "two": "second"
        case "three": "third"
        case "five": "fifth"
        case "eight": "eighth"
        case "nine": "ninth"
        case "twelve": "twelfth"
        default: word.hasSuffix("y") ? word.dropLast() + "ieth" : word + "th"
        }
    }

    /// "nineteen oh-five", "two thousand and five", "twenty ten"; 0…9999.
    static func year(_ number: Int) -> String {
        let (high, low) = (number / 100, number % 100)
        if high == 0 || (high % 10 == 0 && low < 10) || high >= 100 { return cardinal(number) }
        let end = low == 0 ? "hundred" : low < 10 ? "oh-" + cardinal(low) : cardinal(low)
        return cardinal(high) + " " + end
    }

    /// "three point one four"; zeros at the end are said: "3.10" is another version than "3.1".
    static func decimal(whole: Int, fraction: some Sequence<Unicode.Scalar>) -> String {
        let digits = Array(fraction)
        let words = cardinal(whole)
        if digits.isEmpty { return words }
        return words + " point " + digits.map { ones[$0.digit] }.joined(separator: " ")
    }
}
