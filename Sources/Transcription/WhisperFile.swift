import EngineAPI
import Glibc

/// Why a file is none that whisper.cpp may be given.
enum WhisperFileFault: Error, Equatable {
    /// It ends before its parts do, or goes on after them.
    case wrongLength
    case notGGML
    /// The head's numbers are those of no Whisper model.
    case badParameters
    case badFilters
    case badVocabulary
    case badTensor
    case missingTensor
}

/// The head of a Whisper model in ggml's format, as whisper.cpp's `whisper_model_load` reads it.
/// whisper.cpp takes the numbers on trust, and ends the process, or writes beyond its tables,
/// where they are wrong. Checked here: the parameters are those of a Whisper model, and every
/// tensor that they ask for is there once, in shape and type, up to the file's very end.
/// What the weights are is not looked at.
struct WhisperFile {
    private static let magic = 0x6767_6D6C
    /// Of every published model; whisper.cpp's spectrogram and prompts are laid out for them.
    private static let audioPositions = 1_500
    private static let textPositions = 448
    private static let headWidth = 64
    private static let filterBins = 201
    /// The longest token of OpenAI's vocabularies has 128 bytes.
    private static let tokenBytesMax = 1_024
    private static let tensorNameBytesMax = 128

    private var reader: WhisperFileReader

    /// - read: bytes at an offset, all that were asked for or nil.
    init(byteCount: Int, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]?) {
        reader = WhisperFileReader(byteCount: byteCount, read: read)
    }

    /// Checks the file at a path; reads its head and its tensors' heads, not its weights.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    static func check(path: String) throws(EngineError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .modelMissing(path: path) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw .modelDamaged(path: path) }
        var file = WhisperFile(byteCount: Int(facts.st_size)) { offset, count in
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                used = max(0, pread(descriptor, buffer.baseAddress, count, offset))
            }
            return bytes.count == count ? bytes : nil
        }
        do throws(WhisperFileFault) {
            try file.check()
        } catch {
            throw .modelDamaged(path: path)
        }
    }

    mutating func check() throws(WhisperFileFault) {
        guard try reader.number() == Self.magic else { throw .notGGML }
        let parameters = try readParameters()
        try checkFilters(mels: parameters.mels)
        try checkVocabulary(count: parameters.tokens)
        try checkTensors(parameters)
    }

    private mutating func readParameters() throws(WhisperFileFault) -> WhisperParameters {
        var numbers: [Int] = []
        for _ in 0..<11 { numbers.append(try reader.number()) }
        let (state, quantization) = (numbers[2], numbers[10] / 1_000)
        let isWhisper =
            // English only, 99 languages, 100 languages: where the special tokens are.
            (51_864...51_866).contains(numbers[0]) && numbers[1] == Self.audioPositions
            && (64...2_048).contains(state) && state % Self.headWidth == 0
            && numbers[3] == state / Self.headWidth && (1...64).contains(numbers[4])
            && numbers[5] == Self.textPositions && numbers[6] == state
            && numbers[7] == state / Self.headWidth && (1...64).contains(numbers[8])
            && [80, 128].contains(numbers[9]) && (0...2).contains(quantization)
        guard isWhisper, let type = GGMLType(fileType: numbers[10] % 1_000),
            state % type.blockElements == 0
        else { throw .badParameters }
        return WhisperParameters(
            tokens: numbers[0], audioPositions: numbers[1], state: state, audioLayers: numbers[4],
            textPositions: numbers[5], textLayers: numbers[8], mels: numbers[9], type: type)
    }

    private mutating func checkFilters(mels: Int) throws(WhisperFileFault) {
        guard try reader.number() == mels, try reader.number() == Self.filterBins else {
            throw .badFilters
        }
        for _ in 0..<mels * Self.filterBins {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: try reader.number()))
            // Triangles of unit area over Hertz: far below one.
            guard value >= 0, value <= 1 else { throw .badFilters }
        }
    }

    private mutating func checkVocabulary(count: Int) throws(WhisperFileFault) {
        let listed = try reader.number()
        guard (1...count).contains(listed) else { throw .badVocabulary }
        for _ in 0..<listed {
            let bytes = try reader.number()
            guard (0...Self.tokenBytesMax).contains(bytes) else { throw .badVocabulary }
            try reader.skip(bytes)
        }
    }

    private mutating func checkTensors(_ parameters: WhisperParameters) throws(WhisperFileFault) {
        var wanted = parameters.tensors()
        while !reader.isAtEnd {
            let (rank, nameBytes, type) = (
                try reader.number(), try reader.number(), try reader.number()
            )
            guard (1...3).contains(rank), (1...Self.tensorNameBytesMax).contains(nameBytes) else {
                throw .badTensor
            }
            var shape: [Int] = []
            for _ in 0..<rank { shape.append(try reader.number()) }
            let name = String(decoding: try reader.bytes(nameBytes), as: UTF8.self)
            guard let tensor = wanted.removeValue(forKey: name), tensor.type.rawValue == type,
                tensor.hasShape(shape)
            else { throw .badTensor }
            try reader.skip(tensor.byteCount)
        }
        guard wanted.isEmpty else { throw .missingTensor }
    }
}

/// Walks over a file, of which it holds one window.
private struct WhisperFileReader {
    private static let windowBytes = 64 << 10

    private let byteCount: Int
    private let read: (Int, Int) -> [UInt8]?
    private var window: [UInt8] = []
    private var windowStart = 0
    private var at = 0

    init(byteCount: Int, read: @escaping (Int, Int) -> [UInt8]?) {
        self.byteCount = byteCount
        self.read = read
    }

    var isAtEnd: Bool { at == byteCount }

    /// A little-endian signed 32-bit number.
    mutating func number() throws(WhisperFileFault) -> Int {
        let from = try need(4)
        let bits =
            UInt32(window[from]) | UInt32(window[from + 1]) << 8
            | UInt32(window[from + 2]) << 16 | UInt32(window[from + 3]) << 24
        return Int(Int32(bitPattern: bits))
    }

    /// - count: at most a window's.
    mutating func bytes(_ count: Int) throws(WhisperFileFault) -> ArraySlice<UInt8> {
        let from = try need(count)
        return window[from..<from + count]
    }

    mutating func skip(_ count: Int) throws(WhisperFileFault) {
        guard count <= byteCount - at else { throw .wrongLength }
        at += count
    }

    /// Where the next bytes lie in the window; takes them.
    private mutating func need(_ count: Int) throws(WhisperFileFault) -> Int {
        guard count <= byteCount - at else { throw .wrongLength }
        if at < windowStart || at + count > windowStart + window.count {
            guard let bytes = read(at, min(Self.windowBytes, byteCount - at)) else {
                throw .wrongLength
            }
            (window, windowStart) = (bytes, at)
        }
        at += count
        return at - count - windowStart
    }
}
