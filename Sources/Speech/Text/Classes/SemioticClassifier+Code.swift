/// Files, identifiers, versions, formulas: what is made of letters but is no word.
extension SemioticClassifier {
    /// Endings of file names that are letters; those that are words are said so.
    static let extensions = table(
        "js:J.S.|ts:T.S.|jsx:J.S.X.|tsx:T.S.X.|py:P.Y.|rb:R.B.|rs:R.S.|go:go|c:C|h:H|cpp:C.P.P.|"
            + "cc:C.C.|cs:C.S.|php:P.H.P.|html:H.T.M.L.|htm:H.T.M.|css:C.S.S.|scss:S.C.S.S.|"
            + "json:json|xml:X.M.L.|yml:Y.M.L.|yaml:yaml|toml:toml|ini:I.N.I.|cfg:C.F.G.|conf:conf|"
            + "csv:C.S.V.|tsv:T.S.V.|md:M.D.|txt:T.X.T.|pdf:P.D.F.|doc:doc|docx:doc X|xls:X.L.S.|"
            + "xlsx:X.L.S.X.|ppt:P.P.T.|pptx:P.P.T.X.|jpg:J.P.G.|jpeg:jpeg|png:P.N.G.|gif:gif|"
            + "svg:S.V.G.|bmp:B.M.P.|mp3:M.P. three|mp4:M.P. four|wav:wave|mov:move|avi:A.V.I.|"
            + "zip:zip|tar:tar|gz:G.Z.|exe:E.X.E.|dll:D.L.L.|sh:S.H.|bat:bat|sql:sequel|"
            + "swift:swift|java:java|kt:K.T.|log:log|lock:lock|env:env|bak:back|iso:I.S.O.|"
            + "apk:A.P.K.|dmg:D.M.G.|ipynb:I.P.Y.N.B.|vue:view|psd:P.S.D.|epub:e pub|db:D.B.")
    private static let shorts = words(
        "id url api html css js ts py http https ftp ssh sql xml csv pdf jpg png ip ui db cpu gpu os io "
            + "usr src etc www tcp udp rgb uid pid fs cli sdk aws gcp npm ios uuid ok tv uk ai pr qa"
    )
    private static let tongues = table(
        "C#:C sharp|F#:F sharp|C++:C plus plus|g++:G plus plus|Notepad++:notepad plus plus|J#:J sharp|"
            + "A+:A plus|B+:B plus|D+:D plus|C+:C plus|G#:G sharp|D#:D sharp|A#:A sharp")

    /// One name out of a path, an address or a name in code, as it is said.
    func element(_ name: String) -> String {
        if name.isEmpty { return "" }
        let lower = name.lowercased()
        if Self.shorts.contains(lower) { return letters(name) }
        if name == name.uppercased() { return name.count > 3 ? lower : name }
        var parts: [String] = []
        var part: Scalars = []
        let scalars = name.scalars
        for (index, scalar) in scalars.enumerated() {
            let isEdge =
                scalar.isUpper && index > 0
                && (!scalars[index - 1].isUpper || scalars.at(index + 1)?.isLower ?? false)
            if isEdge || (scalar.isDigit && index > 0 && !scalars[index - 1].isDigit) {
                if !part.isEmpty { parts.append(String(part)) }
                part = []
            }
            part.append(scalar)
        }
        if !part.isEmpty { parts.append(String(part)) }
        if parts.count < 2 { return name }
        return parts.map { Self.shorts.contains($0.lowercased()) ? letters($0) : $0.lowercased() }
            .joined(separator: " ")
    }

