/// Abbreviations that the voice's own table lacks, and what must stand beside them.
extension SemioticClassifier {
    /// Short forms and what must follow them: "d" a digit, "c" a capital or digit, "n" anything.
    private static let shortForms = table(
        "dept.:n department|Dept.:n Department|mgr.:n manager|asst.:n assistant|Asst.:n Assistant|govt.:n government|"
            + "Art.:d Article|art.:d article|Arts.:d Articles|fig.:d figure|Fig.:d Figure|figs.:d figures|Figs.:d Figures|"
            + "Eq.:d equation|eq.:d equation|Eqs.:d equations|eqs.:d equations|sec.:d section|Sec.:d Section|para.:d paragraph|"
            + "pp.:d pages|p.:d page|vol.:d volume|Vol.:d Volume|vols.:d volumes|ch.:d chapter|Ch.:d Chapter|chap.:d chapter|"
            + "est.:d established|Est.:d Established|c.:d circa|ca.:d circa|Ca.:d circa|approx.:n approximately|Approx.:n approximately|"
            + "cf.:n compare|Cf.:n Compare|viz.:n namely|incl.:n including|excl.:n excluding|resp.:n respectively|"
            + "ed.:c edited by|eds.:c edited by|trans.:c translated by|no.:d number|No.:d Number|nos.:d numbers|Nos.:d Numbers|"
            + "Wm.:c William|Chas.:c Charles|Geo.:c George|Jas.:c James|Thos.:c Thomas|"
            + "Jos.:c Joseph|Robt.:c Robert|Benj.:c Benjamin|Sched.:d Schedule|sched.:d schedule|"
            + "App.:d Appendix|app.:d appendix|Tbl.:d Table|tbl.:d table|Twp.:n Township|"
            + "Mgmt.:n Management|mgmt.:n management|Mfg.:n Manufacturing|Dist.:n District|"
            + "Assoc.:n Associates|Div.:n Division|Exec.:n Executive|pkg.:n package|pkgs.:n packages|"
            + "admin.:n administration|doz.:n dozen|orig.:n originally|"
            + "Rev.:c Reverend|Hon.:c Honorable|Gen.:c General|Col.:c Colonel|Lt.:c Lieutenant|Sgt.:c Sergeant|Capt.:c Captain|"
            + "Maj.:c Major|Cmdr.:c Commander|Adm.:c Admiral|Cpl.:c Corporal|Pvt.:c Private|Rep.:c Representative|Sen.:c Senator|"
            + "Gov.:c Governor|Pres.:c President|Supt.:c Superintendent|Atty.:c Attorney|Insp.:c Inspector|Det.:c Detective|Fr.:c Father|Sr.:c Sister|"
            + "Ft.:c Fort|Mt.:c Mount|Mts.:n Mountains|Univ.:n University|univ.:n university|Assn.:n Association|Inst.:n Institute|"
            + "Corp.:n Corporation|Bros.:n Brothers|Intl.:n International|Natl.:n National|Ed.:d Edition|min.:n minimum|max.:n maximum|"
            + "temp.:n temperature|qty.:n quantity|misc.:n miscellaneous|tel.:n telephone|Tel.:n Telephone|attn.:n attention|Attn.:n attention|"
            + "cont.:n continued|abbr.:n abbreviation|anon.:n anonymous|wt.:n weight|ht.:n height|avg.:n average|Avg.:n average|"
            + "Amdt.:n Amendment|amend.:n amendment|cl.:d clause|Cl.:d Clause|subs.:d subsection|reg.:d regulation|Reg.:d Regulation|"
            + "Pt.:d Part|pt.:d part|bk.:d book|Bk.:d Book|Op.:d Opus|op.:d opus|Ex.:d Exhibit|ex.:d exhibit|sp.:n species|spp.:n species|"
            + "var.:n variety|subsp.:n subspecies|gal.:n gallons|vs:n versus|vs.:n versus|Inc.:n Incorporated|Jr.:n Junior|a.k.a.:n A.K.A."
    )
    private static let plain = table(
        "Rx:R.X.|AD:A.D.|BC:B.C.|CE:C.E.|BCE:B.C.E.|aka:A.K.A.|EST:E.S.T.|PST:P.S.T.|CST:C.S.T.|MST:M.S.T.|EDT:E.D.T.|PDT:P.D.T.|"
            + "GMT:G.M.T.|UTC:U.T.C.|CET:C.E.T.|BST:B.S.T.|pH:P.H.|mRNA:M. R.N.A.|tRNA:T. R.N.A.|PhD:P.H.D.|PhDs:P.H.D.'s|"
            + "Ph.D.:P.H.D.|macOS:mac O.S.|iOS:I.O.S.|iPadOS:I pad O.S.|OS:O.S.|ID:I.D.|IDs:I.D.'s|OT:O.T.|IPO:I.P.O.|"
            + "LLC:L.L.C.|PLC:P.L.C.|YouTube:you tube|GameStop:game stop|PayPal:pay pal|TikTok:tick tock|LinkedIn:linked in|WhatsApp:whats app"
    )

