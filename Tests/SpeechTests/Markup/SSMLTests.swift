import EngineAPI
import Testing

@testable import Speech

/// SSML: what is read of it, what is refused, and what it does to the sound.
@Suite struct SSMLTests {
    static let rates: [(String, Double?)] = [
        ("slow", 0.8), ("120%", 1.2), ("+20%", 1.2), ("-25%", 0.75), ("1.5", 1.5), ("0%", nil),
        ("-100%", nil), ("", nil), ("%", nil), ("1e3", nil), ("nan", nil), ("1.2.3", nil),
    ]

    @Test("a rate is a word, a percentage or a factor", arguments: rates)
    func rate(_ pair: (String, Double?)) { #expect(SSMLValues.rate(pair.0) == pair.1) }

    static let times: [(String?, String?, Double?)] = [
        ("500ms", nil, 0.5), ("1.5s", "none", 1.5), (nil, nil, 0.4), (nil, "x-strong", 1.2),
        (nil, "none", 0), ("1", nil, nil), ("-1s", nil, nil), ("s", nil, nil), (nil, "huge", nil),
    ]

    @Test("a pause is a time or a strength", arguments: times)
    func time(_ pause: (String?, String?, Double?)) {
        #expect(SSMLValues.pause(time: pause.0, strength: pause.1) == pause.2)
    }
}
