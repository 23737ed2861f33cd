import EngineAPI

import struct Synchronization.Atomic

/// 16-bit PCM, bare or behind a RIFF header whose lengths are unknown when it leaves.
final class WaveEncoder: AudioEncoding {
    private let header: [UInt8]
    private let isHeaderOut = AtomicFlag()
    private let sampleBytes = Atomic<Int>(0)

    init(isBare: Bool, sampleRateHz: Int) {
        header = isBare ? [] : WaveEncoder.streamHeader(sampleRateHz: sampleRateHz)
    }

    func add(_ samples: [Float]) async throws(EngineError) -> [UInt8] {
        let head = isHeaderOut.set() ? [] : header
        sampleBytes.add(samples.count * 2, ordering: .relaxed)
        return [UInt8](unsafeUninitializedCapacity: head.count + samples.count * 2) {
            bytes, count in
            for byte in head {
                bytes[count] = byte
                count += 1
            }
            for sample in samples {
                let bits = UInt16(bitPattern: int16(sample))
                bytes[count] = UInt8(truncatingIfNeeded: bits)
                bytes[count + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                count += 2
            }
        }
    }

    func finish() async throws(EngineError) -> [UInt8] { isHeaderOut.set() ? [] : header }

    func amendments() async -> [StreamAmendment] {
        await amendments(samples: sampleBytes.load(ordering: .relaxed) / 2)
    }

    /// The lengths of RIFF and of its last chunk, the samples; none that 32 bits can't hold.
    func amendments(samples: Int) async -> [StreamAmendment] {
        let count = samples * 2
        guard !header.isEmpty, let data = UInt32(exactly: count),
            let whole = UInt32(exactly: count + header.count - 8)
        else { return [] }
        return [
            StreamAmendment(offset: 4, bytes: WaveEncoder.little(Int(whole), 4)),
            StreamAmendment(offset: header.count - 4, bytes: WaveEncoder.little(Int(data), 4)),
        ]
    }

    static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// RIFF/WAVE with the note of what made it (RIFF 1.0, LIST INFO) and XMP, and with both lengths
    /// 0xFFFFFFFF, as players and FFmpeg read an endless stream.
    static func streamHeader(sampleRateHz: Int) -> [UInt8] {
        let unknown = [UInt8](repeating: 0xFF, count: 4)
        // A text ends in a zero, and a chunk at an even place.
        var note = Array(synthesisNote.utf8) + [0]
        if note.count % 2 == 1 { note.append(0) }
        let list =
            Array("INFOICMT".utf8) + little(note.count, 4) + note
        return Array("RIFF".utf8) + unknown + Array("WAVEfmt ".utf8)
            + little(16, 4) + little(1, 2) + little(1, 2) + little(sampleRateHz, 4)
            + little(sampleRateHz * 2, 4) + little(2, 2) + little(16, 2)
            + Array("LIST".utf8) + little(list.count, 4) + list
            + DigitalSource.trained.waveChunk + Array("data".utf8) + unknown
    }
}
