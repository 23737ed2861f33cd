import EngineAPI
import HTTPWire

/// The language of audio as clients write it: a code, a locale or an English name, in any case.
enum SpokenLanguage {
    /// What a text must look like to be a language at all; others are no value of the field.
    static let pattern = "^([A-Za-z]{2}[A-Za-z0-9 ._@()-]{0,62})?$"

    /// Whisper's code of the language; a well-formed code that is none of Whisper's stays, so that
    /// whoever knows the model refuses it. nil where nothing is known by that name.
    static func code(_ text: String) -> String? {
        let name = text.lowercased()
        if let code = codes[name] { return code }
        // A locale's language comes first: RFC 5646 "zh-Hant-TW", POSIX "en_US.UTF-8".
        let first = String(name.prefix { !"-_.@(".contains($0) }).trimmingBlanks()
        if name.count > first.count, let code = extended(name) { return code }
        if let code = codes[first] { return code }
        let isCode = (2...3).contains(first.utf8.count) && first.utf8.allSatisfy(isLowercase)
        return isCode ? first : nil
    }

    /// The language that a field's text names; nil for "auto".
    static func code(
        _ text: String, of field: APIField, limit: String
    ) throws(Problem) -> String? {
        guard text.lowercased() != "auto" else { return nil }
        guard isShaped(text) else {
            throw Problem(
                field, "The field must be a language's code, locale or name, or auto.",
                limit: limit, got: String(text.prefix(64)))
        }
        guard let code = code(text) else {
            throw Problem(
                .languageUnknown, "There is no language of that name here.",
                field: field.bareName, limit: limit, got: text)
        }
        return code
    }

    /// What Chinese is written in where these languages are told.
    static func characters(_ texts: [String?]) -> ChineseCharacters {
        texts.compactMap(\.self).contains(where: isTraditional) ? .traditional : .simplified
    }

    private static func isTraditional(_ text: String) -> Bool {
        let parts = text.lowercased().split { !$0.isLetter }.map(String.init)
        guard let first = parts.first, code(first) == "zh" else { return false }
        return !Set(parts.dropFirst()).isDisjoint(with: ["hant", "tw", "hk", "mo", "traditional"])
    }

    /// Whether a text has the shape that `pattern` tells.
    static func isShaped(_ text: String) -> Bool {
        let bytes = text.lowercased().utf8
        return (2...64).contains(bytes.count) && bytes.prefix(2).allSatisfy(isLowercase)
            && bytes.allSatisfy {
                isLowercase($0) || (0x30...0x39).contains($0) || " ._@()-".utf8.contains($0)
            }
    }

    /// Locales whose own part says more than their language: "zh-yue" is Cantonese.
    private static func extended(_ name: String) -> String? {
        let parts = name.split { !$0.isLetter }
        return parts.count > 1 && parts[0] == "zh" && parts[1] == "yue" ? "yue" : nil
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

    private static let codes: [String: String] = {
        var codes: [String: String] = [:]
        for (code, name) in englishNames {
            codes[name.lowercased()] = code
            codes[code] = code
        }
        for entry in others.split(whereSeparator: \.isWhitespace) {
            let pair = entry.split(separator: "=").map(String.init)
            codes[pair[0]] = pair[1]
        }
        return codes
    }()

    /// Other names, as Whisper's own tools take them; codes of ISO 639-2 and 639-3 (both of
    /// English's and the language's name, where they differ), and withdrawn or wider codes.
    private static let others = """
        burmese=my valencian=ca flemish=nl haitian=ht letzeburgesch=lb pushto=ps panjabi=pa
        moldavian=ro moldovan=ro sinhalese=si castilian=es mandarin=zh farsi=fa bangla=bn
        brazilian=pt filipino=tl bokmal=no
        iw=he in=id ji=yi jv=jw nb=no mo=ro fil=tl cmn=zh nob=no
        eng=en zho=zh chi=zh deu=de ger=de spa=es rus=ru kor=ko fra=fr fre=fr jpn=ja por=pt
        tur=tr pol=pl cat=ca nld=nl dut=nl ara=ar arb=ar swe=sv ita=it ind=id hin=hi fin=fi
        vie=vi heb=he ukr=uk ell=el gre=el msa=ms may=ms zsm=ms ces=cs cze=cs ron=ro rum=ro
        dan=da hun=hu tam=ta nor=no tha=th urd=ur hrv=hr bul=bg lit=lt lat=la mri=mi mao=mi
        mal=ml cym=cy wel=cy slk=sk slo=sk tel=te fas=fa per=fa pes=fa lav=lv lvs=lv ben=bn
        srp=sr aze=az azj=az slv=sl kan=kn est=et ekk=et mkd=mk mac=mk bre=br eus=eu baq=eu
        isl=is ice=is hye=hy arm=hy nep=ne npi=ne mon=mn khk=mn bos=bs kaz=kk sqi=sq alb=sq
        swa=sw swh=sw glg=gl mar=mr pan=pa sin=si khm=km sna=sn yor=yo som=so afr=af oci=oc
        kat=ka geo=ka bel=be tgk=tg snd=sd guj=gu amh=am yid=yi ydd=yi lao=lo uzb=uz uzn=uz
        fao=fo hat=ht pus=ps pbt=ps tuk=tk nno=nn mlt=mt san=sa ltz=lb mya=my bur=my bod=bo
        tib=bo tgl=tl mlg=mg plt=mg asm=as tat=tt lin=ln hau=ha bak=ba jav=jw sun=su
        """
}
