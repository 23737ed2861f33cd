import Testing

@testable import Transcription

@Suite struct HallucinationChecksTests {
    /// As the detector gives it: padded by 10 positions on both sides.
    private static let speech = [0..<150, 200..<400]

    @Test(
        "speech long before the text begins is noticed",
        arguments: [
            (nil, false), (0, false), (10, false), (69, false), (70, true), (160, true),
            (500, true),
        ] as [(Int?, Bool)])
    func startsLate(begin: Int?, isLate: Bool) {
        #expect(HallucinationChecks.startsLate(begin, speech: Self.speech) == isLate)
    }

    @Test("nobody speaks before a text that begins late in silence")
    func silence() {
        #expect(!HallucinationChecks.startsLate(300, speech: [290..<500]))
        #expect(!HallucinationChecks.startsLate(300, speech: []))
    }

    @Test("speech behind the text's end is noticed", arguments: [(399, false), (150, true)])
    func endsEarly(end: Int, isEarly: Bool) {
        #expect(HallucinationChecks.endsEarly(end, speech: Self.speech) == isEarly)
    }
}
