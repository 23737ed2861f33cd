/// Words of a language that its times, dates and money are said with.
struct LanguageWords: Sendable {
    struct Currency: Sendable {
        let one: String
        let many: String
        let cent: String
        let cents: String
        var isFeminine = false
    }

    let months: [String]
    let currencies: [String: Currency]
    /// "Mio." and the like, in full.
    let scales: [String: String]
    /// Between "millions" and the currency.
    let scaleJoint: String
    /// Between the currency and its hundredths; ends in a space where it is a word.
    let centJoint: String
    /// "one" beside a currency, as "un" and "una".
    let ones: (masculine: String, feminine: String)
    /// Whether "3." is an ordinal.
    let ordinalDots: Bool
    /// Words before a day.
    let dayPrepositions: Set<String>
    /// Words that may stand behind a time.
    let hourNames: Set<String>
    /// Whether "14h30" is a time.
    let hourMark: Bool
    private let language: String

    func one(_ isFeminine: Bool) -> String { isFeminine ? ones.feminine : ones.masculine }

    // MARK: dates

    /// - before: the word before, which decides the case of German's ordinals.
    func day(_ day: Int, before: String) -> String {
        switch language {
        case "de":
            let isOblique = dayPrepositions.contains(before) && before != "der"
            return LanguageWords.germanOrdinal(day)
                + (isOblique ? "en" : before == "der" ? "e" : "er")
        case "fr": return day == 1 ? "premier" : "\(day)"
        case "es": return day == 1 ? "primero" : "\(day)"
        default: return day == 1 ? "primo" : "\(day)"
        }
    }

    func date(_ day: Int, _ month: Int, _ year: String?, before: String) -> String {
        let front = self.day(day, before: before)
        let joint = language == "es" ? " de " : " "
        return front + joint + months[month - 1] + (year.map { joint + $0 } ?? "")
    }

    /// 1…31.
    private static func germanOrdinal(_ number: Int) -> String {
        let units = [
            "", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
            "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
            "neunzehn",
        ]
        switch number {
        case 1: return "erst"
        case 3: return "dritt"
        case 7: return "siebt"
        case 8: return "acht"
        case ..<20: return units[max(0, number)] + "t"
        default:
            let ten = number < 30 ? "zwanzig" : "dreißig"
            let unit = number % 10
            return (unit == 0 ? "" : units[unit] + "und") + ten + "st"
        }
    }

    // MARK: times

    func time(_ hour: Int, _ minute: Int) -> String {
        let rest = minute == 0 ? "" : " \(minute)"
        switch language {
        case "de": return (hour == 1 ? "ein" : "\(hour)") + " Uhr" + rest
        case "fr": return "\(hour) heure" + (hour < 2 ? "" : "s") + rest
        case "es": return "\(hour)" + (minute == 0 ? " en punto" : " y\(rest)")
        default: return "\(hour)" + (minute == 0 ? " in punto" : " e\(rest)")
        }
    }

    // MARK: languages

    /// By espeak-ng's name of the language, without a country.
    static let all: [String: LanguageWords] = [
        "de": german, "fr": french, "es": spanish, "it": italian,
    ]

    /// The same currency under its sign and its code.
    private static func named(_ rows: [(names: [String], currency: Currency)]) -> [String: Currency]
    {
        var all: [String: Currency] = [:]
        for row in rows { for name in row.names { all[name] = row.currency } }
        return all
    }

    private static let german = LanguageWords(
        months: [
            "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
            "Oktober", "November", "Dezember",
        ],
        currencies: named([
            (["€", "EUR"], Currency(one: "Euro", many: "Euro", cent: "Cent", cents: "Cent")),
            (
                ["$", "US$", "USD"],
                Currency(one: "Dollar", many: "Dollar", cent: "Cent", cents: "Cent")
            ),
            (["£", "GBP"], Currency(one: "Pfund", many: "Pfund", cent: "Penny", cents: "Pence")),
            (["¥", "JPY"], Currency(one: "Yen", many: "Yen", cent: "Sen", cents: "Sen")),
            (
                ["CHF", "Fr."],
                Currency(one: "Franken", many: "Franken", cent: "Rappen", cents: "Rappen")
            ),
        ]),
        scales: [
            "Mio": "Millionen", "Million": "Million", "Millionen": "Millionen", "Mrd": "Milliarden",
            "Milliarde": "Milliarde", "Milliarden": "Milliarden",
        ], scaleJoint: "", centJoint: "", ones: ("ein", "eine"), ordinalDots: true,
        dayPrepositions: ["am", "vom", "zum", "dem", "den", "ab", "seit", "bis", "im", "beim"],
        hourNames: ["uhr"], hourMark: false, language: "de")

