import Glibc

/// What hibari-tts 0.2.1 itself makes of thirty texts, stage by stage: `Reference/hibari.txt`,
/// drawn from a run of the package with ONNX Runtime 1.32.0. Its lines:
///
/// T text · S sentence · N normalised · K tokens (text¦tag¦space) · P phonemes · C clause
/// (phonemes, ids, durations in units of 600 samples, frames, root mean square without noise) · W a
/// stretch of the last clause's sound without noise (first sample, then samples of 16 bits).
struct HibariReference {
    struct Sentence {
        var text = ""
        var normalized = ""
        var tokens: [[String]] = []
        var phonemes = ""
    }
    struct Clause {
        let phonemes: String
        let ids: [Int64]
        let durations: [Float]
        let frames: Int
        let level: Float
        /// Stretches of the sound and where they begin.
        var stretches: [(start: Int, samples: [Float])] = []
    }

    private(set) var sentences: [Sentence] = []
    private(set) var clauses: [Clause] = []

    /// Reads the file beside this one.
    init() throws {
        for line in try TestFile.reference("hibari.txt").split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                .map(String.init)
            let last = sentences.count - 1
            switch fields[0] {
            case "S": sentences.append(Sentence(text: fields[1]))
            case "N": sentences[last].normalized = fields[1]
            case "K":
                sentences[last].tokens = fields.dropFirst().map {
                    $0.split(separator: "¦", omittingEmptySubsequences: false).map(String.init)
                }
            case "P": sentences[last].phonemes = fields[1]
            case "C":
                clauses.append(
                    Clause(
                        phonemes: fields[1],
                        ids: fields[2].split(separator: " ").map { Int64($0)! },
                        durations: fields[3].split(separator: " ").map { Float($0)! },
                        frames: Int(fields[4])!, level: Float(fields[5])!))
            case "W":
                clauses[clauses.count - 1].stretches.append(
                    (
                        start: Int(fields[1])!,
                        samples: fields[2].split(separator: " ").map { Float($0)! / 32_767 }
                    ))
            default: break
            }
        }
    }
}

/// Reads whole files without Foundation.
enum TestFile {
    struct Unreadable: Error { let path: String }

    /// A file of `Reference`.
    static func reference(_ name: String) throws -> String {
        try text(String(#filePath.dropLast("HibariReference.swift".count)) + "Reference/" + name)
    }

    static func text(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
