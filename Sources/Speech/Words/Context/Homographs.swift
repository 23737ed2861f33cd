/// Words that are written alike and said in two ways. Most are a noun or adjective beside a verb
/// and are settled by the parts of speech around them; the others differ in meaning and are weighed
/// by the words near them (`HomographSenses`).
struct Homographs: Sendable {
    /// Gives the tokens of a sentence, with their tags, the readings that context decides.
    func settle(_ tokens: inout [Token]) {
        var lower: [String]?
        for at in tokens.indices where tokens[at].phonemes == nil && !tokens[at].text.isEmpty {
            guard let first = tokens[at].text.unicodeScalars.first, first.isASCIILetter else {
                continue
            }
            let word = Homographs.text(tokens[at]).lowercased()
            if word == "a" {
                if isLetterName(tokens, at) { tokens[at].tag = "NN" }
                continue
            }
            guard let entry = Homographs.index[word] else { continue }
            let words = lower ?? tokens.map { Homographs.text($0).lowercased() }
            lower = words
            let reading: String?
            switch entry {
            case .pair(_, let verb, _) where word == "deserts" && at > 0 && words[at - 1] == "just":
                reading = verb
            case .pair(let noun, let verb, let isPlural):
                reading = isVerb(tokens, words, at, isPlural: isPlural) ? verb : noun
            case .senses(let senses): reading = weighed(senses, tokens, words, at)
            }
            if let reading { tokens[at].phonemes = stressed(reading, tokens[at].text) }
        }
    }

    /// A token with the reading that its part of speech, or its second sense ("SENSE_1"), has.
    func token(_ token: Token, role: String) -> Token {
        var token = token
        if role != "SENSE_1" { token.tag = role }
        switch Homographs.index[token.text.lowercased()] {
        case .pair(let noun, let verb, _)? where role != "SENSE_1":
            token.phonemes = role.hasPrefix("VB") ? verb : noun
        case .pair(_, let verb, _)?: token.phonemes = verb
        case .senses(let senses)? where role == "SENSE_1":
            token.phonemes = senses.first { $0.reading != senses[0].reading }?.reading
        case .senses(let senses)?:
            let parent = String(role.prefix(2))
            let fitting =
                senses.first { $0.tags.contains(role) }
                ?? senses.first { $0.tags.contains(parent) || $0.tags.contains(parent + "*") }
            token.phonemes = fitting?.reading
        case nil: break
        }
        // What a tagger says later has no say in it.
        if token.tag.isEmpty { token.tag = "NN" }
        return token
    }

    private static func text(_ token: Token) -> String { token.alias ?? token.text }

    private enum Entry {
        case pair(noun: String, verb: String, isPlural: Bool)
        case senses([HomographSenses.Sense])
    }

    private static let index: [String: Entry] = {
        var index: [String: Entry] = [:]
        for (word, noun, verb) in HomographPairs.all {
            index[word] = .pair(noun: noun, verb: verb, isPlural: false)
            let plural = word.hasSuffix("s") ? word + "es" : word + "s"
            index[plural] = .pair(
                noun: Lexicon.plural(noun), verb: Lexicon.plural(verb), isPlural: true)
        }
        index["houses"] = nil
        for (word, senses) in HomographSenses.all { index[word] = .senses(senses) }
        return index
    }()

    /// As `GraphemeToPhoneme` stresses a word in capitals.
    private func stressed(_ reading: String, _ text: String) -> String {
        text == text.uppercased() ? Stress.applied(2, to: reading) : reading
    }

    // MARK: nouns and verbs

