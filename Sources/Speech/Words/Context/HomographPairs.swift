/// Nouns or adjectives and the verbs that are written like them.
enum HomographPairs {
    static let all: [(String, String, String)] = rows.split(whereSeparator: \.isNewline).map {
        let parts = $0.split(separator: " ").map(String.init)
        return (parts[0], parts[1], parts[2])
    }

    /// What a word is where nothing tells: above 0 a verb.
    static let priors: [String: Int] = [
        "refuse": 3, "produce": 1, "convert": 2, "combine": 3, "reject": 2, "insert": 1,
        "extract": 1,
        "digest": 1, "record": -1, "object": -1, "desert": -2, "project": -2, "contract": -2,
        "conflict": -2, "subject": -2, "house": -1, "intern": -2, "entrance": -2, "console": -2,
        "perfect": -2, "present": -1, "appropriate": -2, "intimate": -2, "subordinate": -1,
        "desserts": -2, "progress": -1, "permit": 0, "deliberate": -1, "addict": -2,
        "approximate": -1,
    ]

    /// What stands behind a noun that makes it the first half of another one: "graduate school".
    static let compounds: [String: Set<String>] = [
        "graduate": ["school", "student", "students", "program", "degree", "degrees", "studies"],
        "record": [
            "high", "low", "levels", "time", "profits", "label", "store", "heat", "number",
            "numbers",
            "holder", "player", "deal", "book", "books", "company", "crowd", "rainfall", "sales",
        ],
        "desert": ["island", "sand", "heat", "storm", "sun", "air", "tribe", "floor", "winds"],
        "present": ["day", "tense", "circumstances", "value", "owner", "company"],
        "house": ["prices", "arrest", "party", "music", "cat", "wine", "rules", "number", "sales"],
        "contract": [
            "law", "worker", "workers", "work", "terms", "negotiations", "talks", "killer",
        ],
        "use": ["case", "cases", "of"],
        "object": ["code", "lesson", "model", "storage", "oriented"],
        "subject": ["line", "matter", "lines", "area", "expert"],
        "produce": ["aisle", "section", "market", "stand", "department", "manager"],
        "perfect": [
            "score", "storm", "day", "pitch", "match", "fit", "timing", "weather", "sense",
        ],
        "project": ["manager", "management", "managers", "plan", "leader", "team", "budget"],
        "associate": ["professor", "director", "editor", "degree", "producer", "member"],
        "alternate": ["route", "universe", "ending", "history", "reality"],
        "progress": ["report", "reports", "bar"],
        "protest": ["march", "group", "song", "movement", "vote"],
        "conflict": ["zone", "zones", "resolution"],
        "separate": ["ways", "rooms", "beds", "room", "entrance", "issue", "lives", "accounts"],
        "permit": ["office", "application", "fee", "holder"],
        "transport": ["minister", "links", "network", "system", "costs"],
        "export": ["market", "markets", "controls", "ban", "duty"],
        "import": ["duty", "duties", "tariff", "tariffs", "ban"],
        "transfer": ["student", "window", "fee", "station"],
        "survey": ["results", "data", "team"],
        "impact": ["statement", "crater", "assessment"],
    ]

