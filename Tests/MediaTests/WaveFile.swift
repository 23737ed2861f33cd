/// WAV files with what a test puts into them.
enum WaveFile {
    /// Mono float samples, 32 or 64 bits each.
    static func floats(
        _ samples: [Double], rateHz: Int = 16_000, isDouble: Bool = false
    ) -> [UInt8] {
        var data: [UInt8] = []
        for sample in samples {
            let bits = isDouble ? sample.bitPattern : UInt64(Float(sample).bitPattern)
            data += little(Int(truncatingIfNeeded: bits), isDouble ? 8 : 4)
        }
        return wave(data, rateHz: rateHz, format: 3, bits: isDouble ? 64 : 32)
    }

    static func integers(_ samples: [Int], rateHz: Int = 16_000, bits: Int = 16) -> [UInt8] {
        wave(samples.flatMap { little($0, bits / 8) }, rateHz: rateHz, format: 1, bits: bits)
    }

    private static func wave(
        _ data: [UInt8], rateHz: Int, format: Int, bits: Int
    ) -> [UInt8] {
        Array("RIFF".utf8) + little(36 + data.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
            + little(format, 2) + little(1, 2) + little(rateHz, 4) + little(rateHz * bits / 8, 4)
            + little(bits / 8, 2) + little(bits, 2) + Array("data".utf8) + little(data.count, 4)
            + data
    }

    private static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
