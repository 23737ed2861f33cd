/// Times and dates that `Normalizer` does not know: stamps, ranges, weekdays, chapter and verse.
extension SemioticClassifier {
    /// "2023-07-04T18:22:09Z", "2023-07-04 18:22".
    func stamp(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.digits(at, limit: 5) == 4, text.at(at + 4) == "-", text.digits(at + 5) == 2,
            text.at(at + 7) == "-", text.digits(at + 8) == 2, text.at(at + 10) == "T",
            text.digits(at + 11) == 2, text.at(at + 13) == ":", text.digits(at + 14) == 2,
            let date = normalizer.isoDate(Array(text[at..<at + 10]), 0)
        else { return nil }
        let (hour, minute) = (text.integer(at + 11..<at + 13), text.integer(at + 14..<at + 16))
        var end = at + 16
        var words = date.words + ", " + hourAndMinute(hour, minute)
        if text.at(end) == ":", text.digits(end + 1) == 2 {
            let second = text.integer(end + 1..<end + 3)
            words += " and \(NumberWords.cardinal(second)) " + (second == 1 ? "second" : "seconds")
            end += 3
            if text.at(end) == ".", text.digits(end + 1) > 0 { end += 1 + text.digits(end + 1) }
        }
        if text.at(end) == "Z" {
            words += " Z"
            end += 1
        } else if let sign = text.at(end), sign == "+" || sign == "-", text.digits(end + 1) == 2 {
            words += (sign == "+" ? " plus " : " minus ") + "\(text.integer(end + 1..<end + 3))"
            end += text.at(end + 3) == ":" ? 6 : text.digits(end + 1) + 1
        }
        return Reading(end: end, words: words)
    }

    private func hourAndMinute(_ hour: Int, _ minute: Int) -> String {
        let head = NumberWords.cardinal(hour)
        if minute == 0 { return head + " hundred" }
        return head + (minute < 10 ? " oh " : " ") + NumberWords.cardinal(minute)
    }

    /// "am" or "p.m." after an hour: with dots, and where it ends.
    private func half(_ text: Scalars, _ at: Int) -> (words: String, end: Int)? {
        var end = past(text, at)
        guard let letter = text.at(end), "AaPp".unicodeScalars.contains(letter) else { return nil }
        end += 1
        let isDotted = text.at(end) == "."
        if isDotted { end += 1 }
        guard text.at(end) == "m" || text.at(end) == "M" else { return nil }
        end += 1
        if isDotted, text.at(end) == "." { end += 1 }
        guard !(text.at(end)?.isWordPart ?? false) else { return nil }
        let name = letter == "a" || letter == "A" ? "A.M." : "P.M."
        // The dot of a sentence's end stays outside.
        if isDotted, past(text, end) >= text.count { return (String(name.dropLast()), end - 1) }
        return (name, end)
    }

    /// "7.30pm", "7.30 a.m.": a dot where others write a colon.
    func clock(_ text: Scalars, _ at: Int) -> Reading? {
        let hours = text.digits(at, limit: 3)
        if (1...2).contains(hours), text.at(at + hours) == ".", text.digits(at + hours + 1) == 2,
            text.integer(at..<at + hours) <= 23,
            text.integer(at + hours + 1..<at + hours + 3) <= 59,
            let half = half(text, at + hours + 3)
        {
            let minute = text.integer(at + hours + 1..<at + hours + 3)
            let head = NumberWords.cardinal(text.integer(at..<at + hours))
            let tail =
                minute == 0 ? "" : (minute < 10 ? " oh " : " ") + NumberWords.cardinal(minute)
            return Reading(end: half.end, words: head + tail + " " + half.words)
        }
        return nil
    }

    /// "10:30–1", "8–10 a.m.", "9:00-17:00", "3:30pm": a time and, behind a dash, the next.
    func timeRange(_ text: Scalars, _ at: Int) -> Reading? {
        guard let left = hour(text, at) else { return nil }
        guard let next = joint(text, left.end, spaced: left.isSure), let right = hour(text, next),
            left.isSure || right.isSure, left.isSure || right.half != nil,
            text.at(left.end) != " " || right.isSure
        else {
            return left.isSure && left.hasMinutes
                ? normalizer.time(text, at)
                : left.isSure ? Reading(end: left.end, words: left.words) : nil
        }
        return Reading(end: right.end, words: left.words + " to " + right.words)
    }

    private struct Hour {
        let words: String
        let end: Int
        let half: String?
        let hasMinutes: Bool
        var isSure: Bool { half != nil || hasMinutes }
    }

