/// Signs of arithmetic and comparison, of code and of reference.
extension SemioticClassifier {
    private func isTerm(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar.isWordPart || "()√π∞$€£¥²³%°'".unicodeScalars.contains(scalar)
    }

    /// "-5", "−3 °C", "–10": minus, where no word or number is before it.
    func negative(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        guard isDash(text[at]) else { return nil }
        let next = text.at(at + 1)
        let before = text.at(at - 1)
        let isFree = before.map { " (=<>≤≥,:/[*×^±|~≈\"“".unicodeScalars.contains($0) } ?? true
        if isFree, text[at] != "—",
            next?.isDigit ?? false || (next == "." && text.at(at + 2)?.isDigit ?? false)
        {
            return Reading(end: at + 1, words: "minus ")
        }
        if text[at] == "−" {
            if isFree, let next, next.isWordPart || next == "∞" || next == "√" {
                return Reading(end: at + 1, words: "minus ")
            }
            return isTerm(next == " " ? text.at(at + 2) : next) && !isFree || before == " "
                ? Reading(end: past(text, at + 1), words: before == " " ? "minus " : " minus ")
                : nil
        }
        // A hyphen between the terms of an equation.
        guard line.isEquation, text[at] != "—", before == " ", next == " ",
            isTerm(text.at(at - 2)), isTerm(text.at(at + 2))
        else { return nil }
        let isNumeric =
            text.at(at + 2)?.isDigit ?? false || text.at(at - 2)?.isDigit ?? false
            || !(text.at(at + 3)?.isASCIILetter ?? false)
        return isNumeric ? Reading(end: at + 2, words: "minus ") : nil
    }

    private static let comparisons: [(String, String)] = [
        ("!==", "not equal to"), ("===", "equals"), ("!=", "not equal to"), ("==", "equals"),
        ("<=", "less than or equal to"), (">=", "greater than or equal to"), ("=>", "arrow"),
        ("->", "to"), ("&&", "and"), ("||", "or"), ("≠", "not equal to"),
        ("≤", "less than or equal to"), ("≥", "greater than or equal to"),
        ("≈", "is approximately"), ("≡", "is equivalent to"), ("±", "plus or minus"),
        ("∞", "infinity"), ("→", "to"), ("∝", "is proportional to"), ("∈", "in"),
        ("∴", "therefore"), ("∑", "the sum of"), ("∫", "the integral of"), ("∂", "partial"),
        ("∇", "del"), ("∅", "the empty set"), ("∪", "union"), ("∩", "intersection"),
        ("‰", "per mille"), ("№", "number"), ("℃", "degrees Celsius"), ("℉", "degrees Fahrenheit"),
    ]

    func comparison(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        if text[at] == "π", text.at(at + 1)?.isASCIILetter ?? false {
            return Reading(end: at + 2, words: "pi " + text.text(at + 1..<at + 2).uppercased())
        }
        for (sign, words) in Self.comparisons where text.has(sign, at) {
            let end = at + sign.unicodeScalars.count
            if sign == "->" || sign == "=>" || sign == "→" {
                guard text.at(end) == " ", text.at(at - 1) == " " else { return nil }
            }
            // Rulers and table rows are no operators.
            if let next = text.at(end), sign.count > 1, "=-|&".unicodeScalars.contains(next) {
                return nil
            }
            if sign == "≈" || sign == "~",
                text.at(at - 1) == nil || before(text, at).isEmpty || text.at(at - 1) == "("
            {
                return Reading(end: past(text, end), words: "approximately ")
            }
            let ahead = before(text, at)
            if sign == "≈", ahead.count > 1, ahead.allSatisfy(\.isLowercase) {
                return Reading(end: past(text, end), words: "approximately ")
            }
            return Reading(
                end: past(text, end), words: (text.at(at - 1) == " " ? "" : " ") + words + " ")
        }
        if text.has("~/", at), text.at(at + 2)?.isWordPart ?? false {
            return Reading(end: at + 2, words: "tilde slash ")
        }
        if text[at] == "~", text.at(at - 1).map({ !$0.isWordPart && $0 != "~" }) ?? true,
            let next = text.at(at + 1), next.isDigit || next == "$" || next == "€" || next == "£"
        {
            return Reading(end: at + 1, words: "about ")
        }
        return nil
    }

    /// "3 * 4", "6 ÷ 2", "a + b", "8 / 2 = 4".
    func arithmetic(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        let here = text[at]
        guard "*/+×÷·^²³".unicodeScalars.contains(here) else { return nil }
        let left = text.at(at - 1) == " " ? text.at(at - 2) : text.at(at - 1)
        let isSpaced = text.at(at - 1) == " " && text.at(at + 1) == " "
        let right = text.at(at + 1) == " " ? text.at(at + 2) : text.at(at + 1)
        if here == "^" || here == "²" || here == "³" {
            guard isTerm(left), text.at(at - 1) != " ", let power = exponent(text, at) else {
                return nil
            }
            let start = range(before: at, in: text).lowerBound
            // A raised number behind a word is a note's.
            if here == "^", at - start > 3, text[start].isASCIILetter {
                return Reading(end: power.end, words: "")
            }
            return Reading(end: power.end, words: " " + power.words)
        }
        guard isTerm(left), isTerm(right) else { return nil }
        let isNumeric = left?.isDigit ?? false || right?.isDigit ?? false
        switch here {
        case "*" where isSpaced || (isNumeric && text.at(at - 1) != " " && text.at(at + 1) != " "):
            return Reading(end: past(text, at + 1), words: isSpaced ? "times " : " times ")
        case "·" where isSpaced:
            let isProduct = left?.isDigit ?? false && right?.isDigit ?? false
            return Reading(end: at + 2, words: isProduct ? "times " : ", ")
        case "/" where isSpaced && line.isEquation && isNumeric:
            return Reading(end: at + 2, words: "divided by ")
        case "×" where isSpaced && isUnit(before(text, at)):
            return Reading(end: at + 2, words: "by ")
        case "×" where left.map { "\"″'′".unicodeScalars.contains($0) } ?? false:
            return Reading(end: past(text, at + 1), words: isSpaced ? "by " : " by ")
        case "+" where isSpaced: return Reading(end: at + 2, words: "plus ")
        default: return nil
        }
    }