    /// What must follow a short form with a dot for the sentence to go on.
    enum Need { case name, number, nothing, direction }

    /// The need of a short form, its dot left out; nil where it is none.
    static func need(of word: String) -> Need? {
        switch shortForms[word + "."]?.first {
        case "c": return .name
        case "d": return .number
        case .some: return .nothing
        case nil: break
        }
        if rooms[word] != nil { return .number }
        return ["mi", "ft", "km", "yd", "blk"].contains(word) ? .direction : nil
    }

    /// Abbreviations that the voice's own table lacks or takes for words.
    func shortened(_ text: Scalars, _ at: Int) -> Reading? {
        var end = lettersEnd(text, at)
        while text.at(end) == ".", text.at(end + 1)?.isASCIILetter ?? false, end - at < 6 {
            end = lettersEnd(text, end + 1)
        }
        if text.at(end)?.isWordPart ?? false { return nil }
        let isDotted = text.at(end) == "."
        let word = text.text(at..<end)
        if isDotted, let form = Self.shortForms[word + "."] {
            return shortForm(form, text, at, end + 1)
        }
        if let words = Self.plain[word + (isDotted ? "." : "")] ?? Self.plain[word],
            word != "AD" || isEra(text, at, end)
        {
            if text.at(end) == "-" && word == "ID" { return nil }
            // "27 BC–AD 476".
            if ["BC", "BCE", "AD", "CE"].contains(word), isDash(text.at(end)),
                text.at(end + 1).map({ $0.isDigit || $0.isUpper }) ?? false
            {
                return Reading(end: end + 1, words: words + " to ")
            }
            return Reading(
                end: Self.plain[word] == nil && isDotted ? end + 1 : end,
                words: words.hasSuffix(".") && isDotted && past(text, end + 1) >= text.count
                    ? String(words.dropLast()) : words)
        }
        if let form = Self.shortForms[word], form == "n versus" {
            return Reading(end: end, words: "versus")
        }
        return nil
    }

    private func isEra(_ text: Scalars, _ at: Int, _ end: Int) -> Bool {
        text.at(past(text, end))?.isDigit ?? false || text.at(at - 2)?.isDigit ?? false
    }

    private func shortForm(_ form: String, _ text: Scalars, _ at: Int, _ end: Int) -> Reading? {
        let next = text.at(past(text, end))
        switch form.first {
        case "d":
            let start = past(text, end)
            // "Art. II", "cl. (b)", "Sched. C".
            let isBracketed = next == "(" && text.at(start + 2) == ")"
            let isLetter =
                next?.isUpper ?? false && !(text.at(start + 1)?.isWordPart ?? false)
                && text.at(start + 1) != "."
            guard next?.isDigit ?? false || isBracketed || isLetter || isNumeral(text, start)
            else { return nil }
            if isNumeral(text, start),
                let value = Normalizer.roman(
                    text.text(start..<lettersEnd(text, start))), !isLetter || value != 100
            {
                return Reading(
                    end: lettersEnd(text, start), words: "\(form.dropFirst(2)) \(value)")
            }
        case "c":
            guard next?.isUpper ?? false, end < text.count, text[end] == " " else { return nil }
        default: break
        }
        // The dot of a sentence's end stays one.
        let isLast = past(text, end) >= text.count
        return Reading(end: isLast ? end - 1 : end, words: String(form.dropFirst(2)))
    }

    private func isNumeral(_ text: Scalars, _ at: Int) -> Bool {
        let end = lettersEnd(text, at)
        return end > at && Normalizer.roman(text.text(at..<end)) != nil
    }
}