    /// "index.js", "getUserById(42)", "LOG_LEVEL=DEBUG", "C#", "localhost:8080/health".
    func identifier(_ text: Scalars, _ at: Int) -> Reading? {
        for count in [9, 3, 2] where at + count <= text.count {
            if let words = Self.tongues[text.text(at..<at + count)],
                !(text.at(at + count)?.isWordPart ?? false)
            {
                return Reading(end: at + count, words: words)
            }
        }
        var end = at
        while let scalar = text.at(end), scalar.isASCIILetter || scalar.isDigit || scalar == "_" {
            end += 1
        }
        let name = text.text(at..<end)
        if let file = file(text, at, end) { return file }
        if text.has("localhost:", at), text.digits(at + 10) > 1 { return host(text, at) }
        let isSnake = name.contains("_") && name.contains { $0.isLetter }
        let isCamel = isCamelCase(text, at..<end)
        let isCall = text.at(end) == "(" && (isSnake || isCamel || text.at(end + 1) == ")")
        guard isSnake || isCamel || isCall, !(text.at(end) == "@") else { return nil }
        if text.at(end) == "." && text.at(end + 1)?.isASCIILetter ?? false,
            text.at(end + 2)?.isASCIILetter ?? false
        {
            return Reading(end: end + 1, words: said(name) + " dot ")
        }
        var words = said(name)
        if text.at(end) == "=", let next = text.at(end + 1), next.isWordPart || next == "\"" {
            var stop = end + 1
            while let scalar = text.at(stop), scalar.isASCIILetter || scalar == "_" { stop += 1 }
            words += " equals " + (stop > end + 1 ? said(text.text(end + 1..<stop)) : "")
            return Reading(end: stop, words: words)
        }
        if isCall {
            let isEmpty = text.at(end + 1) == ")"
            return Reading(end: end + (isEmpty ? 2 : 1), words: words + (isEmpty ? "" : " "))
        }
        return Reading(end: end, words: words)
    }

    private func said(_ name: String) -> String {
        name.split(separator: "_").map { element(String($0)) }.joined(separator: " ")
    }

    /// A small letter first, capitals inside: "isActive"; names as "iPhone" and "eBay" are words.
    private func isCamelCase(_ text: Scalars, _ range: Range<Int>) -> Bool {
        guard range.count > 3, text[range.lowerBound].isLower, text[range.lowerBound + 1].isLower
        else { return false }
        let humps = range.count { text[$0].isUpper && text[$0 - 1 >= 0 ? $0 - 1 : 0].isLower }
        return humps > 0 && text.text(range) != "macOS" && text.text(range).hasSuffix("OS") == false
    }

    private func file(_ text: Scalars, _ at: Int, _ nameEnd: Int) -> Reading? {
        var (end, names) = (nameEnd, [text.text(at..<nameEnd)])
        while let mark = text.at(end), mark == "." || mark == "-" || mark == "_",
            text.at(end + 1)?.isWordPart ?? false
        {
            var stop = end + 1
            while let scalar = text.at(stop),
                scalar.isASCIILetter || scalar.isDigit || scalar == "_"
            { stop += 1 }
            guard stop > end + 1 else { break }
            names.append((mark == "." ? "." : "-") + text.text(end + 1..<stop))
            end = stop
        }
        guard names.count > 1, let last = names.last, last.hasPrefix("."), text.at(end) != "@",
            text.at(end) != "/",
            let ending = Self.extensions[String(last.dropFirst()).lowercased()],
            names[0].count > 1 || names[0].first?.isLowercase ?? false
        else { return nil }
        // "Node.js" and "e.g. this" have dots too; a sentence's end has a space behind it.
        var words = said(names[0])
        for name in names.dropFirst().dropLast() {
            words += (name.hasPrefix(".") ? " dot " : " dash ") + said(String(name.dropFirst()))
        }
        return Reading(end: end, words: words + " dot " + ending)
    }

    private func host(_ text: Scalars, _ at: Int) -> Reading {
        var end = at + 10
        let count = text.digits(end)
        var words =
            "local host "
            + (count == 4 ? text.text(end..<end + 4) : digits(text, end..<end + count))
        end += count
        while text.at(end) == "/", text.at(end + 1)?.isWordPart ?? false {
            var stop = end + 1
            while let scalar = text.at(stop),
                scalar.isASCIILetter || scalar.isDigit || scalar == "_"
            { stop += 1 }
            words += " slash " + said(text.text(end + 1..<stop))
            end = stop
        }
        return Reading(end: end, words: words)
    }

