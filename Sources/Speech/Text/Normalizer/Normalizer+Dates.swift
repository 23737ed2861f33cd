import EngineAPI

/// Times and dates.
extension Normalizer {
    static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]

    /// "3:30pm", "14:05", "1:02:03".
    func time(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, text.isBoundary(at) else { return nil }
        let hourDigits = text.digits(at, limit: 3)
        var end = at + hourDigits
        guard hourDigits < 3, text.at(end) == ":", text.digits(end + 1, limit: 2) == 2 else {
            return nil
        }
        let (hour, minute) = (text.integer(at..<end), text.integer(end + 1..<end + 3))
        end += 3
        var second: Int?
        if text.at(end) == ":", text.digits(end + 1, limit: 2) == 2 {
            second = text.integer(end + 1..<end + 3)
            end += 3
        }
        var half: String?
        if let found = dayHalf(text, end) { (half, end) = found }
        guard !(text.at(end)?.isDigit ?? false) else { return nil }
        guard hour <= 24, minute <= 59, second ?? 0 <= 59 else { return nil }
        if hour == 0, let second, half == nil {
            // "00:01:30" in a transcript is how long.
            let minutes =
                minute == 0
                ? "" : NumberWords.cardinal(minute) + (minute == 1 ? " minute" : " minutes")
            let seconds = NumberWords.cardinal(second) + (second == 1 ? " second" : " seconds")
            return Reading(
                end: end, words: minutes + (minutes.isEmpty ? "" : " and ") + seconds)
        }
        if let second, half == nil, isRun(text, at) {
            let parts = [minute, second].map {
                ($0 < 10 ? "oh " : "") + ($0 == 0 ? "oh" : NumberWords.cardinal($0))
            }
            return Reading(
                end: end, words: NumberWords.cardinal(hour) + " " + parts.joined(separator: " "))
        }
        var words = NumberWords.cardinal(hour)
        if minute == 0 {
            words += half == nil && second == nil ? " o'clock" : ""
        } else {
            words += (minute < 10 ? " oh " : " ") + NumberWords.cardinal(minute)
        }
        if let second {
            words += " and " + NumberWords.cardinal(second) + (second == 1 ? " second" : " seconds")
        }
        // With dots, so that the letters are spelt.
        if let half { words += " " + half + ".M" + (text.at(end) == "." ? "" : ".") }
        if let next = hyphen(text, end) { return Reading(end: next, words: words + " to ") }
        return Reading(end: end, words: words)
    }

    /// Whether three numbers are how long something took, by the word before them.
    private func isRun(_ text: Scalars, _ at: Int) -> Bool {
        var start = at
        while let scalar = text.at(start - 1), scalar == " " { start -= 1 }
        let end = start
        while let scalar = text.at(start - 1), scalar.isASCIILetter { start -= 1 }
        return ["in", "of", "was", "time", "ran", "finished", "clocked", "record", "is", "took"]
            .contains(text.text(start..<end).lowercased())
    }

    /// Where a hyphen between two times ends, with the spaces around it.
    private func hyphen(_ text: Scalars, _ at: Int) -> Int? {
        let mark = text.at(at) == " " ? at + 1 : at
        guard text.at(mark) == "-" || text.at(mark) == "–" else { return nil }
        let next = text.at(mark + 1) == " " ? mark + 2 : mark + 1
        let digits = text.digits(next, limit: 3)
        return (1...2).contains(digits) && text.at(next + digits) == ":" ? next : nil
    }

    /// "12.05.2024" is a date with its day first, "2.10.3" a version, "10.0.0.1" an address.
    func dotted(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, isFree(text, at) || isVersionSign(text, at) else { return nil }
        var parts: [Range<Int>] = []
        var end = at
        while true {
            let count = text.digits(end, limit: 5)
            guard (1...4).contains(count) else { return nil }
            parts.append(end..<end + count)
            end += count
            guard text.at(end) == ".", text.at(end + 1)?.isDigit ?? false else { break }
            end += 1
        }
        guard (3...4).contains(parts.count), isClosed(text, end) else { return nil }
        let numbers = parts.map { text.integer($0) }
        if parts.count == 3, parts[2].count == 4, parts[0].count <= 2, parts[1].count <= 2,
            let words = date(year: text.text(parts[2]), month: numbers[1], day: numbers[0])
        {
            return Reading(end: end, words: words)
        }
        if parts.contains(where: { $0.count > 3 }) { return nil }
        let isAddress = parts.count == 4 && numbers.allSatisfy { $0 < 256 }
        let words = parts.map { part in
            isAddress && part.count == 3
                ? text[part].map { String($0) }.joined(separator: " ") : text.text(part)
        }
        return Reading(end: end, words: words.joined(separator: isAddress ? " dot " : " point "))
    }

    /// "v2.1.0".
    private func isVersionSign(_ text: Scalars, _ at: Int) -> Bool {
        text.at(at - 1) == "v" && text.isBoundary(at - 1)
    }

    /// "am", "P.M." after a time: its first letter as a capital, and where it ends.
    private func dayHalf(_ text: Scalars, _ from: Int) -> (String, Int)? {
        var end = text.at(from)?.isSpace ?? false ? from + 1 : from
        guard let letter = text.at(end), "AaPp".unicodeScalars.contains(letter) else { return nil }
        end += 1
        if text.at(end) == "." { end += 1 }
        guard text.at(end) == "m" || text.at(end) == "M" else { return nil }
        end += 1
        if text.at(end) == "." { end += 1 }
        guard !(text.at(end)?.isASCIILetter ?? false) else { return nil }
        return (String(letter).uppercased(), end)
    }

    private func date(year: String?, month: Int, day: Int) -> String? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let words = Normalizer.monthNames[month - 1] + " " + NumberWords.ordinal(day)
        return words + (year.map { ", " + $0 } ?? "")
    }

    /// A month and a day without a year, as a fraction may mean it.
    func monthAndDay(_ month: Int, _ day: Int) -> String? {
        date(year: nil, month: month, day: day)
    }

    /// "2024-03-01".
    func isoDate(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, text.isBoundary(at), text.digits(at, limit: 5) == 4,
            text.at(at + 4) == "-", text.digits(at + 5) == 2, text.at(at + 7) == "-",
            text.digits(at + 8) == 2, text.isBoundary(at + 10),
            let words = date(
                year: text.text(at..<at + 4), month: text.integer(at + 5..<at + 7),
                day: text.integer(at + 8..<at + 10))
        else { return nil }
        return Reading(end: at + 10, words: words)
    }

    /// "3/14/2024", "14/3/24".
    func slashDate(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isDigit, text.isBoundary(at) else { return nil }
        let first = text.digits(at, limit: 3)
        let second = text.digits(at + first + 1, limit: 3)
        let slash = at + first + 1 + second
        let years = text.digits(slash + 1)
        guard (1...2).contains(first), (1...2).contains(second), text.at(at + first) == "/",
            text.at(slash) == "/", years == 2 || years == 4, text.isBoundary(slash + 1 + years)
        else { return nil }
        let (a, b) = (text.integer(at..<at + first), text.integer(at + first + 1..<slash))
        var year = text.text(slash + 1..<slash + 1 + years)
        if years == 2 { year = (Int(year) ?? 0 > 30 ? "19" : "20") + year }
        let (month, day) = a <= 12 ? (a, b) : (b, a)
        return date(year: year, month: month, day: day).map {
            Reading(end: slash + 1 + years, words: $0)
        }
    }

    /// A month's name or its abbreviation with a capital; its number and length.
    private func month(_ text: Scalars, _ at: Int) -> (name: String, length: Int)? {
        guard text.at(at)?.isUpper ?? false, text.isBoundary(at) else { return nil }
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter, end - at < 10 { end += 1 }
        let word = text.text(at..<end)
        guard let full = rules.text("m" + word.prefix(3).lowercased()) else { return nil }
        let isShort = word.count == 3 && word.dropFirst() == word.dropFirst().lowercased()
        return word == full || isShort || word == "Sept" ? (full, end - at) : nil
    }

    /// "March 3rd, 2024", "Feb. 30".
    func monthDay(_ text: Scalars, _ at: Int) -> Reading? {
        guard let (name, length) = month(text, at) else { return nil }
        var end = at + length
        if text.at(end) == "." { end += 1 }
        guard text.at(end) == " " else { return nil }
        end += 1
        let digits = text.digits(end, limit: 3)
        guard (1...2).contains(digits) else { return nil }
        let day = text.integer(end..<end + digits)
        end += digits
        if ["st", "nd", "rd", "th"].contains(where: { text.has($0, end) }) { end += 2 }
        guard text.isBoundary(end), (1...31).contains(day) else { return nil }
        if let next = text.at(end), ":%".unicodeScalars.contains(next) { return nil }
        if text.at(end) == ".", text.at(end + 1)?.isDigit ?? false { return nil }
        var words = name + " " + NumberWords.ordinal(day)
        let year = text.at(end) == "," ? end + 1 : end
        if text.at(year) == " ", text.digits(year + 1) == 4, text.isBoundary(year + 5) {
            words += text.text(end..<year + 5)
            end = year + 5
        }
        return Reading(end: end, words: words)
    }

    /// "the 3 of March", "14 July".
    func dayMonth(_ text: Scalars, _ at: Int) -> Reading? {
        guard text.isBoundary(at) else { return nil }
        var end = text.has("the ", at) ? at + 4 : at
        let digits = text.digits(end, limit: 3)
        guard (1...2).contains(digits), text.at(end + digits) == " " else { return nil }
        if let before = text.at(at - 1), ".,/-".unicodeScalars.contains(before) { return nil }
        let day = text.integer(end..<end + digits)
        end += digits + 1
        if text.has("of ", end) { end += 3 }
        guard let (name, length) = month(text, end), (1...31).contains(day) else { return nil }
        end += length
        // "14 May 3 …" or "2 Mar. " keep their dot out; a sentence's end keeps its own.
        if text.at(end) == ".", end + 1 < text.count { end += 1 }
        return Reading(end: end, words: "the " + NumberWords.ordinal(day) + " of " + name)
    }
}
