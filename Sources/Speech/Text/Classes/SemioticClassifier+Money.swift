import EngineAPI

/// Sums of money: the sign or code before or after, in any usual writing of the number.
extension SemioticClassifier {
    struct Currency: Sendable {
        let one: String
        let more: String
        /// Of a hundredth; empty where nobody counts them.
        var coin = ""
        var coins = ""
    }

    /// sign: one, more, coin, coins.
    private static let currencies: [String: Currency] = {
        let rows = """
            $ dollar dollars cent cents|£ pound pounds penny pence|€ euro euros cent cents
            ¥ yen yen|₹ rupee rupees paisa paise|₩ won won|₽ ruble rubles kopeck kopecks
            ₪ shekel shekels|₺ lira lira|₫ dong dong|฿ baht baht
            ₦ naira naira|₱ peso pesos
            ₴ hryvnia hryvnias|₿ bitcoin bitcoins|Rs rupee rupees|kr krona kronor
            USD U.S.~dollar U.S.~dollars cent cents|US$ U.S.~dollar U.S.~dollars cent cents
            CA$ Canadian~dollar Canadian~dollars cent cents
            C$ Canadian~dollar Canadian~dollars cent cents
            CAD Canadian~dollar Canadian~dollars cent cents
            A$ Australian~dollar Australian~dollars cent cents
            AU$ Australian~dollar Australian~dollars cent cents
            AUD Australian~dollar Australian~dollars cent cents
            NZ$ New~Zealand~dollar New~Zealand~dollars cent cents
            NZD New~Zealand~dollar New~Zealand~dollars
            HK$ Hong~Kong~dollar Hong~Kong~dollars|HKD Hong~Kong~dollar Hong~Kong~dollars
            S$ Singapore~dollar Singapore~dollars|SGD Singapore~dollar Singapore~dollars
            R$ real reais
            EUR euro euros cent cents|GBP pound pounds penny pence|JPY yen yen
            CHF Swiss~franc Swiss~francs
            INR rupee rupees|CNY yuan yuan|RMB yuan yuan|KRW won won
            SEK Swedish~krona Swedish~kronor
            NOK Norwegian~krone Norwegian~kroner|DKK Danish~krone Danish~kroner|BRL real reais
            MXN Mexican~peso Mexican~pesos|ZAR rand rand|PLN zloty zlotys|TRY lira lira
            RUB ruble rubles
            ILS shekel shekels|CZK koruna korunas|THB baht baht|BTC bitcoin bitcoins|ETH ether ether
            """
        var table: [String: Currency] = [:]
        for row in rows.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
            let parts = row.split(separator: " ").map {
                String($0.map { $0 == "~" ? " " : $0 })
            }
            guard parts.count > 2 else { continue }
            var currency = Currency(one: parts[1], more: parts[2])
            if parts.count > 4 { (currency.coin, currency.coins) = (parts[3], parts[4]) }
            table[parts[0]] = currency
        }
        return table
    }()
    private static let signMax = 3

    /// The currency whose sign stands at an index: the longest.
    private func currency(_ text: Scalars, _ at: Int) -> (Currency, end: Int, sign: String)? {
        guard let first = text.at(at), first.isUpper || first == "k" || !first.isASCIILetter,
            !first.isDigit, first != " "
        else { return nil }
        for count in stride(from: SemioticClassifier.signMax, through: 1, by: -1)
        where at + count <= text.count {
            let sign = text.text(at..<at + count)
            guard let found = SemioticClassifier.currencies[sign] else { continue }
            let isWord = text[at + count - 1].isASCIILetter
            if isWord, text.at(at + count)?.isASCIILetter ?? false { continue }
            return (found, at + count, sign)
        }
        return nil
    }

    private static let scales = table(
        "k:thousand|K:thousand|m:million|M:million|mn:million|mm:million|MM:million|mil:million|"
            + "b:billion|B:billion|bn:billion|Bn:billion|BN:billion|tn:trillion|T:trillion|"
            + "trn:trillion|hundred:hundred|thousand:thousand|million:million|billion:billion|"
            + "trillion:trillion|lakh:lakh|lakhs:lakh|crore:crore|crores:crore|cr:crore")

    /// "million", "bn", "k" after an amount: the word and where it ends.
    func scale(_ text: Scalars, _ at: Int) -> (word: String, end: Int)? {
        let start = text.at(at) == "-" ? at + 1 : past(text, at)
        let end = lettersEnd(text, start)
        guard end > start, let word = SemioticClassifier.scales[text.text(start..<end)],
            !(text.at(end)?.isWordPart ?? false)
        else { return nil }
        // A single letter after a space is a word of its own but for "m" and "bn".
        if start > at, end - start == 1 { return nil }
        return (word, end)
    }

    /// "$5", "US$ 20", "CHF 5", "-$5", "$-5", "€5–10 million", and in a row of a table "($5)".
    func moneyBefore(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        var start = at
        var isNegative = false
        if line.isRow, text[at] == "(" {
            guard let inner = moneyBefore(line, at + 1), text.at(inner.end) == ")" else {
                return nil
            }
            return Reading(end: inner.end + 1, words: "minus " + inner.words)
        }
        if isDash(text[at]) || text[at] == "+" {
            guard !(text.at(at - 1)?.isWordPart ?? false), !isDash(text.at(at - 1)) else {
                return nil
            }
            isNegative = true
            start += 1
        }
        if text.at(at - 1)?.isWordPart ?? false { return nil }
        guard let (money, signEnd, sign) = currency(text, start) else { return nil }
        var from = text.at(signEnd) == "." ? signEnd + 1 : signEnd
        from = past(text, from)
        if isDash(text.at(from)), text.at(from + 1)?.isDigit ?? false {
            (isNegative, from) = (true, from + 1)
        }
        guard let amount = amount(text, from, isMoney: true, mayBeSpaced: sign != "$") else {
            return nil
        }
        let prefix = isNegative ? (text[at] == "+" ? "plus " : "minus ") : ""
        // "$10k–$15k": each with its scale.
        if let large = scale(text, amount.end), let next = joint(text, large.end),
            let end = currency(text, next)?.end,
            let second = self.amount(text, end, isMoney: true, mayBeSpaced: false)
        {
            let tail = whole(line, second, money, from: next, end: second.end)
            return Reading(
                end: tail.end, words: "\(prefix)\(amount.text) \(large.word) to \(tail.words)")
        }
        if let joint = joint(text, amount.end, spaced: false) ?? joint(text, amount.end),
            let second = self.amount(
                text, currency(text, joint)?.end ?? joint, isMoney: true, mayBeSpaced: false)
        {
            return range(line, amount, second, money, prefix: prefix)
        }
        return whole(line, amount, money, from: at, end: amount.end, prefix: prefix)
    }

    /// "5 €", "20 USD", "1.234,56 €", "50p".
    func moneyAfter(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        guard let amount = amount(text, at, isMoney: true, mayBeSpaced: true) else { return nil }
        let large = scale(text, amount.end)
        let sign = past(text, large?.end ?? amount.end)
        if text.at(amount.end) == "p", !(text.at(amount.end + 1)?.isWordPart ?? false),
            amount.isWhole, amount.digits <= 2
        {
            return Reading(end: amount.end + 1, words: amount.text + " pence")
        }
        guard let (money, end, name) = currency(text, sign), !(text.at(end)?.isDigit ?? false),
            name != "kr" || sign > amount.end, !(text.at(end)?.isWordPart ?? false)
        else { return nil }
        // "5 $3 tickets": the sign belongs to the number that follows.
        return whole(line, amount, money, from: at, end: amount.end, stop: end, large: large)
    }

    private static let priced = words(
        "bill bills note notes check checks cheque gift ticket tickets fine fee loan deal coupon tip "
            + "bet prize budget investment grant raise reward voucher card cards deposit donation "
            + "project contract lawsuit settlement mortgage house home car bonus discount coin "
            + "increase scholarship bond purchase profit loss shortfall deficit surplus")

    /// A sum with what belongs to it: a scale before it, "per" after it; singular as an attribute.
    private func whole(
        _ line: Line, _ amount: Amount, _ money: Currency, from: Int, end: Int, stop: Int? = nil,
        large: (word: String, end: Int)? = nil, prefix: String = ""
    ) -> Reading {
        let text = line.text
        let large = large ?? scale(text, end)
        var last = max(stop ?? 0, large?.end ?? end)
        let next = after(text, last)
        let article = before(text, from).lowercased()
        let hasNext = text.at(last) == " " && !next.isEmpty
        let isAttribute =
            hasNext && (["a", "an"].contains(article) || SemioticClassifier.priced.contains(next))
            || text.at(last) == "-" && text.at(last + 1)?.isASCIILetter ?? false
                && !["-a-", "-an", "-per"].contains { text.has($0, last) }
        if text.at(last) == "-", isAttribute {
            let words = prefix + said(amount, money, large?.word, isSingular: isAttribute)
            return Reading(end: last + 1, words: words + " ")
        }
        var words = prefix + said(amount, money, large?.word, isSingular: isAttribute)
        for joint in ["-a-", "-an-", "-per-"] where text.has(joint, last) {
            return Reading(
                end: last + joint.count,
                words: words + String(joint.map { $0 == "-" ? " " : $0 }))
        }
        if let (unit, unitEnd) = per(text, last) {
            words += " per " + unit
            last = unitEnd
        }
        return Reading(end: last, words: words)
    }

    private func said(
        _ amount: Amount, _ money: Currency, _ large: String?, isSingular: Bool
    ) -> String {
        if let large {
            return "\(amount.text) \(large) \(isSingular ? money.one : money.more)"
        }
        let name = isSingular || amount.text == "1" ? money.one : money.more
        guard let fraction = amount.fraction, !money.coin.isEmpty, fraction.count <= 2 else {
            return "\(amount.text) \(name)"
        }
        let coins = (Int(fraction) ?? 0) * (fraction.count == 1 ? 10 : 1)
        let coinText = "\(coins) \(coins == 1 ? money.coin : money.coins)"
        if coins == 0 {
            return "\(amount.whole) \(isSingular || amount.whole == "1" ? money.one : money.more)"
        }
        if amount.whole == "0" { return coinText }
        return "\(amount.whole) \(amount.whole == "1" ? money.one : money.more) and \(coinText)"
    }

    /// "$20-$30", "€5–10 million": the currency is said once, at the end, unless there are coins.
    private func range(
        _ line: Line, _ low: Amount, _ high: Amount, _ money: Currency, prefix: String
    ) -> Reading {
        let text = line.text
        let large = scale(text, high.end)
        var end = large?.end ?? high.end
        var words: String
        if large == nil, low.fraction != nil || high.fraction != nil {
            words = said(low, money, nil, isSingular: false) + " to "
            words += said(high, money, nil, isSingular: false)
        } else {
            words = low.text + " to " + said(high, money, large?.word, isSingular: false)
        }
        if let (unit, unitEnd) = per(text, end) {
            words += " per " + unit
            end = unitEnd
        }
        return Reading(end: end, words: prefix + words)
    }

    private static let periods = table(
        "yr:year|y:year|mo:month|mth:month|wk:week|d:day|hr:hour|h:hour|min:minute|s:second|"
            + "sec:second|kg:kilogram|lb:pound|oz:ounce|g:gram|gal:gallon|L:liter|l:liter|"
            + "mi:mile|km:kilometer|m:meter|m²:square meter|m³:cubic meter|GB:gigabyte|"
            + "TB:terabyte|MB:megabyte|kWh:kilowatt hour|MWh:megawatt hour|bbl:barrel|"
            + "litre:liter|mL:milliliter|ml:milliliter|dL:deciliter|ft:foot|pp:person|t:ton")

    /// "/yr", "/month", "/sq ft": the word after "per" and where it ends.
    func per(_ text: Scalars, _ at: Int) -> (String, end: Int)? {
        guard text.at(at) == "/" else { return nil }
        let start = at + 1
        for (long, word) in [("sq ft", "square foot"), ("sq. ft.", "square foot")]
        where text.has(long, start) {
            return (word, start + long.unicodeScalars.count)
        }
        var end = lettersEnd(text, start)
        if let mark = text.at(end), mark == "²" || mark == "³" { end += 1 }
        guard end > start, !(text.at(end)?.isWordPart ?? false), text.at(end) != "/" else {
            return nil
        }
        let unit = text.text(start..<end)
        if let word = SemioticClassifier.periods[unit] { return (word, end) }
        return unit.count > 2 && unit == unit.lowercased() ? (unit, end) : nil
    }
}

