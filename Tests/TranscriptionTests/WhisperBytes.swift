@testable import Transcription

/// A Whisper model of one layer, with weights of no meaning, in ggml's format.
struct WhisperBytes: Sendable {
    /// Where the vocabulary begins: behind the parameters and the filters.
    static let vocabularyStart = 4 + 11 * 4 + 8 + 80 * 201 * 4

    static let model = WhisperBytes()

    private(set) var bytes: [UInt8] = []
    /// Where each tensor's head begins.
    private(set) var tensorStarts: [Int] = []

    private init() {
        number(0x6767_6D6C)
        for value in [51_864, 1_500, 64, 1, 1, 448, 64, 1, 1, 80, 2_007] { number(value) }
        number(80)
        number(201)
        for index in 0..<80 * 201 { float(index % 201 / 2 == index / 201 ? 0.02 : 0) }
        // As few as reach beyond the window that the check reads at once.
        number(1_000)
        for token in 0..<1_000 {
            let text = Array(" \(token % 97)".utf8)
            number(text.count)
            bytes += text
        }
        addTensors()
    }

    private mutating func addTensors() {
        let parameters = WhisperParameters(
            tokens: 51_864, audioPositions: 1_500, state: 64, audioLayers: 1, textPositions: 448,
            textLayers: 1, mels: 80, type: .q8_0)
        var seed: UInt32 = 7
        func random() -> UInt8 {
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: seed >> 24)
        }
        for (name, tensor) in parameters.tensors().sorted(by: { $0.key < $1.key }) {
            tensorStarts.append(bytes.count)
            number(tensor.shape.count)
            number(name.utf8.count)
            number(tensor.type.rawValue)
            for size in tensor.shape { number(size) }
            bytes += Array(name.utf8)
            if tensor.type == .float {
                for _ in 0..<tensor.byteCount / 4 { float(Float(random()) / 1_280 - 0.1) }
            } else {
                // Small, whatever they are read as: halves, or a scale and its weights.
                for _ in 0..<tensor.byteCount { bytes.append(random() & 0x1F) }
            }
        }
    }

    private mutating func number(_ value: Int) {
        withUnsafeBytes(of: Int32(value).littleEndian) { bytes += $0 }
    }

    private mutating func float(_ value: Float) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }
}

/// What the check finds in bytes, of which one may be changed while it reads: copies of the whole,
/// thousands of them, would take longer than the check.
func fault(
    _ bytes: ArraySlice<UInt8>, changedAt at: Int = -1, by mask: UInt8 = 0
) -> WhisperFileFault? {
    var file = WhisperFile(byteCount: bytes.count) { offset, count in
        var window = Array(bytes[offset..<offset + count])
        if (offset..<offset + count).contains(at) { window[at - offset] ^= mask }
        return window
    }
    do throws(WhisperFileFault) {
        try file.check()
        return nil
    } catch {
        return error
    }
}

func fault(_ bytes: [UInt8]) -> WhisperFileFault? { fault(bytes[...]) }

/// The tests' model with one byte changed.
func changed(_ at: Int, by mask: UInt8) -> [UInt8] {
    var bytes = WhisperBytes.model.bytes
    bytes[at] ^= mask
    return bytes
}
