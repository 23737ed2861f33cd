/// Phrases of other languages that English borrowed whole, as English says them: word by word the
/// dictionary would read them as if they were its own.
struct BorrowedWords: Sendable {
    /// Gives the tokens of a phrase the sounds that they have in it.
    func settle(_ tokens: inout [Token]) {
        for at in tokens.indices where tokens[at].phonemes == nil {
            guard let phrases = Self.index[Self.plain(tokens[at].text)] else { continue }
            for (words, sounds) in phrases where at + words.count <= tokens.count {
                let isHere = words.indices.allSatisfy {
                    Self.plain(tokens[at + $0].text) == words[$0]
                        && tokens[at + $0].phonemes == nil
                }
                guard isHere else { continue }
                for (offset, sound) in sounds.enumerated() { tokens[at + offset].phonemes = sound }
                break
            }
        }
    }

    /// Small letters without their accents.
    private static func plain(_ text: String) -> String {
        let lower = text.lowercased()
        if lower.utf8.allSatisfy({ $0 < 0x80 }) { return lower }
        return Lexicon.unaccented(lower) ?? lower
    }

    /// The longest phrase of a first word comes first.
    private static let index: [String: [([String], [String])]] = {
        var index: [String: [([String], [String])]] = [:]
        for row in rows.split(separator: "\n") {
            let halves = row.split(separator: "|")
            let words = halves[0].split(separator: " ").map(String.init)
            let sounds = halves[1].split(separator: " ").map(String.init)
            guard halves.count == 2, words.count == sounds.count else { continue }
            index[words[0], default: []].append((words, sounds))
        }
        return index.mapValues { $0.sorted { $0.0.count > $1.0.count } }
    }()