    private static let modals = HomographSenses.classes["@modal"] ?? []
    private static let subjects: Set<String> = [
        "i", "you", "we", "they", "he", "she", "who", "it", "people",
    ]
    private static let determiners = HomographSenses.classes["@det"] ?? []
    private static let objects: Set<String> = [
        "it", "them", "him", "us", "me", "you", "himself", "herself", "themselves", "itself",
        "myself", "yourself", "ourselves", "yourselves", "everyone", "everybody", "everything",
        "anyone", "anybody", "anything", "someone", "somebody", "something", "nothing", "nobody",
        "what", "how", "whatever", "oneself",
    ]
    /// Plurals that stand before a noun, as few do: "sales contract".
    private static let compounding: Set<String> = [
        "sales", "sports", "arms", "goods", "customs", "systems", "news", "savings", "operations",
        "communications", "humanities", "women's", "men's", "children's",
    ]
    /// Adverbs that stand between a subject and its verb.
    private static let often: Set<String> = [
        "still", "never", "always", "often", "also", "rarely", "seldom", "usually", "frequently",
        "sometimes", "hardly", "barely", "already", "just", "finally", "generally", "typically",
        "normally", "soon", "now",
    ]

    private func isVerb(_ tokens: [Token], _ words: [String], _ at: Int, isPlural: Bool) -> Bool {
        var score = HomographPairs.priors[words[at]] ?? 0
        let tag = tokens[at].tag
        if tag.hasPrefix("VB") {
            score += 2
        } else if tag.hasPrefix("NN") || tag.hasPrefix("JJ") {
            score -= 2
        }
        var before = at - 1
        while before >= 0, tokens[before].tag == "RB" || ["\"", "“"].contains(words[before]) {
            before -= 1
        }
        let isDirect = before == at - 1
        if before >= 0 {
            let (word, previous) = (words[before], tokens[before].tag)
            if word == "to" { score += isPlural ? -2 : 5 }
            if Homographs.modals.contains(word) { score += isPlural ? -3 : 5 }
            if Homographs.subjects.contains(word) {
                score += word == "it" ? 3 : word == "who" ? 6 : 4
            }
            if !isDirect, Homographs.often.contains(words[at - 1]) { score += 3 }
            if !isPlural, asks(tokens, words, at) { score += 4 }
            if isDirect, Homographs.determiners.contains(word) {
                score -= word == "that" ? 2 : word == "her" ? 3 : 6
            }
            if previous == "PRP$" || previous == "POS" { score -= 5 }
            if previous == "JJ" || previous == "CD" || previous == "JJR" || previous == "JJS" {
                score -= 4
            }
            if previous == "IN", word != "that", word != "if" { score -= 3 }
            if isDirect,
                previous == "VB" || previous == "VBD" || previous == "VBG" || previous == "VBN"
            {
                score -= 4
            }
            // A sentence's first word may pass for a name.
            let isMany =
                previous == "NNS" || previous == "NNPS"
                || previous == "NNP" && before == 0 && word.hasSuffix("s")
            if isMany, !Homographs.compounding.contains(word) {
                score += isPlural ? -2 : 6
            }
            if previous == "NN" || previous == "NNP" { score += isPlural ? 2 : -1 }
            if lacksVerb(tokens, words, at) { score += 3 }
            if ["is", "was", "are", "were", "be", "been", "being", "'s", "'re"].contains(word) {
                score -= 4
            }
            if ["let", "please", "n't", "not", "let's", "never", "help"].contains(word) {
                score += 4
            }
            if ["let", "make", "makes", "made", "help", "helps", "helped"].contains(
                at > 1 ? words[at - 2] : "")
            {
                score += 2
            }
            if word == "and" || word == "or" || word == "," { score += coordinated(tokens, before) }
        } else if !isPlural {
            score += 1
        }
        return score + behind(tokens, words, at, isPlural: isPlural) > 0
    }

    /// What follows: an object speaks for a verb, a verb for a noun.
    private func behind(
        _ tokens: [Token], _ words: [String], _ at: Int, isPlural: Bool
    ) -> Int {
        var score = 0
        let before = at - 1
        if at + 1 < tokens.count {
            let (word, next) = (words[at + 1], tokens[at + 1].tag)
            if HomographPairs.compounds[words[at]]?.contains(word) ?? false { score -= 8 }
            if Homographs.determiners.contains(word) || next == "PRP$" { score += 4 }
            if Homographs.objects.contains(word) { score += 3 }
            if ["of", "is", "was", "are", "were", "has", "had", "'s"].contains(word) { score -= 3 }
            if next == "MD" || next == "VBZ" || next == "VBD" { score -= 2 }
            if next == "NN" || next == "NNS", before >= 0,
                tokens[before].tag == "DT" || isPlural == false && before < 0
            {
                score -= 1
            }
            if next == "CD", !isPlural { score += 1 }
            if word.hasSuffix("ly"), next == "RB" { score += 2 }
            if word == "to", words[at] == "refuse" || words[at] == "object" { score += 3 }
        }
        return score
    }