/// A number as it is written, and in the writing that the lexicon reads.
struct Amount {
    let whole: String
    let fraction: String?
    let end: Int
    var isWhole: Bool { fraction == nil }
    var digits: Int { whole.count { $0 != "," } }
    var text: String { whole + (fraction.map { "." + $0 } ?? "") }
}

extension SemioticClassifier {
    /// A number: "1,234.5", ".5"; for money also "1.234,50" and "12 500".
    /// - mayBeSpaced: whether a space may part thousands.
    func amount(
        _ text: Scalars, _ at: Int, isMoney: Bool = false, mayBeSpaced: Bool = false
    ) -> Amount? {
        let first = text.digits(at)
        if first == 0 {
            let count = text.digits(at + 1)
            guard text.at(at) == ".", count > 0 else { return nil }
            let end = at + 1 + count
            return Amount(whole: "0", fraction: text.text(at + 1..<end), end: end)
        }
        guard first <= NumberWords.digitsMax else { return nil }
        var end = at + first
        var mark: Unicode.Scalar?
        if first <= 3, let sign = text.at(end), isGroup(text, end) {
            let isThousands =
                sign == "," || (isMoney && sign == "." && !isShortDecimal(text, end))
                || (mayBeSpaced && sign == " ")
            if isThousands {
                mark = sign
                while text.at(end) == sign, isGroup(text, end) { end += 4 }
            }
        }
        let whole = grouped(text[at..<end].filter(\.isDigit))
        let point: Unicode.Scalar = mark == "." ? "," : "."
        var fraction: String?
        let decimals = text.digits(end + 1)
        let isComma = isMoney && mark != "," && text.at(end) == "," && (1...2).contains(decimals)
        if text.at(end) == point && decimals > 0 && point == "." || isComma {
            fraction = text.text(end + 1..<end + 1 + decimals)
            end += 1 + decimals
        }
        return Amount(whole: whole, fraction: fraction, end: end)
    }

    /// Three digits and no more behind a separator.
    private func isGroup(_ text: Scalars, _ at: Int) -> Bool { text.digits(at + 1, limit: 4) == 3 }

    /// "1.234" by itself has a point; "1.234.567" and "1.234,56" part thousands.
    private func isShortDecimal(_ text: Scalars, _ at: Int) -> Bool {
        let next = text.at(at + 4)
        if next == "." { return !isGroup(text, at + 4) }
        if next == "," { return !(1...2).contains(text.digits(at + 5, limit: 3)) }
        return past(text, at + 4) >= text.count || text[past(text, at + 4)] != "€"
    }

    /// With commas, so that nothing of four digits sounds like a year.
    func grouped(_ digits: some Sequence<Unicode.Scalar>) -> String {
        var bare = Array(digits)
        while bare.count > 1, bare[0] == "0" { bare.removeFirst() }
        var out: Scalars = []
        for (index, digit) in bare.enumerated() {
            if index > 0, (bare.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return String(out)
    }
}