    private static let rows = """
        je ne sais quoi|ʒə nə sˈA kwˈɑ
        du jour|du ʒˈʊɹ
        coup d'etat|kˈu dAtˈɑ
        coups d'etat|kˈu dAtˈɑ
        coup de grace|kˈu də ɡɹˈɑs
        bon appetit|bˌOn ˌæpətˈi
        bon voyage|bˌɑn vwYˈɑʒ
        bon vivant|bˌɑn vivˈɑnt
        bon mot|bˌɑn mˈO
        fait accompli|fˌAt əkɑmplˈi
        joie de vivre|ʒwˈɑ də vˈivɹə
        raison d'etre|ɹˌAzOn dˈɛtɹə
        c'est la vie|sˌA lɑ vˈi
        faux pas|fˈO pˈɑ
        en route|ˌɑn ɹˈut
        en masse|ˌɑn mˈæs
        en suite|ˌɑn swˈit
        en vogue|ˌɑn vˈOɡ
        en passant|ˌɑn pæsˈɑn
        filet mignon|fəlˈA minjˈɑn
        foie gras|fwˈɑ ɡɹˈɑ
        prix fixe|pɹˈi fˈiks
        grand prix|ɡɹˈɑn pɹˈi
        a la|ˌɑ lˌɑ
        a la carte|ˌɑ lə kˈɑɹt
        a la mode|ˌɑ lə mˈOd
        carte blanche|kˈɑɹt blˈɑnʃ
        haute couture|ˈOt kutˈʊɹ
        haute cuisine|ˈOt kwɪzˈin
        cause celebre|kˈOz səlˈɛb
        creme de la creme|kɹˈɛm də lɑ kɹˈɛm
        creme fraiche|kɹˈɛm fɹˈɛʃ
        pied a terre|pjˌA tə tˈɛɹ
        piece de resistance|pjˈɛs də ɹəzˌistˈɑns
        femme fatale|fˈɛm fətˈæl
        enfant terrible|ˌɑnfˈɑn tɛɹˈiblə
        menage a trois|mAnˈɑʒ ɑ twˈɑ
        esprit de corps|ɛspɹˈi də kˈɔɹ
        objet d'art|ˌɔbʒˈA dˈɑɹ
        trompe l'oeil|tɹˈɔmp lˈY
        eau de toilette|ˈO də twɑlˈɛt
        eau de cologne|ˈO də kəlˈOn
        film noir|fˈɪlm nwˈɑɹ
        pinot noir|pˈinO nwˈɑɹ
        pas de deux|pˈɑ də dˈu
        mot juste|mˈO ʒˈust
        noblesse oblige|nOblˈɛs Oblˈiʒ
        sacre bleu|sˌɑkɹə blˈu
        sang froid|sˌɑn fɹwˈɑ
        vis a vis|vˌiz ə vˈi
        tete a tete|tˈAt ə tˈAt
        cul de sac|kˈʌl də sˈæk
        mardi gras|mˈɑɹdi ɡɹˈɑ
        croix de guerre|kwˈɑ də ɡˈɛɹ
        merci beaucoup|mɛɹsˈi bOkˈu
        sine qua non|sˌɪni kwɑ nˈɑn
        prima facie|pɹˌimə fˈAʃə
        magna cum laude|mˈæɡnə kʊm lˈWdA
        summa cum laude|sˈumə kʊm lˈWdA
        cum laude|kʊm lˈWdA
        carpe diem|kˌɑɹpA dˈiˌɛm
        ad nauseam|ˌæd nˈɔziəm
        modus operandi|mˈOdəs ˌɑpəɹˈændi
        habeas corpus|hˈAbiəs kˈɔɹpəs
        per se|pɜɹ sˈA
        in situ|ɪn sˈItu
        in vitro|ɪn vˈitɹO
        ex libris|ɛks lˈibɹɪs
        et al|ɛt ˈæl
        ars nova|ˈɑɹz nˈOvə
        mea culpa|mˌAə kˈʊlpə
        rigor mortis|ɹˈɪɡəɹ mˈɔɹTɪs
        dolce vita|dˈOlʧA vˈitə
        prima donna|pɹˌimə dˈɑnə
        hasta la vista|ˈɑstə lə vˈistə
        hasta luego|ˈɑstə lwˈAɡO
        por favor|pɔɹ fəvˈɔɹ
        muchas gracias|mˈuʧəs ɡɹˈɑsiəs
        mucho gusto|mˈuʧO ɡˈustO
        buenos dias|bwˈAnOs dˈiəs
        buenas noches|bwˈAnəs nˈOʧAs
        buenas tardes|bwˈAnəs tˈɑɹdAs
        buenos aires|bwˈAnəs ˈɛɹiz
        cinco de mayo|sˈɪŋkO də mˈIO
        dia de los muertos|dˈiə də lOs mwˈɛɹtOs
        feliz navidad|fAlˈis nˌɑvidˈɑd
        mi casa es su casa|mi kˈɑsə ɛs su kˈɑsə
        que sera sera|kˈA səɹˌɑ səɹˈɑ
        tres leches|tɹˈAs lˈAʧAs
        carne asada|kˈɑɹnA əsˈɑdə
        pico de gallo|pˈikO də ɡˈIO
        auf wiedersehen|ˌWf vˈidəɹzˌAən
        guten tag|ɡˈutn tˈɑɡ
        guten morgen|ɡˈutn mˈɔɹɡən
        danke schon|dˈɑŋkə ʃˈɜn
        sturm und drang|ʃtˈʊɹm ʊnt dɹˈɑŋ
        wiener schnitzel|vˈinəɹ ʃnˈɪtsᵊl
        ipso facto|ˈɪpsO fˈæktO
        quinceanera|kˌinsAnjˈɛɹə
        gesundheit|ɡəzˈʊnthIt
        oeuvre|ˈɜvɹə
        au revoir|ˌO ɹəvwˈɑɹ
        que tal|kˌA tˈɑl
        que pasa|kˌA pˈɑsə
        concierge|kˌɑnsiˈɛɹʒ
        ahem|əhˈɛm
        hermione|həɹmˈIəni
        tahoe|tˈɑhO
        jfk|ʤˌAˌɛfkˈA
        mahomes|məhˈOmz
        siobhan|ʃəvˈɔn
        saoirse|sˈɜɹʃə
        beyonce|biˈɑnsA
        kanye|kˈɑnjA
        oaxaca|wəhˈɑkə
        mackinac|mˈækɪnˌɔ
        zelensky|zəlˈɛnski
        zelenskyy|zəlˈɛnski
        jinping|ʤˌɪnpˈɪŋ
        buttigieg|bˈuTəʤɪʤ
        antetokounmpo|ˌɑntətəkˈumpO
        edinburgh|ˈɛdᵊnbˌɜɹə
        yosemite|jOsˈɛməTi
        schwarzenegger|ʃwˈɔɹtsənˌɛɡəɹ
        scorsese|skɔɹsˈAzi
        """
}