    private static let french = LanguageWords(
        months: [
            "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
            "octobre", "novembre", "décembre",
        ],
        currencies: named([
            (
                ["€", "EUR"],
                Currency(one: "euro", many: "euros", cent: "centime", cents: "centimes")
            ),
            (
                ["$", "US$", "USD"],
                Currency(one: "dollar", many: "dollars", cent: "cent", cents: "cents")
            ),
            (
                ["£", "GBP"],
                Currency(
                    one: "livre", many: "livres", cent: "penny", cents: "pence", isFeminine: true)
            ),
            (["¥", "JPY"], Currency(one: "yen", many: "yens", cent: "sen", cents: "sens")),
            (["CHF"], Currency(one: "franc", many: "francs", cent: "centime", cents: "centimes")),
        ]),
        scales: [
            "million": "million", "millions": "millions", "milliard": "milliard",
            "milliards": "milliards",
        ], scaleJoint: "de", centJoint: "", ones: ("un", "une"), ordinalDots: false,
        dayPrepositions: [], hourNames: ["h", "heures", "heure"], hourMark: true, language: "fr")

    private static let spanish = LanguageWords(
        months: [
            "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
            "octubre", "noviembre", "diciembre",
        ],
        currencies: named([
            (
                ["€", "EUR"],
                Currency(one: "euro", many: "euros", cent: "céntimo", cents: "céntimos")
            ),
            (
                ["$", "US$", "USD"],
                Currency(one: "dólar", many: "dólares", cent: "centavo", cents: "centavos")
            ),
            (
                ["£", "GBP"],
                Currency(
                    one: "libra", many: "libras", cent: "penique", cents: "peniques",
                    isFeminine: true)
            ),
            (["¥", "JPY"], Currency(one: "yen", many: "yenes", cent: "sen", cents: "senes")),
            (["CHF"], Currency(one: "franco", many: "francos", cent: "céntimo", cents: "céntimos")),
        ]),
        scales: [
            "millón": "millón", "millones": "millones", "mil": "mil",
        ], scaleJoint: "de", centJoint: "con ", ones: ("un", "una"), ordinalDots: false,
        dayPrepositions: [], hourNames: ["h", "horas", "hs"], hourMark: true, language: "es")

    private static let italian = LanguageWords(
        months: [
            "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
            "settembre", "ottobre", "novembre", "dicembre",
        ],
        currencies: named([
            (
                ["€", "EUR"],
                Currency(one: "euro", many: "euro", cent: "centesimo", cents: "centesimi")
            ),
            (
                ["$", "US$", "USD"],
                Currency(one: "dollaro", many: "dollari", cent: "centesimo", cents: "centesimi")
            ),
            (
                ["£", "GBP"],
                Currency(
                    one: "sterlina", many: "sterline", cent: "penny", cents: "pence",
                    isFeminine: true)
            ),
            (["¥", "JPY"], Currency(one: "yen", many: "yen", cent: "sen", cents: "sen")),
            (
                ["CHF"],
                Currency(one: "franco", many: "franchi", cent: "centesimo", cents: "centesimi")
            ),
        ]),
        scales: [
            "milione": "milione", "milioni": "milioni", "miliardo": "miliardo",
            "miliardi": "miliardi",
        ], scaleJoint: "di", centJoint: "e ", ones: ("un", "una"), ordinalDots: false,
        dayPrepositions: [], hourNames: ["h", "ore"], hourMark: true, language: "it")
}
