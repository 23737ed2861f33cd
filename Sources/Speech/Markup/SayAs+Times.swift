/// Dates, times, durations and fractions of `say-as`.
extension SayAs {
    // MARK: dates

    /// "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", also with each letter repeated
    /// and with separators ("yyyymmdd", "dd/mm/yyyy"): which part is which. A part of question
    /// marks is not told.
    static func date(_ text: String, format: String) -> String? {
        let letters = format.lowercased().unicodeScalars.filter {
            "ymd".unicodeScalars.contains($0)
        }
        var runs: [(name: Unicode.Scalar, count: Int)] = []
        for letter in letters {
            if runs.last?.name == letter {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((letter, 1))
            }
        }
        let marks = "/-. ".unicodeScalars
        var parts = text.scalars.split { marks.contains($0) }.map { Array($0) }
        // ISO's way of writing needs no format.
        if runs.isEmpty, parts.count == 3, parts[0].count == 4 {
            runs = [("y", 4), ("m", 2), ("d", 2)]
        }
        if parts.count == 1, runs.count > 1 { parts = cut(parts[0], runs) }
        guard !runs.isEmpty, runs.count == parts.count, Set(runs.map(\.name)).count == runs.count
        else { return nil }
        var values: [Unicode.Scalar: Int] = [:]
        for (run, part) in zip(runs, parts) where !part.allSatisfy({ $0 == "?" }) {
            guard let number = whole(part) else { return nil }
            let isShort = run.name == "y" && part.count == 2
            values[run.name] = isShort ? number + (number > 30 ? 1900 : 2000) : number
        }
        return date(year: values["y"], month: values["m"], day: values["d"])
    }

    /// Digits that nothing parts: by how often each letter stands in the format, else by the
    /// lengths that dates have.
    private static func cut(
        _ digits: Scalars, _ runs: [(name: Unicode.Scalar, count: Int)]
    ) -> [Scalars] {
        var lengths = runs.map(\.count)
        if lengths.reduce(0, +) != digits.count {
            lengths = runs.map { $0.name == "y" ? 4 : 2 }
            if lengths.reduce(0, +) != digits.count { lengths = runs.map { _ in 2 } }
        }
        guard lengths.reduce(0, +) == digits.count else { return [] }
        var at = 0
        return lengths.map { length in
            defer { at += length }
            return Array(digits[at..<at + length])
        }
    }

    private static func date(year: Int?, month: Int?, day: Int?) -> String? {
        if let month, !(1...12).contains(month) { return nil }
        if let day, !(1...31).contains(day) { return nil }
        if let year, year > 9999 { return nil }
        var words: [String] = []
        if let month { words.append(Normalizer.monthNames[month - 1]) }
        if let day { words.append((month == nil ? "the " : "") + NumberWords.ordinal(day)) }
        let front = words.joined(separator: " ")
        guard let year else { return front.isEmpty ? nil : front }
        let spelt = spoken(NumberWords.year(year)).replacingHyphens
        return front.isEmpty ? spelt : front + ", " + spelt
    }

    // MARK: times

    /// "1430" is "14:30", "2:30:15" has its seconds, "1'21\"" is a duration; what else has a colon
    /// is read by itself. - format: "hms12" tells the hour of twelve.
    static func time(_ text: String, format: String) -> String? {
        if text.contains("'") || text.contains("\"") { return duration(text, format: "ms") }
        var body = text.scalars
        if body.allSatisfy(\.isDigit), (3...4).contains(body.count) {
            body.insert(":", at: body.count - 2)
        }
        let fields = body.split(separator: ":", omittingEmptySubsequences: false).map { Array($0) }
        guard (2...3).contains(fields.count), fields.allSatisfy({ (1...2).contains($0.count) }),
            fields.joined().allSatisfy(\.isDigit)
        else { return body == text.scalars ? nil : String(body) }
        let numbers = fields.map { $0.integer(0..<$0.count) }
        guard numbers[0] < 25, numbers.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
        var words = "\(numbers[0]):" + String(fields[1])
        if format.contains("12"), numbers[0] > 12 {
            words = "\(numbers[0] - 12):" + String(fields[1]) + " PM"
        }
        if fields.count == 3 { words += " and " + counted(numbers[2], "second") }
        return words
    }

