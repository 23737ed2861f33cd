import EngineAPI
import Glibc
import Media
import Testing

@Suite struct SampleRangeTests {
    private let codec = FFmpegCodec(threads: 1)

    private func tone(_ seconds: Double, scale: Double = 0.3) -> [Double] {
        (0..<Int(bounded: seconds * 16_000)).map { scale * sin(Double($0) * 0.08) }
    }

    private func decoded(
        _ bytes: [UInt8], rateHz: Int = 16_000
    ) async throws -> (samples: [Float], notes: [MediaNote]) {
        let work = WorkContext(within: .seconds(300))
        let clip = try await codec.decodeAudio(
            bytes, sampleRateHz: rateHz, secondsMax: 100, work: work)
        return (clip.samples, work.notes.all)
    }

    private func loudest(_ samples: [Float]) -> Float {
        samples.reduce(0) { max($0, $1.magnitude) }
    }

    @Test(
        "one odd sample costs that sample, and is told",
        arguments: [
            (Double.nan, MediaNote?.some(.samplesNotFinite)), (.infinity, .samplesNotFinite),
            (-.infinity, .samplesNotFinite), (1e30, .samplesNotFinite), (-1e30, .samplesNotFinite),
            (1e5, .samplesCut), (-50, .samplesCut), (8.5, .samplesCut), (1e-42, nil), (3, nil),
        ], [false, true])
    func oneOdd(odd: (value: Double, note: MediaNote?), isDouble: Bool) async throws {
        var samples = tone(3)
        samples[24_000] = odd.value
        for rate in [16_000, 24_000] {
            let (received, notes) = try await decoded(
                WaveFile.floats(samples, isDouble: isDouble), rateHz: rate)
            #expect(received.allSatisfy { $0.magnitude <= 12 })
            #expect(notes == [odd.note].compactMap { $0 })
            // The rest is as loud as ever.
            #expect(abs(loudest(Array(received[..<rate])) - 0.3) < 0.01)
            #expect(abs(loudest(Array(received[(rate * 2)...])) - 0.3) < 0.01)
        }
    }

    @Test(
        "audio of nothing but odd samples is silence", arguments: [Double.nan, .infinity, 1e200])
    func allOdd(value: Double) async throws {
        let (received, notes) = try await decoded(
            WaveFile.floats([Double](repeating: value, count: 16_000), isDouble: true))
        #expect(received.allSatisfy { $0 == 0 })
        #expect(notes == [.samplesNotFinite])
    }

    @Test(
        "floats in an integer's range are heard as that integer's",
        arguments: [(32_767.0, 0x1p15), (3_000, 0x1p15), (8e6, 0x1p23), (2e9, 0x1p31)])
    func integerRange(peak: Double, scale: Double) async throws {
        // A second and a half of hush before it: far below full scale, and far above 1.
        let hush = tone(1.5, scale: 3)
        let (received, notes) = try await decoded(WaveFile.floats(hush + tone(2, scale: peak)))
        #expect(notes == [.samplesScaled])
        #expect(abs(Double(loudest(received)) - peak / scale) < 0.02)
        #expect(Double(loudest(Array(received[..<22_000]))) < 4 / scale)
    }

    @Test(
        "floats that are a little over full scale stay as they are", arguments: [1.0, 1.5, 4, 7.9])
    func overshoot(peak: Double) async throws {
        let (received, notes) = try await decoded(WaveFile.floats(tone(2, scale: peak)))
        #expect(notes.isEmpty)
        #expect(abs(Double(loudest(received)) - peak) < 0.02)
    }

    @Test("integers are never taken for another scale", arguments: [16, 24, 32])
    func integers(bits: Int) async throws {
        let top = 1 << (bits - 1)
        let (received, notes) = try await decoded(
            WaveFile.integers((0..<32_000).map { $0 % 2 == 0 ? top - 1 : -top }, bits: bits))
        #expect(notes.isEmpty)
        #expect(abs(loudest(received) - 1) < 0.01)
    }

    @Test("the scale is the same however the audio is read", arguments: [1_000, 16_000, 31_999])
    func cut(step: Int) async throws {
        // Loud only after what is looked at ahead, wild in between.
        var samples = tone(2.5, scale: 5) + tone(2, scale: 20_000)
        samples[3_000] = .nan
        samples[60_000] = 3e8
        let bytes = WaveFile.floats(samples)
        let (whole, notes) = try await decoded(bytes)
        let work = WorkContext(within: .seconds(300))
        let reader = try await codec.reader(bytes, secondsMax: 100, work: work)
        var parts: [Float] = []
        while true {
            let part = try await reader.read(step)
            parts += part
            if part.count < step { break }
        }
        #expect(parts == whole)
        #expect(Set(work.notes.all) == Set(notes))
        #expect(Set(notes) == [.samplesNotFinite, .samplesScaled, .samplesCut])
    }
}