    /// "√16", "∛27".
    func root(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "√" || text[at] == "∛" else { return nil }
        let name = text[at] == "√" ? "square" : "cube"
        let article = before(text, at).lowercased() == "the" ? "" : "the "
        return Reading(end: at + 1, words: "\(article)\(name) root of ")
    }

    /// "--force", "-m", "-rf": an option of a command.
    func option(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "-", text.at(at - 1).map({ $0 == " " || $0 == "(" || $0 == "\"" }) ?? true
        else { return nil }
        let isLong = text.at(at + 1) == "-"
        let start = at + (isLong ? 2 : 1)
        guard text.at(start)?.isASCIILetter ?? false else { return nil }
        let end = lettersEnd(text, start)
        if isLong { return Reading(end: start, words: "dash dash ") }
        let name = text.text(start..<end)
        guard end - start <= 3, !(text.at(end)?.isWordPart ?? false),
            name == name.lowercased() || end == start + 1
        else { return nil }
        return Reading(end: end, words: "dash " + letters(name))
    }

    private static let hidden = table(
        "NET:net|env:env|gitignore:git ignore|bashrc:bash R.C.|zshrc:Z shell R.C.|git:git|ssh:S.S.H.|dockerignore:docker ignore|npmrc:N.P.M. R.C."
    )

    /// ".env", ".NET", ".312", ".js files".
    func dotted(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == ".", let next = text.at(at + 1),
            text.at(at - 1).map({ " (\"/“'".unicodeScalars.contains($0) }) ?? true
        else { return nil }
        if next.isDigit {
            let end = at + 1 + text.digits(at + 1)
            guard !(text.at(end)?.isWordPart ?? false),
                text.at(end) != "." || !(text.at(end + 1)?.isDigit ?? false)
            else { return nil }
            if let unit = unit(text, end) {
                return Reading(
                    end: unit.end, words: "point " + digits(text, at + 1..<end) + " " + unit.more)
            }
            return Reading(end: end, words: "point " + digits(text, at + 1..<end))
        }
        let end = lettersEnd(text, at + 1)
        guard end > at + 1, text.at(end) != "." || !(text.at(end + 1)?.isWordPart ?? false) else {
            return nil
        }
        let name = text.text(at + 1..<end)
        let words = Self.hidden[name] ?? Self.extensions[name.lowercased()] ?? name
        return Reading(end: end, words: "dot " + words)
    }

    /// "§ 5", "¶ 3", "'98".
    func reference(_ text: Scalars, _ at: Int) -> Reading? {
        switch text[at] {
        case "§", "¶":
            var end = at + 1
            let isMany = text.at(end) == text[at]
            if isMany { end += 1 }
            let name = (text[at] == "§" ? "section" : "paragraph") + (isMany ? "s" : "")
            return Reading(end: past(text, end), words: name + " ")
        case "'" where text.has("'n'", at) && text.at(at - 1) == " " && text.at(at + 3) == " ":
            return Reading(end: at + 3, words: "and")
        case "'", "‘":
            guard text.digits(at + 1) == 2, text.at(at + 3) != "'",
                !(text.at(at + 3)?.isWordPart ?? false),
                !(text.at(at - 1)?.isWordPart ?? false)
            else { return nil }
            let year = text.integer(at + 1..<at + 3)
            return Reading(
                end: at + 3,
                words: year < 10 ? "oh " + NumberWords.ones[year] : NumberWords.cardinal(year))
        default: return nil
        }
    }

    private static let faces = words(
        "¯\\_(ツ)_/¯ ¯_(ツ)_/¯ :) :-) ;) ;-) :( :-( :D :-D :P :-P :p :/ :-/ :o :O <3 ^^ ^_^ :'( xD XD :3 =) </3"
    )

    /// Faces made of marks are not spoken.
    func face(_ text: Scalars, _ at: Int) -> Reading? {
        guard ":;=<^¯".unicodeScalars.contains(text[at]), text.at(at - 1).map(\.isSpace) ?? true
        else { return nil }
        var end = at
        while let scalar = text.at(end), !scalar.isSpace { end += 1 }
        var name = text.text(at..<end)
        while let last = name.last, ".!?,".contains(last) { name.removeLast() }
        return Self.faces.contains(name)
            ? Reading(end: at + name.unicodeScalars.count, words: "") : nil
    }
}
