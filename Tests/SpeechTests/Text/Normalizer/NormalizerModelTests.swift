import Testing

@testable import Speech

/// Written forms, with the voice's tables.
@Suite struct NormalizerModelTests {
    static let readings: [(String, String)] = [
        // Times and dates.
        ("at 3:30pm.", "at three thirty P.M."), ("7:05", "seven oh five"),
        ("12:00", "twelve o'clock"), ("1:02:03", "one oh two and three seconds"),
        ("25:61", "25 to 61"), ("2024-03-01", "March first, 2024"),
        ("3/14/2024", "March fourteenth, 2024"), ("12/25/99", "December twenty-fifth, 1999"),
        ("Feb. 30", "February thirtieth"), ("February 30th", "February thirtieth"),
        ("2024-02-30", "February thirtieth, 2024"), ("March 3rd, 2024,", "March third, 2024,"),
        ("May 5%", "May 5%"), ("14 July", "the fourteenth of July"),
        ("the 4 of May", "the fourth of May"),
        ("9:00-17:00", "nine o'clock to seventeen o'clock"),
        ("9:30 - 5 of us", "nine thirty - 5 of us"),
        ("12.05.2024", "May twelfth, 2024"), ("Jan. 3 to", "January third to"),
        // Money and measures.
        ("$3.5 million", "3.5 million dollars"), ("€20k", "20 thousand euros"),
        ("99¢", "99 cents"), ("¥500", "500 yen"), ("USD 1", "1 U.S. dollar"),
        ("$9.99", "9 dollars and 99 cents"),
        ("-5 °C", "minus 5 degrees Celsius"), ("1°", "1 degree"), ("5 km", "5 kilometers"),
        ("1 kg", "1 kilogram"), ("1,200mAh", "1,200 milliamp hours"),
        ("60 km/h", "60 kilometers per hour"),
        ("3 sq ft", "3 square feet"), ("5kmx", "5kmx"),
        ("450 m long", "450 meters long"), ("2 tbsp", "2 tablespoons"),
        ("300 hp", "300 horsepower"),
        ("$20-$30", "20 to 30 dollars"), ("€5–10 million", "5 to 10 million euros"),
        ("a $100 bill", "a 100 dollar bill"), ("a $2 million deal", "a 2 million dollar deal"),
        ("a $1.50 tip", "a 1 dollar and 50 cents tip"), ("has a $5.", "has a 5 dollars."),
        ("call 911", "call 9 1 1"), ("call 250 people", "call 250 people"),
        ("1-800-555-0100", "1, 8 hundred, 5 5 5, 0 1 0 0"),
        ("$9.99-$19.99", "9 dollars and 99 cents to 19 dollars and 99 cents"),
        ("$5-a-day", "5 dollars a day"),
        ("6'2\" tall", "6 foot 2 tall"), ("5'9 and", "5 foot 9 and"), ("the '60s", "the '60s"),
        ("5-10%", "5 to 10%"),
        // Numbers in company.
        ("3/4 cup", "three quarters cup"), ("1/2.", "one half."),
        ("2 1/2 cups", "2 and a half cups"),
        ("1 3/4 miles", "1 and 3 quarters miles"), ("24/7", "24 7"), ("98/100", "98 out of 100"),
        ("100/7", "100 slash 7"),
        ("10-20", "10 to 20"), ("1914 – 1918", "1914 to 1918"), ("a-10", "a-10"),
        ("555-1234", "5 5 5, 1 2 3 4"), ("(415) 555-2671.", "4 1 5, 5 5 5, 2 6 7 1."),
        ("1,2,3", "1, 2, 3"), ("1, 2, 3", "1, 2, 3"), ("10,20,30", "10, 20, 30"),
        ("1,234,567", "1,234,567"), ("2000,2001", "2000, 2001"), ("#5", "number 5"),
        ("No. 5", "Number 5"), ("+5", "plus 5"), ("+14155552671", "plus 1 4 1, 5 5 5, 5 2 6, 7 1"),
        ("1234567890123456", "1 2 3, 4 5 6, 7 8 9, 0 1 2, 3 4 5, 6"),
        ("+1 415 555 2671 now", "plus 1, 4 1 5, 5 5 5, 2 6 7 1 now"),
        ("+44 (20) 7946-0958", "plus 4 4, 2 0, 7 9 4 6, 0 9 5 8"),
        ("2.10.3", "2 point 10 point 3"), ("v1.2.0", "version 1 point 2 point 0"), ("3.14", "3.14"),
        ("192.168.0.1", "1 9 2 dot 1 6 8 dot 0 dot 1"), ("1.2.3.4.5", "1.2.3.4.5"),
        // Words.
        ("Dr. Smith", "Dr Smith"), ("St. Paul St.", "Saint Paul Street."),
        ("approx. 5", "approximately 5"),
        ("I said no.", "I said no."), ("no. 5", "number 5"), ("vs. them", "versus them"),
        ("Henry VIII", "Henry the eighth"), ("Chapter IV", "Chapter 4"),
        ("World War II", "World War 2"),
        ("the part I like", "the part I like"), ("Chapter IIII", "Chapter IIII"),
        // Addresses.
        ("john.doe@example.com", "john dot doe at example dot com"),
        ("a_b-c@x.co.uk.", "a underscore b dash c at x dot co dot U.K."),
        ("https://example.com/docs/", "example dot com slash docs"),
        ("www.swift.org", "W W W dot swift dot org"), ("example.com", "example dot com"),
        ("and/or", "and or"), ("e.g. this", "e.g. this"), ("Node.js", "Node dot J.S."),
        // Symbols.
        ("a = b", "a equals b"), ("x<3", "x less than 3"), ("2×3", "2 times 3"),
        ("5²", "5 squared"),
        ("*bold*", "bold"), ("α particle", "alpha particle"), ("a | b", "a, b"),
        // Spaces.
        ("  many \t spaces  ", "many spaces"), ("what ?", "what?"), ("", ""),
    ]

    @Test("a text is written out as a person would say it", arguments: readings)
    func written(_ pair: (String, String)) throws {
        let normalizer = Normalizer(try Voice.tables())
        #expect(String(normalizer.normalized(pair.0.scalars)) == pair.1)
    }
}
