/// Short forms that need their neighbours: states, streets, chat, numerals, labels.
extension SemioticClassifier {
    static let states = table(
        "AL:Alabama|AK:Alaska|AZ:Arizona|AR:Arkansas|CA:California|CO:Colorado|CT:Connecticut|"
            + "DE:Delaware|FL:Florida|GA:Georgia|HI:Hawaii|ID:Idaho|IL:Illinois|IN:Indiana|IA:Iowa|"
            + "KS:Kansas|KY:Kentucky|LA:Louisiana|ME:Maine|MD:Maryland|MA:Massachusetts|MI:Michigan|"
            + "MN:Minnesota|MS:Mississippi|MO:Missouri|MT:Montana|NE:Nebraska|NV:Nevada|"
            + "NH:New Hampshire|NJ:New Jersey|NM:New Mexico|NY:New York|NC:North Carolina|"
            + "ND:North Dakota|OH:Ohio|OK:Oklahoma|OR:Oregon|PA:Pennsylvania|RI:Rhode Island|"
            + "SC:South Carolina|SD:South Dakota|TN:Tennessee|TX:Texas|UT:Utah|VT:Vermont|"
            + "VA:Virginia|WA:Washington|WV:West Virginia|WI:Wisconsin|WY:Wyoming|DC:D.C.|"
            + "Ala:Alabama|Ariz:Arizona|Ark:Arkansas|Calif:California|Colo:Colorado|Conn:Connecticut|"
            + "Del:Delaware|Fla:Florida|Ga:Georgia|Ill:Illinois|Ind:Indiana|Kan:Kansas|Ky:Kentucky|"
            + "La:Louisiana|Md:Maryland|Mass:Massachusetts|Mich:Michigan|Minn:Minnesota|"
            + "Miss:Mississippi|Mo:Missouri|Mont:Montana|Neb:Nebraska|Nev:Nevada|Okla:Oklahoma|"
            + "Ore:Oregon|Pa:Pennsylvania|Tenn:Tennessee|Tex:Texas|Vt:Vermont|Va:Virginia|"
            + "Wash:Washington|Wis:Wisconsin|Wyo:Wyoming")
    static let stateNames = Set(
        states.values.map { $0.split(separator: " ").last.map(String.init) ?? "" })

    /// "Boise, ID 83707", "(D-Mass.)", "Austin, TX": a state behind a town or a party.
    func state(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isUpper else { return nil }
        let end = lettersEnd(text, at)
        if end == at + 1, "DRI".unicodeScalars.contains(text[at]), text.at(end) == "-" {
            let stop = lettersEnd(text, end + 1)
            guard text.at(at - 1) == "(", let name = Self.states[text.text(end + 1..<stop)] else {
                return nil
            }
            return Reading(
                end: text.at(stop) == "." ? stop + 1 : stop, words: "\(text[at]) \(name)")
        }
        guard let name = Self.states[text.text(at..<end)], text.at(at - 1) == " ",
            text.at(at - 2) == ",",
            text.at(at - 3)?.isLetter ?? false
        else { return nil }
        let town = range(before: at - 2, in: text)
        guard let first = text.at(town.lowerBound), first.isUpper else { return nil }
        let isShort = end - at == 2 && text[at + 1].isUpper
        let next = text.at(end)
        let hasZip = text.digits(past(text, end)) == 5
        guard
            hasZip || next == nil || next == "." || next == "," || next == ")" || next == ";"
                || next == "!" || next == "?" || next == "'" || (isShort && next == " ")
        else { return nil }
        guard isShort || next == "." else { return nil }
        // "Seattle, OK?" and "Well, IN that case" have no town before a mark.
        let isDotted = !isShort && next == "." && past(text, end + 1) < text.count
        return Reading(end: isDotted ? end + 1 : end, words: name)
    }

    private static let roads = table(
        "St:Street|Dr:Drive|Ave:Avenue|Av:Avenue|Blvd:Boulevard|Rd:Road|Ln:Lane|Ct:Court|Pl:Place|"
            + "Sq:Square|Pkwy:Parkway|Hwy:Highway|Ter:Terrace|Cir:Circle|Trl:Trail|Expy:Expressway|Fwy:Freeway|Tpke:Turnpike|Aly:Alley|Cres:Crescent"
    )
    static let rooms = table(
        "Apt:apartment|apt:apartment|Ste:suite|Fl:floor|Bldg:building|bldg:building|Rm:room|rm:room|Hwy:highway|hwy:highway|Rte:route|rte:route|Ext:extension|ext:extension|x:extension"
    )
    private static let winds = table(
        "N:North|S:South|E:East|W:West|NE:northeast|NW:northwest|SE:southeast|SW:southwest")

