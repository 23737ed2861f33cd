import EngineAPI
import Testing

@testable import Transcription

private func number(_ value: Int32, at: Int) -> [UInt8] {
    var bytes = WhisperBytes.model.bytes
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(at..<at + 4, with: $0) }
    return bytes
}

/// Of the model with one byte changed.
private func fault(at place: Int, by mask: UInt8) -> WhisperFileFault? {
    fault(WhisperBytes.model.bytes[...], changedAt: place, by: mask)
}

@Suite struct WhisperFileTests {
    @Test("a model that is as it should be passes")
    func whole() {
        #expect(fault(WhisperBytes.model.bytes) == nil)
    }

    @Test("every changed byte of the parameters is refused")
    func parameters() {
        for at in 0..<56 {
            for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
                // The version of the quantisation is the thousands; it says nothing to us.
                #expect(fault(at: at, by: mask) != nil, "byte \(at), mask \(mask)")
            }
        }
    }

    @Test(
        "every changed byte of the first kilobyte, and of tensors' heads, is judged without a trap")
    func headBytes() {
        let starts = WhisperBytes.model.tensorStarts
        let places =
            Array(0..<1_024) + (0..<64).map { WhisperBytes.vocabularyStart + $0 }
            + starts.flatMap { start in (0..<12).map { start + $0 } }
        for at in places { _ = fault(at: at, by: UInt8(1 << (at % 8))) }
        for start in starts {
            for at in start..<start + 12 {
                #expect(fault(at: at, by: 0x81) != nil, "byte \(at)")
            }
        }
    }

    @Test("a file that is cut anywhere, or goes on, is refused")
    func cuts() {
        let whole = WhisperBytes.model.bytes
        var lengths = Array(0..<1_100)
        for start in [WhisperBytes.vocabularyStart] + WhisperBytes.model.tensorStarts {
            lengths += (start - 8..<start + 40)
        }
        for length in lengths { #expect(fault(whole[..<length]) != nil, "\(length)") }
        #expect(fault(Array(whole.dropLast())) != nil)
        for more in [1, 11, 12, 100] {
            #expect(fault(whole + [UInt8](repeating: 0, count: more)) != nil)
        }
    }

    @Test(
        "numbers that whisper.cpp would take on trust are refused",
        arguments: [
            (4, [0, -1, 1, 51_863, 51_867, .max, .min]), (8, [0, 1_499, 1_501, .max]),
            (12, [0, -64, 65, 128, 1 << 30]), (16, [0, -1, 2, .max]), (20, [0, -1, 2, 65, .max]),
            (24, [0, 447, 1 << 28]), (28, [0, 128]), (32, [0, 2]), (36, [0, 2, .min]),
            (40, [0, 79, 128]), (44, [-1, 0, 1, 4, 5, 6, 9, 99, 3_007, -993, .min]),
            (48, [0, 79, .max]), (52, [0, 200, .max]),
            (WhisperBytes.vocabularyStart, [0, -1, 51_865, .max, .min]),
            (WhisperBytes.vocabularyStart + 4, [-1, 1_025, .max, .min]),
        ] as [(Int, [Int32])])
    func hostileNumbers(_ at: Int, _ values: [Int32]) {
        for value in values { #expect(fault(number(value, at: at)) != nil, "\(value) at \(at)") }
    }

    @Test("filters that are no numbers, or no filters, are refused")
    func filters() {
        for value: Float in [.nan, .infinity, -1, 2] {
            #expect(
                fault(number(Int32(bitPattern: value.bitPattern), at: 60)) == .badFilters)
        }
    }

    @Test("a tensor that is there twice, or that nobody asks for, is refused")
    func tensors() {
        let (whole, starts) = (WhisperBytes.model.bytes, WhisperBytes.model.tensorStarts)
        let last = Array(whole[starts.last!...])
        #expect(fault(whole + last) == .badTensor)
        #expect(fault(Array(whole.dropLast(last.count))) == .missingTensor)
        var renamed = whole
        renamed[starts[0] + 12 + 8] ^= 1
        #expect(fault(renamed) == .badTensor)
    }
}
