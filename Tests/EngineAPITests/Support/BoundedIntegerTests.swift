import EngineAPI
import Testing

@Suite struct BoundedIntegerTests {
    private static let whole: [(Double, Int)] = [
        (0, 0), (-0.0, 0), (0.5, 0), (0.999_999_999, 0), (1, 1), (1.5, 1), (2.5, 2), (-0.5, 0),
        (-1, -1), (-1.5, -1), (-2.999, -2), (1e9, 1_000_000_000),
        (1_099_511_627_775.5, 1_099_511_627_775), (-1_099_511_627_775.5, -1_099_511_627_775),
        (2.3e-308, 0), (-2.3e-308, 0), (3.000_000_000_000_000_4, 3),
    ]

    @Test("a float becomes its whole part", arguments: whole)
    func wholePart(value: Double, expected: Int) { #expect(Int(bounded: value) == expected) }

    private static let odd: [(Double, Int)] = [
        (.nan, 0), (.signalingNaN, 0), (.infinity, 1 << 50), (-.infinity, -(1 << 50)),
        (1e300, 1 << 50), (-1e300, -(1 << 50)), (0x1p50, 1 << 50), (9.3e18, 1 << 50),
    ]

    @Test("what is no number, or too large, has a result too", arguments: odd)
    func oddValue(value: Double, expected: Int) {
        #expect(Int(bounded: value) == expected)
        #expect(UInt8(bounded: value) == UInt8(clamping: expected))
        #expect(Int16(bounded: value) == Int16(clamping: expected))
        #expect(UInt32(bounded: value) == UInt32(clamping: expected))
        #expect(Int32(bounded: Float(value)) == Int32(clamping: expected))
    }

    @Test("it agrees with the standard library wherever that has a result")
    func agreement() {
        var state: UInt64 = 7
        for _ in 0..<100_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(Int64(bitPattern: state)) / 0x1p24
            let expected = Int(exactly: value.rounded(.towardZero))
            #expect(Int(bounded: value) == expected)
            let single = Float(value)
            #expect(Int(bounded: single) == Int(exactly: single.rounded(.towardZero)))
        }
    }
}