    /// "12 Elm Dr.", "1st St.", "123 N. Main St.", "Apt. 4": parts of an address by their place.
    func street(_ text: Scalars, _ at: Int) -> Reading? {
        let end = lettersEnd(text, at)
        guard end - at <= 5 else { return nil }
        let word = text.text(at..<end)
        let isDotted = text.at(end) == "."
        let next = past(text, isDotted ? end + 1 : end)
        if let room = Self.rooms[word], text.at(next)?.isDigit ?? false || (text.at(next) == "#"),
            word != "x" || text.at(at - 1) == " "
        {
            if word == "x", next > end { return nil }
            return Reading(end: next > end ? next : end, words: room + " ")
        }
        if let wind = Self.winds[word],
            text.at(next)?.isUpper ?? false || text.at(next)?.isDigit ?? false, next > end
        {
            let number = range(before: at, in: text)
            if !number.isEmpty, text[number].allSatisfy(\.isDigit), text.at(at - 1) == " ",
                text.at(at - 2)?.isDigit ?? false
            {
                return Reading(end: next, words: wind + " ")
            }
        }
        guard let road = Self.roads[word], text.at(at - 1) == " ",
            text.at(at - 2)?.isWordPart ?? false
        else { return nil }
        let name = range(before: at, in: text)
        let isOrdinal = text[name].first?.isDigit ?? false
        guard isOrdinal || text[name].first?.isUpper ?? false else { return nil }
        let follower = text.at(next)
        let stop =
            isDotted && (follower == nil || past(text, end + 1) >= text.count)
            ? end : isDotted ? end + 1 : end
        if word == "St" || word == "Dr" {
            // "Saint" and "Doctor" stand before a name and behind none, unless a number tells.
            let isName = follower?.isUpper ?? false
            if isName, !isOrdinal, !hasNumber(text, name.lowerBound) { return nil }
            if name.lowerBound == 0, isName { return nil }
        }
        return Reading(end: stop, words: road)
    }

    /// A house number one to three words before.
    private func hasNumber(_ text: Scalars, _ at: Int) -> Bool {
        var at = at
        for _ in 0..<3 {
            let word = range(before: at, in: text)
            if word.isEmpty { return false }
            if text[word].first?.isDigit ?? false { return true }
            guard text[word].first?.isUpper ?? false else {
                return ["on", "at", "off", "near"].contains(text.text(word))
            }
            at = word.lowerBound
        }
        return false
    }

    private static let slang = table(
        "btw:by the way|idk:I don't know|imo:in my opinion|imho:in my humble opinion|"
            + "tbh:to be honest|omg:oh my god|brb:be right back|ttyl:talk to you later|"
            + "smh:shaking my head|rn:right now|thx:thanks|tnx:thanks|pls:please|plz:please|"
            + "ppl:people|tmrw:tomorrow|tmr:tomorrow|ngl:not gonna lie|ikr:I know right|nvm:never mind|"
            + "irl:in real life|fyi:F.Y.I.|afaik:as far as I know|iirc:if I recall correctly|"
            + "fwiw:for what it's worth|jk:just kidding|np:no problem|ty:thank you|tysm:thank you so much|"
            + "yw:you're welcome|wbu:what about you|hbu:how about you|wyd:what are you doing|"
            + "lmk:let me know|ily:I love you|gtg:got to go|g2g:got to go|afk:A.F.K.|tl;dr:T.L. D.R.|"
            + "dm:D.M.|bf:boyfriend|gf:girlfriend|bff:B.F.F.|b4:before|gr8:great|l8r:later|m8:mate|"
            + "cuz:because|coz:because|ur:your|tho:though|thru:through|"
            + "w:with|wo:without|msg:message|pic:pic|pics:pics|obv:obviously|prob:probably|def:definitely|"
            + "bday:birthday|convo:conversation|lmao:L.M.A.O.|rofl:R.O.F.L.|wtf:W.T.F.|tfw:that feeling when|"
            + "istg:I swear to god|icymi:in case you missed it|asap:A.S.A.P.|eta:E.T.A.|ymmv:your mileage may vary|YMMV:your mileage may vary|"
            + "l8:late|w8:wait|h8:hate|mtg:meeting|appt:appointment|thurs:Thursday|thur:Thursday|"
            + "tues:Tuesday|weds:Wednesday|wknd:weekend|abt:about|rly:really|srsly:seriously|"
            + "ofc:of course|tmw:tomorrow|esp:especially|fav:favorite|addr:address|acct:account|"
            + "bldg:building|govt:government|mgr:manager|dept:department|msgs:messages|yr:year|"
            + "txt:text|pw:password|pwd:password|hw:homework|xmas:Christmas|gn:good night|gm:good morning|"
            + "hmu:hit me up|otw:on the way|omw:on my way|nbd:no big deal|imma:I'm gonna|"
            + "tldr:T.L. D.R.|ftw:for the win|qty:quantity|faq:F.A.Q.|diy:D.I.Y.|"
            + "BTW:by the way|IDK:I don't know|IMO:in my opinion|IMHO:in my humble opinion|TBH:to be honest|"
            + "OMG:oh my god|ICYMI:in case you missed it|NGL:not gonna lie|AFAIK:as far as I know|IIRC:if I recall correctly|FWIW:for what it's worth"
    )

