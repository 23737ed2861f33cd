import EngineAPI
import Glibc
import Media
import Testing

@testable import TalkingHead

/// The models against a forced alignment of speech that no training heard.
@Suite struct VisemePredictorModelTests {
    enum Version: String, Sendable { case clean, noisy, telephone }

    struct Case: Sendable, CustomTestStringConvertible {
        let isStreamed: Bool
        let version: Version
        let exactMin: Double
        let nearMin: Double
        let closuresMin: Int
        var testDescription: String { "\(isStreamed ? "streamed" : "whole"), \(version)" }
    }

    /// A little under what the models reach here; 13 closures of p, b and m in all.
    static let cases = [
        Case(
            isStreamed: false, version: .clean, exactMin: 0.79, nearMin: 0.89, closuresMin: 12),
        Case(isStreamed: false, version: .noisy, exactMin: 0.74, nearMin: 0.835, closuresMin: 11),
        Case(
            isStreamed: false, version: .telephone, exactMin: 0.78, nearMin: 0.88, closuresMin: 11),
        Case(
            isStreamed: true, version: .clean, exactMin: 0.69, nearMin: 0.78, closuresMin: 12),
        Case(isStreamed: true, version: .noisy, exactMin: 0.65, nearMin: 0.725, closuresMin: 11),
        Case(
            isStreamed: true, version: .telephone, exactMin: 0.685, nearMin: 0.77, closuresMin: 11),
    ]

    @Test("the mouth is read from recordings, noise and telephones", arguments: cases)
    func reads(_ wanted: Case) async throws {
        let reader: any VisemePredictor =
            wanted.isStreamed
            ? try StreamingVisemeModel(Models.session("visemes.onnx"))
            : OfflineVisemeModel(try Models.session("visemes_whole.onnx"))
        var score = Score()
        for recording in try await Recording.all() {
            let analyzed = try recording.samples(wanted.version)
            score.add(try reader.shapes(analyzed, work: .ample), recording.shapes)
        }
        #expect(score.exact >= wanted.exactMin, "\(score)")
        #expect(score.near >= wanted.nearMin, "\(score)")
        #expect(score.closuresSeen >= wanted.closuresMin, "\(score)")
        #expect(score.closures == 13)
    }

    @Test("a clip's shapes are those of its windows, for any length")
    func windowsJoin() throws {
        let model = OfflineVisemeModel(try Models.session("visemes_whole.onnx"))
        for samples in [0, 100, 160, 319, 320, 479, 8_000, 96_000, 96_160, 97_000, 200_123] {
            let voice = babble(seconds: Double(samples) / 16_000).samples
            let rows = try model.shapes(voice, work: .ample)
            #expect(rows.count == voice.count / 160)
            #expect(rows.allSatisfy { abs($0.sum() - 1) < 1e-3 })
        }
        // What the next window hears changes nothing of this one's.
        let voice = babble(seconds: 20).samples
        let all = try model.shapes(voice, work: .ample)
        let first = try model.shapes(Array(voice.prefix(16_000 * 7)), work: .ample)
        #expect(Array(all.prefix(600)) == Array(first.prefix(600)))
    }

    @Test(
        "audio heard as it comes is read as if at once",
        arguments: [700, 16_000, 130_001], [true, false])
    func piecesJoin(piece: Int, isStreamed: Bool) throws {
        let reader: any VisemePredictor =
            isStreamed
            ? try StreamingVisemeModel(Models.session("visemes.onnx"))
            : OfflineVisemeModel(try Models.session("visemes_whole.onnx"))
        let voice = babble(seconds: 25.013).samples
        var listener = reader.listener()
        var rows: [SIMD16<Float>] = []
        for start in stride(from: 0, to: voice.count, by: piece) {
            let end = min(start + piece, voice.count)
            rows += try listener.hear(
                Array(voice[start..<end]), isLast: end == voice.count, work: .ample)
        }
        let whole = try reader.shapes(voice, work: .ample)
        #expect(rows.count == whole.count && rows.count == 2_501)
        let worst = zip(rows, whole).map { one, other in (one - other).max() }.max() ?? 1
        #expect(worst < 1e-4)
        var meter = LoudnessMeter()
        let levels = stride(from: 0, to: voice.count, by: piece).flatMap {
            meter.add(Array(voice[$0..<min($0 + piece, voice.count)]))
        }
        #expect(levels == loudness(voice))
    }

    /// Half-second chords of three notes with overtones, as an organ holds them.
    private static let organ: [Float] = (0..<64_000).map { index in
        let chords: [[Float]] = [[262, 330, 392], [220, 262, 330], [175, 220, 262]]
        return chords[index / 8_000 % 3].reduce(0) { sum, hertz in
            (1...5).reduce(sum) { sum, overtone in
                let turn = hertz * Float(overtone) * Float(index) / 16_000
                return sum + sinf(2 * .pi * turn) / Float(overtone) / 20
            }
        }
    }

    /// Noise that falls with frequency.
    private static let rumble: [Float] = {
        var generator = SeededGenerator(seed: 4)
        var last: Float = 0
        return (0..<64_000).map { _ in
            last = 0.9 * last + generator.uniform(-0.05, 0.05)
            return last
        }
    }()

