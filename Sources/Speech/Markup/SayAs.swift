/// What `say-as` makes of a text; one that does not fit its kind is read as it stands.
enum SayAs {
    enum Said: Equatable {
        case words(String)
        case letters(String)
    }

    static func said(_ text: String, as kind: String, format: String) -> Said {
        switch kind {
        case "characters", "spell-out", "verbatim", "digits": return .letters(text)
        case "cardinal": return .words(cardinal(text) ?? text)
        case "ordinal": return .words(ordinal(text) ?? text)
        case "number":
            let words = format == "ordinal" ? ordinal(text) : cardinal(text)
            return .words(words ?? text)
        case "date": return .words(date(text, format: format) ?? text)
        case "time": return .words(time(text) ?? text)
        case "telephone": return .words(telephone(text) ?? text)
        default: return .words(text)
        }
    }

    /// As the voice reads numbers: without "and".
    private static func spoken(_ words: String) -> String {
        words.split(whereSeparator: { $0 == " " || $0 == "," }).filter { $0 != "and" }
            .joined(separator: " ")
    }

    private static func whole(_ text: Scalars) -> Int? {
        let digits = text.filter { $0 != "," && $0 != " " }
        guard !digits.isEmpty, digits.count <= NumberWords.digitsMax, digits.allSatisfy(\.isDigit)
        else { return nil }
        return digits.integer(0..<digits.count)
    }

    private static func cardinal(_ text: String) -> String? {
        var body = text.scalars
        let isNegative = body.first == "-"
        if isNegative || body.first == "+" { body.removeFirst() }
        let parts = body.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let number = whole(Array(parts[0])) else { return nil }
        var words = (isNegative ? "minus " : "") + spoken(NumberWords.cardinal(number))
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].allSatisfy(\.isDigit) else { return nil }
            words += " point " + parts[1].map { NumberWords.ones[$0.digit] }.joined(separator: " ")
        }
        return words
    }

    private static func ordinal(_ text: String) -> String? {
        var body = text.scalars
        let ending = ["st", "nd", "rd", "th"].first { text.lowercased().hasSuffix($0) }
        if ending != nil { body.removeLast(2) }
        return whole(body).map { spoken(NumberWords.ordinal($0)) }
    }

    /// "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "y": which part is which.
    private static func date(_ text: String, format: String) -> String? {
        let marks = "/-. ".unicodeScalars
        let parts = text.scalars.split { marks.contains($0) }
        // ISO's way of writing needs no format.
        let isISO = format.isEmpty && parts.count == 3 && parts[0].count == 4
        let order = Array(isISO ? "ymd" : format)
        guard !order.isEmpty, order.count == parts.count, Set(order).count == order.count,
            order.allSatisfy({ "ymd".contains($0) })
        else { return nil }
        var (year, month, day): (Int?, Int?, Int?)
        for (name, part) in zip(order, parts) {
            guard let number = whole(Array(part)) else { return nil }
            switch name {
            case "y": year = part.count == 2 ? number + (number > 30 ? 1900 : 2000) : number
            case "m": month = number
            default: day = number
            }
        }
        if let month, !(1...12).contains(month) { return nil }
        if let day, !(1...31).contains(day) { return nil }
        if let year, year > 9999 { return nil }
        var words: [String] = []
        if let month { words.append(Normalizer.monthNames[month - 1]) }
        if let day { words.append((month == nil ? "the " : "") + NumberWords.ordinal(day)) }
        let front = words.joined(separator: " ")
        guard let year else { return front }
        let spelt = spoken(NumberWords.year(year)).replacingHyphens
        return front.isEmpty ? spelt : front + ", " + spelt
    }

    /// "1430" is "14:30"; what has a colon is read by itself.
    private static func time(_ text: String) -> String? {
        let digits = text.scalars
        guard (3...4).contains(digits.count), digits.allSatisfy(\.isDigit) else { return nil }
        let cut = digits.count - 2
        return digits.text(0..<cut) + ":" + digits.text(cut..<digits.count)
    }

    /// Digit by digit, with a rest where a group ends.
    private static func telephone(_ text: String) -> String? {
        var groups: [[String]] = [[]]
        var isPlus = false
        for scalar in text.scalars {
            if scalar.isDigit {
                groups[groups.count - 1].append(NumberWords.ones[scalar.digit])
            } else if scalar.isASCIILetter {
                groups[groups.count - 1].append(String(scalar).uppercased() + ".")
            } else if scalar == "+" {
                isPlus = true
            } else if groups.last?.isEmpty == false {
                groups.append([])
            }
        }
        let said = groups.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
        guard !said.isEmpty else { return nil }
        return (isPlus ? "plus " : "") + said.joined(separator: ", ")
    }
}

extension String {
    /// "oh-five" as two words.
    fileprivate var replacingHyphens: String { String(map { $0 == "-" ? " " : $0 }) }
}
