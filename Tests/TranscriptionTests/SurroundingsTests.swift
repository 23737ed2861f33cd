import EngineAPI
import Testing

@testable import Transcription

@Suite("Silence that is read with a piece") struct SurroundingsTests {
    @Test("a piece has as much as there is, and no more than 200 ms more")
    func middle() {
        let near = Surroundings.of(
            10_000..<20_000, between: 9_000, and: 20_700, isFirst: false, isLast: false)
        // Whole positions of 20 ms.
        #expect(near == 9_040..<20_640)
        let far = Surroundings.of(
            100_000..<120_000, between: 20_000, and: 200_000, isFirst: false, isLast: false)
        #expect(far == 96_800..<123_200)
    }

    @Test("a clip's own beginning and end are read where they are a second at most")
    func edges() {
        let short = Surroundings.of(
            16_000..<32_000, between: 0, and: 48_000, isFirst: true, isLast: true)
        #expect(short == 0..<48_000)
        let long = Surroundings.of(
            16_320..<32_000, between: 0, and: 48_320, isFirst: true, isLast: true)
        #expect(long == 13_120..<35_200)
    }

    @Test("pieces that overlap have none between them")
    func overlapping() {
        let range = Surroundings.of(
            10_000..<20_000, between: 12_000, and: 18_000, isFirst: false, isLast: false)
        #expect(range == 10_000..<20_000)
    }
}