    /// "v1.5", "v2.1.0".
    func version(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at] == "v" || text[at] == "V", text.at(at + 1)?.isDigit ?? false else {
            return nil
        }
        var (end, parts) = (at + 1, [String]())
        while true {
            let count = text.digits(end, limit: 5)
            guard (1...4).contains(count) else { break }
            parts.append(text.text(end..<end + count))
            end += count
            guard text.at(end) == ".", text.at(end + 1)?.isDigit ?? false else { break }
            end += 1
        }
        guard !parts.isEmpty, !(text.at(end)?.isWordPart ?? false) else { return nil }
        if parts.count == 1, parts[0] == "8" || parts[0] == "6" { return nil }
        return Reading(end: end, words: "version " + parts.joined(separator: " point "))
    }

    private static let elements = words(
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br "
            + "Kr Rb Sr Y Zr Nb Mo Ag Cd In Sn Sb Te I Xe Cs Ba W Pt Au Hg Pb Bi Ra U Pu")
    private static let formulas = words(
        "NaCl HCl KCl NaOH KOH CuO FeO ZnO CaO MgO NaBr KBr AgCl LiCl NaF HF HBr CO HCN KCN NaH LiH"
    )
    private static let noFormula = words(
        "B2B B2C P2P Y2K F1 F2 K9 B12 B6 K2 P1 V8 V6 C3PO U2 H1 S3 C4 B2 K12 B1 I5 I9 W2 U2 W3C S1 S2 Y2 H1N1 H5N1 N95 V2 F16 B52 P5 C1 C2 U1 I2C"
    )

    /// "CO2", "H2SO4", "NaCl": symbols letter by letter, counts as numbers.
    func formula(_ text: Scalars, _ at: Int) -> Reading? {
        guard text[at].isUpper else { return nil }
        var (end, pieces, counts, symbols) = (at, [String](), 0, 0)
        var run = ""
        while let first = text.at(end), first.isASCIILetter, first.isUpper {
            var symbol = String(first)
            if let second = text.at(end + 1), second.isLower, second.isASCIILetter {
                symbol += String(second)
            }
            guard Self.elements.contains(symbol) else { return nil }
            symbols += 1
            run += symbol
            end += symbol.count
            let count = text.digits(end, limit: 4)
            if count > 0 {
                guard text[end] != "0", count <= 2 else { return nil }
                pieces += [letters(run), text.text(end..<end + count)]
                run = ""
                counts += 1
                end += count
            }
        }
        if !run.isEmpty { pieces.append(letters(run)) }
        guard !(text.at(end)?.isWordPart ?? false), text.at(end) != "-" || counts > 0 else {
            return nil
        }
        let name = text.text(at..<end)
        guard counts > 0 || Self.formulas.contains(name), !Self.noFormula.contains(name) else {
            return nil
        }
        if symbols == 1, counts == 1, !["H2", "N2", "O2", "O3", "Cl2", "F2", "Br2"].contains(name) {
            return nil
        }
        return Reading(end: end, words: pieces.joined(separator: " "))
    }

    /// "NW1 6XE": a British postcode.
    func postcode(_ text: Scalars, _ at: Int) -> Reading? {
        let area = lettersEnd(text, at) - at
        guard (1...2).contains(area), text[at..<at + area].allSatisfy(\.isUpper) else { return nil }
        var end = at + area
        let district = text.digits(end, limit: 3)
        guard (1...2).contains(district) else { return nil }
        end += district
        let hasLetter = text.at(end)?.isASCIILetter ?? false && text[end].isUpper
        if hasLetter { end += 1 }
        guard text.at(end) == " ", text.digits(end + 1) == 1, lettersEnd(text, end + 2) == end + 4,
            text[end + 2].isUpper, text[end + 3].isUpper, !(text.at(end + 4)?.isWordPart ?? false)
        else { return nil }
        var words = letters(text.text(at..<at + area)) + " "
        words += text.text(at + area..<at + area + district)
        if hasLetter { words += " " + String(text[end - 1]) }
        words +=
            " " + NumberWords.ones[text[end + 1].digit] + " "
            + letters(text.text(end + 2..<end + 4))
        return Reading(end: end + 4, words: words)
    }
}