    /// What stands before "and": a verb asks for another one, a noun for a noun.
    private func coordinated(_ tokens: [Token], _ at: Int) -> Int {
        for index in stride(from: at - 1, through: max(0, at - 6), by: -1) {
            let tag = tokens[index].tag
            if tag == "TO" || tag == "MD" { return 2 }
            if tag == "VB" || tag == "VBP" || tag == "VBZ" { return 2 }
            if tag.hasPrefix("JJ") { return index == at - 1 ? -2 : 0 }
        }
        return -1
    }

    private static let clauseBorders: Set<String> = [
        ",", ";", ":", "—", "–", "(", ")", "that", "when", "while", "because", "if", "as", "since",
        "although", "though", "unless", "until", "who", "which", "but", "and", "or", "before",
        "after", "where", "whenever", "wherever", "whether",
    ]

    /// Whether the clause that a word stands in has a subject but no other verb: then the word is
    /// its verb.
    private func lacksVerb(_ tokens: [Token], _ words: [String], _ at: Int) -> Bool {
        var (first, last) = (at, at)
        while first > 0, !Homographs.clauseBorders.contains(words[first - 1]) { first -= 1 }
        while last + 1 < words.count, !Homographs.clauseBorders.contains(words[last + 1]) {
            last += 1
        }
        let isVerb = (first...last).contains {
            guard $0 != at else { return false }
            let tag = tokens[$0].tag
            return tag == "MD" || words[$0] == "'s" || words[$0] == "'re"
                || tag.hasPrefix("VB") && tag != "VBG" && tag != "VBN"
        }
        return !isVerb
            && tokens[first..<at].contains { $0.tag.hasPrefix("NN") || $0.tag.hasPrefix("PRP") }
            && words.last.map { ".!?".contains($0) } ?? false
    }

    /// "Did the insult wound you?": an auxiliary opens the clause, and its subject is before the
    /// word.
    private func asks(_ tokens: [Token], _ words: [String], _ at: Int) -> Bool {
        guard at > 1, !["DT", "JJ", "CD", "PRP$", "IN", "POS"].contains(tokens[at - 1].tag) else {
            return false
        }
        for index in stride(from: at - 1, through: max(0, at - 7), by: -1) {
            if Homographs.modals.contains(words[index]) {
                let before = index > 0 ? words[index - 1] : ""
                // Behind its subject the auxiliary is followed by its verb at once.
                return index < at - 1
                    && (index == 0 || Homographs.clauseBorders.contains(before)
                        || ["what", "how", "why", "\"", "“", "-"].contains(before))
            }
            if tokens[index].tag.hasPrefix("VB") || Homographs.clauseBorders.contains(words[index])
            {
                return false
            }
        }
        return false
    }

    // MARK: meanings