    /// word, noun or adjective, verb
    private static let rows = """
        record ɹˈɛkəɹd ɹəkˈɔɹd
        object ˈɑbʤəkt əbʤˈɛkt
        present pɹˈɛzᵊnt pɹizˈɛnt
        produce pɹˈOdˌus pɹədˈus
        project pɹˈɑʤˌɛkt pɹəʤˈɛkt
        permit pˈɜɹmˌɪt pəɹmˈɪt
        contract kˈɑntɹˌækt kəntɹˈækt
        conduct kˈɑndˌʌkt kəndˈʌkt
        conflict kˈɑnflˌɪkt kənflˈɪkt
        contrast kˈɑntɹˌæst kəntɹˈæst
        contest kˈɑntˌɛst kəntˈɛst
        convert kˈɑnvˌɜɹt kənvˈɜɹt
        convict kˈɑnvˌɪkt kənvˈɪkt
        desert dˈɛzəɹt dəzˈɜɹt
        digest dˈIʤˌɛst dIʤˈɛst
        escort ˈɛskˌɔɹt ɪskˈɔɹt
        extract ˈɛkstɹˌækt ɪkstɹˈækt
        export ˈɛkspˌɔɹt ɛkspˈɔɹt
        import ˈɪmpˌɔɹt ɪmpˈɔɹt
        increase ˈɪnkɹˌis ɪnkɹˈis
        decrease dˈikɹˌis dəkɹˈis
        insert ˈɪnsˌɜɹt ɪnsˈɜɹt
        insult ˈɪnsˌʌlt ɪnsˈʌlt
        perfect pˈɜɹfəkt pəɹfˈɛkt
        protest pɹˈOtˌɛst pɹətˈɛst
        progress pɹˈɑɡɹˌɛs pɹəɡɹˈɛs
        rebel ɹˈɛbᵊl ɹəbˈɛl
        recall ɹˈikˌɔl ɹəkˈɔl
        refund ɹˈifˌʌnd ɹəfˈʌnd
        reject ɹˈiʤˌɛkt ɹəʤˈɛkt
        refuse ɹˈɛfjˌus ɹəfjˈuz
        subject sˈʌbʤəkt səbʤˈɛkt
        survey sˈɜɹvˌA səɹvˈA
        suspect sˈʌspˌɛkt səspˈɛkt
        torment tˈɔɹmˌɛnt tɔɹmˈɛnt
        transfer tɹˈænsfəɹ tɹænsfˈɜɹ
        transport tɹˈænspˌɔɹt tɹænspˈɔɹt
        upset ˈʌpsˌɛt ʌpsˈɛt
        console kˈɑnsˌOl kənsˈOl
        combine kˈɑmbˌIn kəmbˈIn
        compound kˈɑmpˌWnd kəmpˈWnd
        compress kˈɑmpɹˌɛs kəmpɹˈɛs
        attribute ˈætɹəbjˌut ətɹˈɪbjˌut
        addict ˈædɪkt ədˈɪkt
        conscript kˈɑnskɹˌɪpt kənskɹˈɪpt
        defect dˈifɛkt dəfˈɛkt
        discharge dˈɪsʧˌɑɹʤ dɪsʧˈɑɹʤ
        entrance ˈɛntɹəns ɛntɹˈæns
        exploit ˈɛksplˌYt ɪksplˈYt
        impact ˈɪmpˌækt ɪmpˈækt
        incense ˈɪnsˌɛns ɪnsˈɛns
        intern ˈɪntˌɜɹn ɪntˈɜɹn
        overlap ˈOvəɹlˌæp ˌOvəɹlˈæp
        reprint ɹˈipɹˌɪnt ɹipɹˈɪnt
        separate sˈɛpəɹət sˈɛpəɹˌAt
        estimate ˈɛstəmət ˈɛstəmˌAt
        graduate ɡɹˈæʤəwət ɡɹˈæʤʊˌAt
        moderate mˈɑdəɹət mˈɑdəɹˌAt
        deliberate dəlˈɪbəɹət dəlˈɪbəɹˌAt
        duplicate dˈupləkət dˈupləkˌAt
        elaborate əlˈæbəɹət əlˈæbəɹˌAt
        alternate ˈɔltəɹnət ˈɔltəɹnˌAt
        appropriate əpɹˈOpɹiət əpɹˈOpɹiˌAt
        associate əsˈOsiət əsˈOsiˌAt
        advocate ˈædvəkət ˈædvəkˌAt
        delegate dˈɛləɡət dˈɛləɡˌAt
        coordinate kOˈɔɹdənət kOˈɔɹdənˌAt
        articulate ɑɹtˈɪkjələt ɑɹtˈɪkjəlˌAt
        animate ˈænəmət ˈænəmˌAt
        approximate əpɹˈɑksəmət əpɹˈɑksəmˌAt
        intimate ˈɪntəmət ˈɪntəmˌAt
        subordinate səbˈɔɹdənət səbˈɔɹdənˌAt
        aggregate ˈæɡɹəɡət ˈæɡɹəɡˌAt
        initiate ɪnˈɪʃiət ɪnˈɪʃiˌAt
        use jˈus jˈuz
        house hˈWs hˈWz
        excuse ɪkskjˈus ɪkskjˈuz
        abuse əbjˈus əbjˈuz
        misuse mɪsjˈus mɪsjˈuz
        """
}