    private func hour(_ text: Scalars, _ at: Int) -> Hour? {
        let digits = text.digits(at, limit: 3)
        guard (1...2).contains(digits), text.integer(at..<at + digits) <= 24 else { return nil }
        var end = at + digits
        let hour = text.integer(at..<end)
        var words = NumberWords.cardinal(hour)
        var hasMinutes = false
        if text.at(end) == ":", text.digits(end + 1, limit: 3) == 2 {
            let minute = text.integer(end + 1..<end + 3)
            guard minute < 60, text.at(end + 3) != ":" else { return nil }
            hasMinutes = true
            end += 3
            words += minute == 0 ? "" : (minute < 10 ? " oh " : " ") + NumberWords.cardinal(minute)
            if minute == 0, half(text, end) == nil { words += " o'clock" }
        }
        let half = half(text, end)
        if let half { (words, end) = (words + " " + half.words, half.end) }
        if let next = text.at(end), next.isWordPart || next == "/" || next == "%" { return nil }
        if text.at(end) == ".", text.at(end + 1)?.isDigit ?? false { return nil }
        return Hour(words: words, end: end, half: half?.words, hasMinutes: hasMinutes)
    }

    /// "1 Jan 2024 – 31 Dec 2025", "4–6 July": days on both sides of a dash.
    func dayRange(_ text: Scalars, _ at: Int) -> Reading? {
        if let left = normalizer.dayMonth(text, at) {
            let hasArticle = before(text, at).lowercased() == "the"
            var end = left.end
            var words = hasArticle ? String(left.words.dropFirst(4)) : left.words
            let day = words
            let year = past(text, end)
            if text.digits(year) == 4, text.integer(year..<year + 4) < 2200,
                year > end || text.at(end) == " "
            {
                words += " " + text.text(year..<year + 4)
                end = year + 4
            }
            if let next = joint(text, end), let right = normalizer.dayMonth(text, next) {
                return Reading(end: right.end, words: words + " to " + right.words)
            }
            return Reading(end: left.end, words: day)
        }
        let count = text.digits(at, limit: 3)
        guard (1...2).contains(count), let next = joint(text, at + count, spaced: false),
            let right = normalizer.dayMonth(text, next)
        else { return nil }
        let day = NumberWords.ordinal(text.integer(at..<at + count))
        return Reading(end: right.end, words: "the \(day) to " + right.words)
    }

    private static let months = table(
        "Jan:January|Feb:February|Mar:March|Apr:April|May:May|Jun:June|Jul:July|Aug:August|"
            + "Sep:September|Sept:September|Oct:October|Nov:November|Dec:December|"
            + "January:January|February:February|March:March|April:April|June:June|July:July|"
            + "August:August|September:September|October:October|November:November|December:December"
    )
    private static let days = table(
        "Mon:Monday|Tue:Tuesday|Tues:Tuesday|Wed:Wednesday|Thu:Thursday|Thur:Thursday|"
            + "Thurs:Thursday|Fri:Friday|Sat:Saturday|Sun:Sunday|Monday:Monday|Tuesday:Tuesday|"
            + "Wednesday:Wednesday|Thursday:Thursday|Friday:Friday|Saturday:Saturday|Sunday:Sunday")

    private func named(
        _ table: [String: String], _ text: Scalars, _ at: Int
    ) -> (word: String, end: Int, isShort: Bool)? {
        let end = lettersEnd(text, at)
        let name = text.text(at..<end)
        let isShouted = end > at + 2 && text[at + 1].isUpper
        guard
            let word = table[name]
                ?? (isShouted ? table[name.prefix(1) + name.dropFirst().lowercased()] : nil)
        else { return nil }
        let isShort = word != name
        return (word, isShort && text.at(end) == "." ? end + 1 : end, isShort)
    }

    /// "Oct-Dec 2024", "Jan. 3–5", "Jan 3 – Feb 5", "Dec 25th".
    func monthRange(_ text: Scalars, _ at: Int) -> Reading? {
        guard let left = named(Self.months, text, at) else { return nil }
        if let next = joint(text, left.end), let right = named(Self.months, text, next) {
            if let day = normalizer.monthDay(text, next) {
                return Reading(end: day.end, words: left.word + " to " + day.words)
            }
            return Reading(end: right.end, words: left.word + " to " + right.word)
        }
        guard let first = normalizer.monthDay(text, at) else {
            // "Oct 2024", "in Sept."
            let year = past(text, left.end)
            guard left.isShort, text.digits(year) == 4, year > left.end else { return nil }
            return Reading(end: left.end, words: left.word)
        }
        guard let next = joint(text, first.end) else { return first }
        if let second = normalizer.monthDay(text, next) {
            return Reading(end: second.end, words: first.words + " to " + second.words)
        }
        let digits = text.digits(next, limit: 3)
        guard (1...2).contains(digits), text.integer(next..<next + digits) <= 31,
            text.at(next - 1) != " ", !(text.at(next + digits)?.isWordPart ?? false)
        else { return first }
        let day = NumberWords.ordinal(text.integer(next..<next + digits))
        return Reading(end: next + digits, words: first.words + " to " + day)
    }