    private static let opening = words(
        "Pls Plz Thx Btw Idk Imo Imho Tbh Omg Nvm Lmk Smh Ikr Afaik Iirc Fwiw Brb Ttyl Ngl Icymi")

    /// "btw", "idk", "u r": small letters only, for in capitals they may be names.
    func chat(_ text: Scalars, _ at: Int) -> Reading? {
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter || scalar.isDigit { end += 1 }
        let word = text.text(at..<end)
        if text.at(end) == "/", word == "w" || word == "W" {
            let isOut = text.at(end + 1) == "o" && !(text.at(end + 2)?.isWordPart ?? false)
            if isOut { return Reading(end: end + 2, words: "without") }
            return Reading(end: past(text, end + 1), words: "with ")
        }
        let isOwner = text.has("'s", end) && ["bf", "gf", "bff"].contains(word)
        if let next = text.at(end), !isOwner,
            next.isWordPart || "'@/-=".unicodeScalars.contains(next)
        {
            return nil
        }
        if text.at(at - 1) == "." { return nil }
        if ["u", "r", "k", "n", "b", "c"].contains(word) {
            return short(word, text, at, end)
        }
        // "Pls send": a sentence's first word.
        let isFirst = Self.opening.contains(word)
        guard word != "w", word != "wo", word != "def" || text.at(at - 1) == " ",
            let words = Self.slang[isFirst ? word.lowercased() : word]
        else { return nil }
        if text.at(end) == ".", text.at(end + 1)?.isWordPart ?? false { return nil }
        if word == "ur",
            [
                "welcome", "late", "right", "wrong", "so", "not", "the", "a", "my", "going",
                "gonna", "here", "there", "in", "on", "too", "very", "cute", "funny", "amazing",
            ].contains(after(text, end))
        {
            return Reading(end: end, words: "you're")
        }
        return Reading(end: end, words: words)
    }

    private func short(_ word: String, _ text: Scalars, _ at: Int, _ end: Int) -> Reading? {
        let near = [text.at(at - 2), text.at(end + 1)]
        let isMath = near.contains {
            $0.map { $0.isDigit || "=+<>*/^−".unicodeScalars.contains($0) } ?? false
        }
        guard !isMath, text.at(at - 1).map({ $0 == " " }) ?? true,
            text.at(end).map({ " .,!?".unicodeScalars.contains($0) }) ?? true
        else { return nil }
        let previous = before(text, at).lowercased()
        let follower = after(text, end).lowercased()
        let talk: Set<String> = [
            "u", "r", "are", "you", "how", "what", "where", "when", "why", "who", "see", "can",
            "do", "did", "will", "love", "miss", "thank", "if", "hope", "call", "tell", "give",
            "for", "we", "they", "c", "want", "know", "need", "so", "ok", "coming", "going",
            "doing", "there", "free", "here", "up", "and", "at", "to", "gonna", "sure", "late",
            "the", "too", "guys",
        ]
        switch word {
        case "u" where talk.contains(previous) || talk.contains(follower):
            return Reading(end: end, words: "you")
        case "r" where previous == "u" || follower == "u" || previous == "you" || follower == "you":
            return Reading(end: end, words: "are")
        case "b" where ["there", "here", "back", "home", "right", "late", "ok"].contains(follower):
            return Reading(end: end, words: "be")
        case "c" where follower == "u" || follower == "you": return Reading(end: end, words: "see")
        case "k" where at == 0 && (text.at(end) == "," || end == text.count):
            return Reading(end: end, words: "okay")
        default: return nil
        }
    }

