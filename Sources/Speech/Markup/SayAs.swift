/// What `say-as` makes of a text; one that does not fit its kind is read as it stands.
enum SayAs {
    enum Said: Equatable {
        case words(String)
        case letters(String)
        /// Not to be heard.
        case bleep(String)
    }

    /// nil for a kind that is not known.
    static func said(_ text: String, as kind: String, format: String) -> Said? {
        var kind = kind.lowercased()
        // VoiceXML's names of the same.
        if kind.hasPrefix("vxml:") { kind.removeFirst(5) }
        switch kind {
        case "characters", "character", "spell-out", "spell", "letters", "verbatim", "digits",
            "number_digit":
            return .letters(text)
        case "cardinal": return .words(cardinal(text) ?? text)
        case "ordinal": return .words(ordinal(text) ?? text)
        case "number":
            let words = format == "ordinal" ? ordinal(text) : cardinal(text)
            return .words(words ?? text)
        case "fraction": return .words(fraction(text) ?? text)
        case "date": return .words(date(text, format: format) ?? text)
        case "time": return .words(time(text, format: format) ?? text)
        case "duration": return .words(duration(text, format: format) ?? text)
        case "telephone", "phone": return .words(telephone(text) ?? text)
        case "expletive", "bleep": return .bleep(text)
        // What a text of that kind looks like is read so anyway.
        case "unit", "currency", "address", "name", "net", "none", "text", "": return .words(text)
        default: return nil
        }
    }

    /// As the voice reads numbers: without "and".
    static func spoken(_ words: String) -> String {
        words.split(whereSeparator: { $0 == " " || $0 == "," }).filter { $0 != "and" }
            .joined(separator: " ")
    }

    static func whole(_ text: Scalars) -> Int? {
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
    var replacingHyphens: String { String(map { $0 == "-" ? " " : $0 }) }
}