    /// "Mon–Fri", "Sat 10:30", "Sat., Oct. 5th"; a short form needs a number, a month, a mark or
    /// another day beside it, since "sat" and "sun" are words.
    func weekday(_ text: Scalars, _ at: Int) -> Reading? {
        guard let left = named(Self.days, text, at) else { return nil }
        if let next = joint(text, left.end), let right = named(Self.days, text, next) {
            return Reading(end: right.end, words: left.word + " to " + right.word)
        }
        // "SAT" alone is a test.
        guard left.isShort, !text[at + 1].isUpper else { return nil }
        let next = past(text, left.end)
        let mark = text.at(next)
        let isNamed =
            mark?.isDigit ?? false || named(Self.months, text, next) != nil
            || ["and", "at", "to", "or", "from", "through", "thru"].contains(after(text, next))
            || ((mark == "," || mark == "/" || mark == ":" || mark == "&") && left.end == next)
        let isEnd = mark == nil || mark == ")" || (mark == "." && left.end == next)
        guard
            isNamed
                || isEnd
                    && [
                        "on", "every", "by", "until", "this", "next", "last", "through", "thru",
                    ].contains(before(text, at).lowercased())
        else { return nil }
        let isDotted = text.at(left.end - 1) == "." && next >= text.count
        return Reading(end: isDotted ? left.end - 1 : left.end, words: left.word)
    }

    private static let books = words(
        "Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Samuel Kings Chronicles "
            + "Ezra Nehemiah Esther Job Psalm Psalms Proverbs Ecclesiastes Isaiah Jeremiah Ezekiel "
            + "Daniel Hosea Joel Amos Micah Matthew Mark Luke John Acts Romans Corinthians "
            + "Galatians Ephesians Philippians Colossians Thessalonians Timothy Titus Philemon "
            + "Hebrews James Peter Jude Revelation Sirach Tobit Quran Surah")
    private static let bookNames = table(
        "Gen:Genesis|Ex:Exodus|Exod:Exodus|Lev:Leviticus|Num:Numbers|Deut:Deuteronomy|"
            + "Josh:Joshua|Judg:Judges|Sam:Samuel|Kgs:Kings|Chron:Chronicles|Neh:Nehemiah|"
            + "Ps:Psalm|Pss:Psalms|Prov:Proverbs|Eccl:Ecclesiastes|Isa:Isaiah|Jer:Jeremiah|"
            + "Ezek:Ezekiel|Dan:Daniel|Matt:Matthew|Mt:Matthew|Mk:Mark|Lk:Luke|Jn:John|Rom:Romans|"
            + "Cor:Corinthians|Gal:Galatians|Eph:Ephesians|Phil:Philippians|Col:Colossians|"
            + "Thess:Thessalonians|Tim:Timothy|Heb:Hebrews|Jas:James|Pet:Peter|Rev:Revelation")

    /// "Matt. 5": a book by its short name, before chapter and verse.
    func book(_ text: Scalars, _ at: Int) -> Reading? {
        let end = lettersEnd(text, at)
        guard let name = Self.bookNames[text.text(at..<end)] else { return nil }
        let next = past(text, text.at(end) == "." ? end + 1 : end)
        let chapter = text.digits(next)
        guard chapter > 0, next > end, text.at(next + chapter) == ":" else { return nil }
        return Reading(end: next, words: name + " ")
    }

    /// "3:16" and "13:4–7" behind a book; "1 Cor." before it is "First Corinthians".
    func verse(_ text: Scalars, _ at: Int) -> Reading? {
        let count = text.digits(at, limit: 4)
        if count == 1, (1...3).contains(text[at].digit), text.at(at + 1) == " " {
            let end = lettersEnd(text, at + 2)
            let word = text.text(at + 2..<end)
            let name = Self.bookNames[word] ?? (Self.books.contains(word) ? word : nil)
            let next = past(text, text.at(end) == "." ? end + 1 : end)
            let chapter = text.digits(next)
            if let name, chapter > 0, text.at(next + chapter) == ":" {
                let order = ["First", "Second", "Third"][text[at].digit - 1]
                return Reading(end: next, words: "\(order) \(name) ")
            }
        }
        guard count < 4, text.at(at + count) == ":" else { return nil }
        let ahead = before(text, at)
        guard Self.books.contains(ahead) || Self.bookNames[ahead] != nil else { return nil }
        let first = text.digits(at + count + 1, limit: 4)
        guard (1...3).contains(first) else { return nil }
        var end = at + count + 1 + first
        var words = text.text(at..<at + count) + " " + text.text(at + count + 1..<end)
        if isDash(text.at(end)), (1...3).contains(text.digits(end + 1)) {
            let last = end + 1 + text.digits(end + 1)
            words += " to " + text.text(end + 1..<last)
            end = last
        }
        return Reading(end: end, words: words)
    }
}
