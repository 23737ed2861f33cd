/// Quantities with a unit: "120 W", "3 m³/hr", "10-ft".
extension SemioticClassifier {
    struct Unit {
        let one: String
        let more: String
        let end: Int
    }

    /// sign: one, more; "~" is a space.
    private static let names: [String: (String, String)] = {
        let rows = """
            mm millimeter|cm centimeter|m meter|km kilometer|µm micrometer|μm micrometer
            nm nanometer
            in. inch inches|ft foot feet|ft. foot feet|yd yard|yd. yard|yds yard|mi mile|mi. mile
            nmi nautical~mile|mg milligram|g gram|kg kilogram|µg microgram|mcg microgram|lb pound
            lb. pound|lbs pound|lbs. pound|oz ounce|oz. ounce|ml milliliter|mL milliliter|l liter
            L liter|dl deciliter|dL deciliter|cl centiliter|µL microliter|gal gallon|gal. gallon
            qt quart|pt pint|tsp teaspoon|tsp. teaspoon|tbsp tablespoon|tbsp. tablespoon
            litre liter|litres liter|liters liter|ms millisecond|µs microsecond|ns nanosecond
            s second|sec second|sec. second|secs second|min minute|min. minute|mins minute
            mins. minute|h hour|hr hour|hr. hour|hrs hour|hrs. hour|yr year|yrs year|mo month
            mos month|wk week|wks week|Hz hertz hertz|kHz kilohertz kilohertz
            MHz megahertz megahertz
            GHz gigahertz gigahertz|W watt|kW kilowatt|MW megawatt|GW gigawatt|TW terawatt
            Wh watt~hour|kWh kilowatt~hour|MWh megawatt~hour|GWh gigawatt~hour|V volt|kV kilovolt
            mV millivolt|mA milliamp|mAh milliamp~hour|Ah amp~hour|Ω ohm|kΩ kilohm|MΩ megohm
            kJ kilojoule|MJ megajoule|J joule|kcal kilocalorie|cal calorie|Pa pascal
            hPa hectopascal|kPa kilopascal|MPa megapascal|bar bar|mbar millibar|atm atmosphere
            psi P.S.I. P.S.I.|PSI P.S.I. P.S.I.|kN kilonewton|N·m newton~meter|Nm newton~meter
            dB decibel|kB kilobyte|KB kilobyte|MB megabyte|GB gigabyte|TB terabyte|PB petabyte
            MiB mebibyte|GiB gibibyte|kbps kilobit~per~second kilobits~per~second
            Mbps megabit~per~second megabits~per~second|Gbps gigabit~per~second gigabits~per~second
            Mb/s megabit~per~second megabits~per~second|mph mile~per~hour miles~per~hour
            km/h kilometer~per~hour kilometers~per~hour|kph kilometer~per~hour kilometers~per~hour
            mpg mile~per~gallon miles~per~gallon|rpm R.P.M. R.P.M.|RPM R.P.M. R.P.M.
            bpm beat~per~minute beats~per~minute|fps frame~per~second frames~per~second
            ppm part~per~million parts~per~million|ppb part~per~billion parts~per~billion
            mol mole|mmol millimole|K kelvin kelvin|lm lumen|lx lux lux|ha hectare|ac acre
            eV electronvolt
            keV kiloelectronvolt|MeV megaelectronvolt|GeV gigaelectronvolt|hp horsepower horsepower
            px pixel|dpi dot~per~inch dots~per~inch|cc cubic~centimeter|IU international~unit
            lb-ft pound~foot pound~feet|ft-lb foot~pound|ft-lbs foot~pound
            kn knot|kts knot|GPa gigapascal|bbl barrel|Btu B.T.U. B.T.U.
            AU astronomical~unit|ly light~year|mmHg millimeter~of~mercury millimeters~of~mercury
            """
        var table: [String: (String, String)] = [:]
        for row in rows.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
            let parts = row.split(separator: " ").map {
                String($0.map { $0 == "~" ? " " : $0 })
            }
            guard parts.count > 1 else { continue }
            table[parts[0]] = (parts[1], parts.count > 2 ? parts[2] : parts[1] + "s")
        }
        return table
    }()
    private static let nameMax = 5
    /// Letters that also stand for something else: a unit only with a space before them, or only
    /// without one.
    private static let spaced: Set<String> = ["K", "AU", "pt", "J", "s"]
    private static let glued: Set<String> = ["h"]

    func isUnit(_ sign: String) -> Bool { Self.names[sign] != nil || sign == "in" }

    /// What a measure before it describes: "a 5 min walk".
    private static let measured = words(
        "read walk drive ride break video call delay wait run flight battery screen cable hike nap "
            + "timer interval window clip speech tablet tablets capsule capsules bottle jar can bag"
    )

    /// The unit behind a number, a space or hyphen between allowed.
    func unit(_ text: Scalars, _ at: Int) -> Unit? {
        var start = past(text, at)
        for (prefix, word) in [
            ("sq ", "square "), ("sq. ", "square "), ("cu ", "cubic "), ("cu. ", "cubic "),
        ]
        where text.has(prefix, start) {
            start += prefix.count
            guard let base = plainUnit(text, start, isSpaced: false) else { return nil }
            return Unit(one: word + base.one, more: word + base.more, end: base.end)
        }
        guard let base = plainUnit(text, start, isSpaced: start > at) else { return nil }
        var (one, more, end) = (base.one, base.more, base.end)
        if let (word, stop) = area(text, end) {
            (one, more, end) = (word + one, word + more, stop)
        }
        if text.at(end) == "/",
            let below = plainUnit(text, end + 1, isSpaced: nil) ?? spelt(text, end + 1)
        {
            var name = below.one
            end = below.end
            if let (word, stop) = area(text, end) {
                // "meters per second squared", "grams per cubic centimeter".
                name =
                    name == "second"
                    ? name + (word == "square " ? " squared" : " cubed") : word + name
                end = stop
            }
            (one, more) = (one + " per " + name, more + " per " + name)
        }
        guard !(text.at(end)?.isWordPart ?? false) else { return nil }
        return Unit(one: one, more: more, end: end)
    }

    /// "5 litres/day": a unit in full behind the slash.
    private func spelt(_ text: Scalars, _ at: Int) -> Unit? {
        let end = lettersEnd(text, at)
        let word = text.text(at..<end)
        guard
            [
                "day", "week", "month", "year", "hour", "minute", "second", "person", "liter",
                "mile", "capita",
            ].contains(word)
        else { return nil }
        return Unit(one: word, more: word, end: end)
    }

    private func area(_ text: Scalars, _ at: Int) -> (String, Int)? {
        if text.at(at) == "²" { return ("square ", at + 1) }
        if text.at(at) == "³" { return ("cubic ", at + 1) }
        if text.has("^2", at) { return ("square ", at + 2) }
        if text.has("^3", at) { return ("cubic ", at + 2) }
        return nil
    }

    /// One sign of the table: the longest that ends where no word goes on.
    /// - isSpaced: whether a space is before it; nil behind a slash.
    private func plainUnit(_ text: Scalars, _ at: Int, isSpaced: Bool?) -> Unit? {
        for count in stride(from: min(Self.nameMax + 1, text.count - at), through: 1, by: -1) {
            let sign = text.text(at..<at + count)
            guard let names = Self.names[sign] else { continue }
            let end = at + count
            if let next = text.at(end), next.isWordPart, next != "²", next != "³" { continue }
            switch isSpaced {
            case true?: if Self.glued.contains(sign), !isTimeCue(text, end) { continue }
            case false?: if Self.spaced.contains(sign) { continue }
            case nil: break
            }
            // "5 in. Then": the dot of a unit that ends the sentence stays a dot.
            let isLast = sign.hasSuffix(".") && past(text, end) >= text.count
            return Unit(one: names.0, more: names.1, end: isLast ? end - 1 : end)
        }
        return nil
    }

    private func isTimeCue(_ text: Scalars, _ end: Int) -> Bool {
        if let next = text.at(end), ",.;)".unicodeScalars.contains(next) { return true }
        if text.at(past(text, end)) == "(" { return true }
        return text.at(past(text, end))?.isDigit ?? true
    }

    /// "120 W", "1 kg", "3 m³/hr", "2.5 in.", "2h 14m".
    func measure(_ text: Scalars, _ at: Int) -> Reading? {
        guard let number = amount(text, at) else { return nil }
        if let hours = duration(text, at) { return hours }
        guard let unit = unit(text, number.end) else { return nil }
        let isOne = number.text == "1"
        let describes =
            text.at(unit.end) == " " && Self.measured.contains(after(text, unit.end))
        let name = text.at(number.end) == "-" || isOne || describes ? unit.one : unit.more
        return Reading(end: unit.end, words: "\(number.text) \(name)")
    }

    private static let clockUnits: [Unicode.Scalar: (String, String)] = [
        "d": ("day", "days"), "h": ("hour", "hours"), "m": ("minute", "minutes"),
        "s": ("second", "seconds"),
    ]

    /// "2h 14m", "1h30", "3m 20s": several parts in falling order.
    private func duration(_ text: Scalars, _ at: Int) -> Reading? {
        var (end, words, last) = (at, [String](), 4)
        while words.count < 4 {
            let count = text.digits(end, limit: 4)
            guard (1...3).contains(count), let letter = text.at(end + count),
                let names = Self.clockUnits[letter],
                let rank = "smhd".firstIndex(of: Character(letter)),
                !(text.at(end + count + 1)?.isASCIILetter ?? false)
            else { break }
            let order = "smhd".distance(from: "smhd".startIndex, to: rank)
            guard order < last else { break }
            let number = text.integer(end..<end + count)
            words.append("\(number) \(number == 1 ? names.0 : names.1)")
            (last, end) = (order, end + count + 1)
            let next = past(text, end)
            guard text.at(next)?.isDigit ?? false else { break }
            end = next
        }
        guard words.count > 1 || (words.count == 1 && last >= 2 && text.digits(end) == 2) else {
            return nil
        }
        if words.count == 1 {
            let minutes = text.integer(end..<end + 2)
            guard !(text.at(end + 2)?.isWordPart ?? false), last == 2 else { return nil }
            return Reading(end: end + 2, words: words[0] + " \(minutes)")
        }
        if text.at(end - 1) == " " { end -= 1 }
        return Reading(end: end, words: words.joined(separator: " "))
    }
}