    /// "2:30:45", "1'21\"", "PT1H30M" and "1h 30m" as hours, minutes and seconds.
    /// - format: which the parts are, as "hms", "hm" or "ms".
    static func duration(_ text: String, format: String) -> String? {
        let lower = text.lowercased().scalars.filter { !$0.isSpace }
        var units: [Unicode.Scalar: Int] = [:]
        if lower.allSatisfy({ $0.isDigit || $0 == ":" }) {
            let fields = lower.split(separator: ":", omittingEmptySubsequences: false)
            let wanted = format.lowercased().unicodeScalars.filter {
                "hms".unicodeScalars.contains($0)
            }
            var names: [Unicode.Scalar] = []
            for name in wanted where names.last != name { names.append(name) }
            if names.count != fields.count {
                names = fields.count == 3 ? ["h", "m", "s"] : fields.count == 2 ? ["m", "s"] : []
            }
            guard !names.isEmpty else { return nil }
            for (name, field) in zip(names, fields) {
                guard let number = whole(Array(field)) else { return nil }
                units[name] = number
            }
        } else {
            let isISO = lower.first == "p"
            var (digits, isTime): (Scalars, Bool) = ([], !isISO)
            for scalar in isISO ? Array(lower.dropFirst()) : lower {
                if scalar.isDigit {
                    digits.append(scalar)
                    continue
                }
                if scalar == "t", digits.isEmpty, isISO {
                    isTime = true
                    continue
                }
                let name: Unicode.Scalar = scalar == "'" ? "m" : scalar == "\"" ? "s" : scalar
                guard let number = whole(digits),
                    (isTime ? "hms" : "d").unicodeScalars.contains(name), units[name] == nil
                else { return nil }
                units[name] = number
                digits = []
            }
            guard digits.isEmpty else { return nil }
        }
        let named: [(Unicode.Scalar, String)] = [
            ("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second"),
        ]
        let present = named.filter { units[$0.0] != nil }
        // Of nothing but zeros the last is spoken.
        let isNothing = present.allSatisfy { units[$0.0] == 0 }
        let reported = isNothing ? present.suffix(1) : present.filter { units[$0.0] != 0 }[...]
        let said = reported.map { counted(units[$0.0] ?? 0, $0.1) }
        return said.isEmpty ? nil : said.joined(separator: " ")
    }

    private static func counted(_ number: Int, _ unit: String) -> String {
        spoken(NumberWords.cardinal(number)) + " " + unit + (number == 1 ? "" : "s")
    }

    // MARK: fractions

    /// "3/20", "1 1/2" and "1+1/2".
    static func fraction(_ text: String) -> String? {
        let groups = text.scalars.split { $0 == " " || $0 == "+" }
        guard (1...2).contains(groups.count), let last = groups.last else { return nil }
        let parts = last.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let top = whole(Array(parts[0])),
            let bottom = whole(Array(parts[1])), bottom > 0
        else { return nil }
        let count = spoken(NumberWords.cardinal(top))
        let isOne = top == 1
        var words: String
        switch bottom {
        case 1: words = count + (isOne ? " whole" : " wholes")
        case 2: words = count + (isOne ? " half" : " halves")
        case 4: words = count + (isOne ? " quarter" : " quarters")
        default: words = count + " " + spoken(NumberWords.ordinal(bottom)) + (isOne ? "" : "s")
        }
        if groups.count == 2 {
            guard let front = whole(Array(groups[0])) else { return nil }
            words = spoken(NumberWords.cardinal(front)) + " and " + words
        }
        return words
    }
}
