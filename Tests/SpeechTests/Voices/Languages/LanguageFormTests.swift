import EngineAPI
import Testing

@testable import Speech

/// Times, dates and money of languages that espeak-ng reads.
@Suite struct LanguageFormTests {
    static let forms: [(String, String, String)] = [
        ("de", "um 14:30 Uhr.", "um 14 Uhr 30."), ("de", "um 14:00", "um 14 Uhr"),
        ("de", "1:05", "ein Uhr 5"), ("de", "8.15 Uhr", "8 Uhr 15"),
        ("de", "12,50 €", "12 Euro 50"), ("de", "€1.234,05!", "1234 Euro 5!"),
        ("de", "1 €", "ein Euro"), ("de", "0,99 EUR", "99 Cent"), ("de", "$20", "20 Dollar"),
        ("de", "3 Mio. €", "3 Millionen Euro"), ("de", "am 3.4.2024", "am dritten April 2024"),
        ("de", "der 31.12.1999", "der einunddreißigste Dezember 1999"),
        ("de", "am 3. April", "am dritten April"), ("de", "7. Mai", "siebter Mai"),
        ("de", "vom 1.5. an", "vom ersten Mai an"), ("de", "2024-04-03", "dritter April 2024"),
        ("de", "Es waren 3. Punkt", "Es waren 3. Punkt"), ("de", "1.234 Leute", "1.234 Leute"),
        ("fr", "à 14h30", "à 14 heures 30"), ("fr", "14:00", "14 heures"), ("fr", "1h", "1 heure"),
        ("fr", "12,50 €", "12 euros 50"), ("fr", "1 €", "un euro"), ("fr", "1 £", "une livre"),
        ("fr", "2 millions €", "2 millions de euros"),
        ("fr", "le 1/4/2024,", "le premier avril 2024,"), ("fr", "03/04/2024", "3 avril 2024"),
        ("es", "12,50 €", "12 euros con 50"), ("es", "3/4/2024", "3 de abril de 2024"),
        ("es", "14:30", "14 y 30"), ("es", "a las 9:00 horas", "a las 9 en punto"),
        ("it", "12,50 €", "12 euro e 50"), ("it", "1/4/2024", "primo aprile 2024"),
        ("it", "ore 14:30", "ore 14 e 30"),
        // What is none of them stays.
        ("de", "3:2", "3:2"), ("de", "25:61", "25:61"), ("fr", "45/2/2024", "45/2/2024"),
        ("it", "1.2.3.4", "1.2.3.4"), ("de", "€", "€"), ("es", "2024", "2024"),
        ("de", " a  1 ", " a 1 "), ("de", "99999999999999999999999 €", "99999999999999999999999 €"),
    ]

    @Test("times, dates and money are said as people say them", arguments: forms)
    func form(_ one: (language: String, text: String, said: String)) throws {
        let forms = try #require(SpokenForms(language: one.language))
        #expect(String(forms.normalized(one.text.scalars)) == one.said)
    }

    @Test("languages without forms have none")
    func none() { #expect(SpokenForms(language: "pl") == nil) }
}