    @Test(
        "noise and music are no speech to the model of streamed videos", arguments: [organ, rumble])
    func restsInNoise(audio: [Float]) throws {
        let model = try StreamingVisemeModel(Models.session("visemes.onnx"))
        let rows = try model.shapes(audio, work: .ample)
        #expect(rows.count == 400)
        let silent = rows.filter { $0[Int(Viseme.sil.rawValue)] > 0.5 }
        #expect(silent.count > rows.count * 9 / 10, "\(silent.count)")
    }

    @Test("silence and a hum are no speech", arguments: [0, 0.1] as [Float])
    func restsInSilence(level: Float) throws {
        let model = OfflineVisemeModel(try Models.session("visemes_whole.onnx"))
        let hum = (0..<48_000).map { level * sinf(2 * .pi * 50 * Float($0) / 16_000) }
        let rows = try model.shapes(hum, work: .ample)
        let silent = rows.filter { $0[Int(Viseme.sil.rawValue)] > 0.5 }
        #expect(silent.count > rows.count * 9 / 10)
    }
}

/// Sums over clips.
private struct Score: CustomStringConvertible {
    private(set) var closures = 0
    private(set) var closuresSeen = 0
    private var (exactFrames, nearFrames, frames) = (0, 0, 0)

    var exact: Double { Double(exactFrames) / Double(frames) }
    var near: Double { Double(nearFrames) / Double(frames) }
    var description: String {
        "exact \(exact), within 30 ms \(near), closures \(closuresSeen) of \(closures)"
    }

    /// As scripts/models/visemes/evaluate.py does.
    mutating func add(_ found: [SIMD16<Float>], _ truth: [Viseme]) {
        let count = min(found.count, truth.count)
        frames += count
        for frame in 0..<count {
            let best = Viseme.allCases.max {
                found[frame][Int($0.rawValue)] < found[frame][Int($1.rawValue)]
            }
            exactFrames += best == truth[frame] ? 1 : 0
            let around = truth[max(frame - 3, 0)...min(frame + 3, count - 1)]
            nearFrames += around.contains { $0 == best } ? 1 : 0
        }
        var start = 0
        while start < count {
            let end = truth[start..<count].firstIndex { $0 != truth[start] } ?? count
            if truth[start] == .PP {
                let seen = found[max(start - 3, 0)..<min(end + 3, count)]
                closures += 1
                closuresSeen += seen.contains { $0[Int(Viseme.PP.rawValue)] > 0.2 } ? 1 : 0
            }
            start = end
        }
    }
}

/// Speech with its aligned shapes.
private struct Recording {
    let clean: [Float]
    let shapes: [Viseme]

    /// Kennedy's clip and a reader of LibriVox, both in the public domain.
    static func all() async throws -> [Recording] {
        let here = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return [
            try await Recording(samplesPath + "/jfk.wav", here + "/Speech/jfk.shapes"),
            try await Recording(
                here + "/Speech/librivox.flac", here + "/Speech/librivox.shapes"),
        ]
    }

    private init(_ path: String, _ shapesPath: String) async throws {
        clean = try await FFmpegCodec(threads: 1).decodeAudio(
            Self.bytes(path), sampleRateHz: 16_000, secondsMax: 60, work: .ample
        ).samples
        // "sil 30 aa 18 …": shapes and how many frames they last.
        let words = String(decoding: try Self.bytes(shapesPath), as: UTF8.self)
            .split { $0.isWhitespace }
        var made: [Viseme] = []
        for (name, frames) in zip(words, words.dropFirst()) {
            guard let shape = Viseme.allCases.first(where: { "\($0)" == name }) else { continue }
            made += [Viseme](repeating: shape, count: Int(frames) ?? 0)
        }
        shapes = made
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw EngineError.modelMissing(path: path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        return Array(bytes.prefix(count))
    }

    func samples(_ version: VisemePredictorModelTests.Version) throws -> [Float] {
        switch version {
        case .clean: clean
        case .noisy: noisy(decibels: 10)
        case .telephone: try telephone
        }
    }

    /// With noise that falls with frequency.
    private func noisy(decibels: Float) -> [Float] {
        var generator = SeededGenerator(seed: 3)
        var last: Float = 0
        let noise = clean.map { _ -> Float in
            last = 0.9 * last + generator.uniform(-1, 1)
            return last
        }
        func power(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 } }
        let level = (power(clean) / power(noise)).squareRoot() * powf(10, -decibels / 20)
        return zip(clean, noise).map { $0 + level * $1 }
    }

    /// 8 kHz and eight bits by ITU-T G.711's mu-law, in its continuous form.
    private var telephone: [Float] {
        get throws {
            let low = try resampled(clean, from: 16_000, to: 8_000)
            let coded = low.map { sample -> Float in
                let steps = (127 * log1pf(255 * min(abs(sample), 1)) / logf(256)).rounded()
                return copysignf((powf(256, steps / 127) - 1) / 255, sample)
            }
            return try resampled(coded, from: 8_000, to: 16_000)
        }
    }
}