    private func weighed(
        _ senses: [HomographSenses.Sense], _ tokens: [Token], _ words: [String], _ at: Int
    ) -> String? {
        var best: (score: Double, reading: String)?
        for sense in senses {
            var score = sense.prior
            if sense.tags.contains(where: {
                tokens[at].tag == $0
                    || ($0.hasSuffix("*") && tokens[at].tag.hasPrefix($0.dropLast()))
            }) {
                score += 2
            }
            var before = at - 1
            while before >= 0, ["\"", "“", "'"].contains(words[before]) { before -= 1 }
            if before >= 0 {
                if sense.previous.contains(words[before]) { score += 3 }
                if sense.previous.contains("#" + tokens[before].tag) { score += 2 }
                if before > 0, Homographs.often.contains(words[before]),
                    sense.previous.contains(words[before - 1])
                {
                    score += 2
                }
                // "Have you read", "will you close": the auxiliary stands before its subject.
                if before > 0, Homographs.subjects.contains(words[before]),
                    sense.previous.contains(words[before - 1])
                {
                    score += 3
                }
            } else if sense.previous.contains("^") {
                score += 2
            }
            if at + 1 < words.count {
                if sense.next.contains(words[at + 1]) { score += 3 }
                if sense.next.contains("#" + tokens[at + 1].tag) { score += 2 }
            }
            let isBase = sense.tags.contains("VB") || sense.previous.contains("to")
            if isBase, before >= 0,
                words[before] == "to" || Homographs.modals.contains(words[before])
            {
                score += 2
            }
            if isBase && asks(tokens, words, at) { score += 4 }
            if ["VB", "VBD", "VBZ"].contains(where: sense.tags.contains) {
                if lacksVerb(tokens, words, at) { score += 2 }
                // "An octopus lives": one of a kind has no plural behind it.
                if sense.tags.contains("VBZ"), at > 1,
                    ["a", "an", "each", "every", "this", "one"].contains(words[at - 2])
                {
                    score += 3
                }
            }
            score += evidence(sense.near, words, at)
            if let form = sense.form, form != Homographs.text(tokens[at]) { score -= 10 }
            if best.map({ score > $0.score }) ?? true { best = (score, sense.reading) }
        }
        return best?.reading
    }

    private static let borders: Set<String> = [
        ",", ";", ":", "—", "while", "but", "because", "when", "then",
    ]

    /// Words that tell a meaning count the more the nearer they stand, and less behind the border
    /// of a clause.
    private func evidence(_ near: Set<String>, _ words: [String], _ at: Int) -> Double {
        if near.isEmpty { return 0 }
        var score = 0.0
        for step in [-1, 1] {
            var (index, weight) = (at + step, 3.0)
            while index >= 0, index < words.count, weight > 0.2 {
                if near.contains(words[index]) { score += weight }
                weight = Homographs.borders.contains(words[index]) ? weight * 0.4 : weight - 0.22
                index += step
            }
        }
        return min(score, 7)
    }

    // MARK: the letter A

    private static let named: Set<String> = [
        "plan", "option", "team", "vitamin", "group", "type", "grade", "section", "part", "point",
        "exhibit", "appendix", "hepatitis", "class", "side", "gate", "column", "row", "item",
        "level",
        "schedule", "step", "terminal", "building", "block", "zone", "choice", "answer", "question",
        "figure", "table", "version", "variant", "sample", "product", "stage", "phase", "category",
        "tier", "house", "hall", "room", "apartment", "unit", "line", "letter", "note", "key",
        "candidate", "patient", "party", "company", "series", "list", "box", "bin", "bay",
        "platform",
        "influenza", "cell", "square", "wing", "lot", "form", "track", "pool", "division",
        "document",
        "annex", "module", "method", "model", "scenario", "region", "station", "player", "straight",
        "an", "sharp", "concourse", "strategy", "proposal", "district", "train", "set",
    ]

    private static let operators: Set<String> = [
        "less", "greater", "equals", "squared", "cubed", "plus", "minus", "times", "=", "<", ">",
    ]

    /// "Plan A": a letter behind a noun that letters number, and no article.
    private func isLetterName(_ tokens: [Token], _ at: Int) -> Bool {
        let next = at + 1 < tokens.count ? tokens[at + 1] : nil
        // Of a formula.
        let second = at + 2 < tokens.count ? tokens[at + 2].text : ""
        if let next,
            Homographs.operators.contains(next.text) || (next.text == "not" && second == "equal")
        {
            return true
        }
        // "(a) rent is due".
        if at > 0, tokens[at - 1].text == "(", next?.text == ")" { return true }
        guard tokens[at].text == "A", at > 0 else { return false }
        if let next, next.text == "-" || ["minus", "plus", "sharp", "flat"].contains(next.text) {
            return true
        }
        guard Homographs.named.contains(tokens[at - 1].text.lowercased()) else {
            // "from A to B", "A or B".
            let pair = at + 2 < tokens.count ? tokens[at + 2].text : ""
            return ["to", "and", "or", "through", "than", "equal", "equals"].contains(
                next?.text ?? "") && pair.count == 1 && pair == pair.uppercased()
        }
        return true
    }
}
