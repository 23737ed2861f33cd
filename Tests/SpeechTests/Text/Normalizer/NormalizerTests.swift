import Testing

@testable import Speech

/// What is written out before words are looked up.
@Suite struct NormalizerTests {
    static let cardinals: [(Int, String)] = [
        (0, "zero"), (13, "thirteen"), (21, "twenty-one"), (100, "one hundred"),
        (101, "one hundred and one"), (1001, "one thousand and one"),
        (1234, "one thousand, two hundred and thirty-four"), (1_000_000, "one million"),
        (1_000_100, "one million, one hundred"),
        (
            999_999_999_999_999,
            "nine hundred and ninety-nine trillion, nine hundred and ninety-nine billion, nine "
                + "hundred and ninety-nine million, nine hundred and ninety-nine thousand, nine "
                + "hundred and ninety-nine"
        ),
    ]

    @Test("a number has its words", arguments: cardinals)
    func cardinal(_ pair: (Int, String)) { #expect(NumberWords.cardinal(pair.0) == pair.1) }

    @Test(
        "an ordinal has its words",
        arguments: [
            (1, "first"), (12, "twelfth"), (20, "twentieth"), (23, "twenty-third"),
            (101, "one hundred and first"), (1000, "one thousandth"),
        ])
    func ordinal(_ pair: (Int, String)) { #expect(NumberWords.ordinal(pair.0) == pair.1) }

    @Test(
        "a year has its words",
        arguments: [
            (1905, "nineteen oh-five"), (1900, "nineteen hundred"), (2005, "two thousand and five"),
            (2010, "twenty ten"), (1066, "ten sixty-six"), (800, "eight hundred"),
        ])
    func year(_ pair: (Int, String)) { #expect(NumberWords.year(pair.0) == pair.1) }

    @Test(
        "a Roman numeral in its usual spelling has a value",
        arguments: [
            ("IV", 4), ("XIX", 19), ("MCMXCIV", 1994), ("IIII", nil), ("VX", nil), ("", nil),
        ]
            as [(String, Int?)])
    func roman(_ pair: (String, Int?)) { #expect(Normalizer.roman(pair.0) == pair.1) }
}