    private static let counted = words(
        "act scene part chapter book volume section article phase type stage class category world level "
            + "tier mark title grade unit bowl war fantasy rocky star apollo vol appendix table figure "
            + "page canto sonnet opus symphony concerto season episode division column amendment factor "
            + "schedule annex olympiad olympics wrestlemania mania final saturn gemini angiotensin vatican"
    )
    private static let rulers = words(
        "Louis Henry Charles Edward George James William Richard Elizabeth Mary Philip Frederick "
            + "Napoleon Nicholas Catherine Peter Alexander Pius Benedict Paul Gregory Innocent Leo Clement "
            + "Urban Ivan Ferdinand Wilhelm Ramses Ramesses Ptolemy Cleopatra Xerxes Darius Emmanuel "
            + "Kamehameha Otto Haakon Harald Christian Gustav Carl Albert Leopold Felipe Carlos Malcolm "
            + "Robert David Constantine Justinian Theodosius Sixtus Julius Boniface Celestine Alfonso "
            + "Thutmose Amenhotep Mehmed Murad Selim Francis Joseph Rudolf Maximilian Umberto Juan Edmund"
    )

    /// "scene ii", "PART IV", "Louis XVI", "Super Bowl LVIII".
    func numeral(_ line: Line, _ at: Int) -> Reading? {
        let text = line.text
        let end = lettersEnd(text, at)
        guard end - at <= 7, "IVXLCivxlcMDm".unicodeScalars.contains(text[at]) else { return nil }
        let word = text.text(at..<end)
        let upper = word.uppercased()
        // "cd" and "mix" are no numerals.
        let isSmall = word == word.lowercased() && word.allSatisfy { "ivx".contains($0) }
        guard word == upper || isSmall, let value = Normalizer.roman(upper),
            !(text.at(end)?.isWordPart ?? false), text.at(end) != "'"
        else { return nil }
        let before = range(before: at, in: text)
        guard !before.isEmpty, text.at(at - 1) == " ", text.at(at - 2) != "." || word == upper
        else { return nil }
        let name = text.text(before)
        if Self.counted.contains(name.lowercased()),
            word == upper || word.count > 1 || ["scene", "act", "page"].contains(name.lowercased())
        {
            let follower = after(text, end)
            if upper == "I", !line.isShouted, !follower.isEmpty, text.at(end) == " ",
                follower == follower.lowercased()
            {
                return nil
            }
            if value == 100 || value == 500 || value == 1000 || value == 50 { return nil }
            return Reading(end: end, words: "\(value)")
        }
        guard word == upper,
            upper.count > 1
                || (upper == "V" || upper == "X" || upper == "I") && Self.rulers.contains(name),
            text[before.lowerBound].isUpper, upper != "MD", upper != "DC", upper != "CD",
            upper != "CC", upper != "MC", upper != "DI", upper != "MI", upper != "CI",
            upper != "CV", upper != "LI"
        else { return nil }
        if upper == "I", isClause(after(text, end)) { return nil }
        let second = range(before: before.lowerBound, in: text)
        let isPerson =
            text[second].first?.isUpper ?? false && value <= 4
            && text.at(before.lowerBound - 1) == " " && text.at(before.lowerBound - 2) != "."
            && !Self.counted.contains(text.text(second).lowercased())
        if Self.rulers.contains(name) || isPerson {
            return Reading(end: end, words: "the " + NumberWords.ordinal(value))
        }
        return Reading(end: end, words: "\(value)")
    }

    /// Whether a word goes on with "I" as its subject.
    private func isClause(_ word: String) -> Bool {
        [
            "am", "was", "have", "had", "think", "will", "can", "would", "could", "should", "know",
            "like", "want", "did", "do", "saw", "met", "said",
        ].contains(word)
    }

    private static let sigils = table("Q1:Q one|Q2:Q two|Q3:Q three|Q4:Q four|H1:H one|H2:H two")

    /// "I-95", "Q3", "x204".
    func label(_ text: Scalars, _ at: Int) -> Reading? {
        if text[at] == "I", text.at(at + 1) == "-", (1...3).contains(text.digits(at + 2)) {
            let count = text.digits(at + 2)
            let (start, end) = (at + 2, at + 2 + count)
            guard !(text.at(end)?.isASCIILetter ?? false) else { return nil }
            if count == 3, text[start + 1] != "0" {
                return Reading(
                    end: end,
                    words:
                        "I \(NumberWords.ones[text[start].digit]) \(NumberWords.cardinal(text.integer(start + 1..<end)))"
                )
            }
            if count == 3 {
                return Reading(
                    end: end,
                    words: "I "
                        + digits(text, start..<end).split(separator: " ").map {
                            $0 == "zero" ? "oh" : String($0)
                        }.joined(separator: " "))
            }
            return Reading(end: end, words: "I \(text.integer(start..<end))")
        }
        return nil
    }
}
