import EngineAPI
import Testing

@testable import Speech

/// Durations as the vendors' SSML writes them.
@Suite struct SSMLVendorValueTests {
    static let durations: [(String, String, String?)] = [
        ("2:30", "ms", "two minutes thirty seconds"), ("2:30", "hm", "two hours thirty minutes"),
        ("2:30", "", "two minutes thirty seconds"), ("PT1H30M", "", "one hour thirty minutes"),
        ("P2DT4S", "", "two days four seconds"), ("1h 5m", "", "one hour five minutes"),
        ("0:00", "", "zero seconds"), ("0:05", "", "five seconds"), ("", "", nil),
        ("1h1h", "", nil), ("a:b", "", nil), ("1:2:3:4", "", nil), ("P1", "", nil),
    ]

    @Test("a duration is hours, minutes and seconds", arguments: durations)
    func duration(_ pair: (String, String, String?)) {
        #expect(SayAs.duration(pair.0, format: pair.1) == pair.2)
    }
}
