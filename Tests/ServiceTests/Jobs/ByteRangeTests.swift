import Foundation
import HTTPWire
import Testing

@testable import Service

@Suite struct ByteRangeTests {
    @Test(
        "a range is read as RFC 9110 has it",
        arguments: [
            (nil, .whole), ("bytes=0-0", .part(0...0)), ("bytes=2-5", .part(2...5)),
            ("bytes=2-", .part(2...9)), ("bytes=-3", .part(7...9)), ("bytes=-99", .part(0...9)),
            ("bytes=8-99", .part(8...9)), ("Bytes=1-1", .part(1...1)),
            ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=0-99999999999999999999", .part(0...9)), ("bytes=5-2", .whole),
            ("bytes=0-1,3-4", .whole), ("bytes=a-b", .whole), ("bytes=-", .whole),
            ("bytes=", .whole), ("items=0-1", .whole), ("bytes", .whole), ("bytes=+1-2", .whole),
        ] as [(String?, ByteRange)])
    func ranges(field: String?, wanted: ByteRange) {
        #expect(ByteRange(field, count: 10) == wanted)
    }

    @Test("of nothing every range is beyond the end")
    func emptyRanges() {
        #expect(ByteRange("bytes=0-", count: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-5", count: 0) == .unsatisfiable)
    }
}
