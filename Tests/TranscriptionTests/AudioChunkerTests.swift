import EngineAPI
import Synchronization
import Testing

@testable import Transcription

/// Seconds of square wave and of silence, in turn, and how much was read of it at most at once.
private final class Bursts: AudioSource {
    let samples: [Float]
    private let position = Atomic<Int>(0)
    /// How much of its length the audio takes to come.
    private let share: Double
    private let start = ContinuousClock.now

    /// The time at which what was read so far has come.
    var now: ContinuousClock.Instant {
        let seconds = Double(position.load(ordering: .relaxed)) / 16_000
        return start + .seconds(seconds * share)
    }

    init(_ seconds: [Double], share: Double = 0) {
        self.share = share
        samples = seconds.enumerated().flatMap { index, length in
            (0..<Int(bounded: length * 16_000)).map { sample -> Float in
                index % 2 == 1 ? 0 : sample % 40 < 20 ? 0.3 : -0.3
            }
        }
    }

    func read(_ count: Int) -> [Float] {
        let start = position.load(ordering: .relaxed)
        let end = min(samples.count, start + count)
        position.store(end, ordering: .relaxed)
        return Array(samples[start..<end])
    }
}

@Suite struct AudioChunkerTests {
    /// Speech is where the wave is.
    private static let loud: AudioChunker.Detect = { samples, memory async throws(EngineError) in
        let frames = stride(from: 0, to: samples.count, by: VoiceActivityDetector.frameSamples).map
        {
            samples[$0..<min(samples.count, $0 + VoiceActivityDetector.frameSamples)]
        }
        return (frames.map { $0.contains { $0 != 0 } ? 0.9 : 0.01 }, memory)
    }

    @Test(arguments: [false, true])
    func `How loud the clip is is told where somebody asks`(
        _ deliversEarly: Bool
    ) async throws {
        let audio = Bursts([2, 1, 8, 3, 8, 3, 8, 3, 8])
        var stream = AudioChunker(
            audio, deliversEarly: deliversEarly, detect: Self.loud, tellsLevels: true,
            now: { audio.now })
        while try await stream.next() != nil {}
        let sounds = try #require(stream.levels).sounds
        try #require(sounds.count == 5)
        let wanted = [0..<200, 300..<1_100, 1_400..<2_200, 2_500..<3_300, 3_600..<4_400]
        for (sound, wanted) in zip(sounds, wanted) {
            #expect(abs(sound.lowerBound - wanted.lowerBound) <= 2)
            #expect(abs(sound.upperBound - wanted.upperBound) <= 2)
        }
        let other = AudioChunker(audio, deliversEarly: false, detect: nil, now: { audio.now })
        #expect(other.levels?.sounds == nil)
    }

    /// - most: the detector's largest probability.
    private static func faint(
        _ audio: Bursts, most: Float, _ detection: SpeechDetection = SpeechDetection(),
        isRead: Bool = true
    ) async throws -> [SpokenPiece] {
        let detect: AudioChunker.Detect = { samples, memory async throws(EngineError) in
            let (found, memory) = try await loud(samples, memory)
            return (found.map { $0 > 0.5 ? most : $0 }, memory)
        }
        var stream = AudioChunker(
            audio, deliversEarly: false, detection: detection, detect: detect, readsFaint: isRead,
            now: { audio.now })
        var found: [SpokenPiece] = []
        while let pieces = try await stream.next() { found += pieces }
        return found
    }

    @Test func `A short clip in which nobody is heard, but may be, is read whole`() async throws {
        let pieces = try await Self.faint(Bursts([1, 1, 6, 2]), most: 0.2)
        let piece = try #require(pieces.first)
        #expect(pieces.count == 1 && piece.isFaint && piece.certainty == nil)
        #expect(piece.range == 0..<160_000)
        // Surely nobody; not asked for; the caller's own threshold; too long.
        #expect(try await Self.faint(Bursts([1, 1, 6, 2]), most: 0.1).isEmpty)
        #expect(try await Self.faint(Bursts([1, 1, 6]), most: 0.2, isRead: false).isEmpty)
        var own = SpeechDetection()
        own.threshold = 0.4
        #expect(try await Self.faint(Bursts([1, 1, 6]), most: 0.2, own).isEmpty)
        #expect(try await Self.faint(Bursts([20, 5, 20]), most: 0.2).isEmpty)
        // Where somebody is heard nothing is faint.
        #expect(try await !Self.faint(Bursts([1, 1, 6]), most: 0.9).contains(where: \.isFaint))
    }

    @Test(
        "a piece in which the detector is unsure has what lies around it",
        arguments: [0.9, 0.6] as [Float])
    func unsure(certainty: Float) async throws {
        let audio = Bursts([0, 4, 3, 1, 3, 4])
        let detect: AudioChunker.Detect = { samples, memory async throws(EngineError) in
            let (found, memory) = try await Self.loud(samples, memory)
            return (found.map { $0 > 0.5 ? certainty : $0 }, memory)
        }
        let (pieces, _) = try await pieces(of: audio, deliversEarly: false, detect: detect)
        let piece = try #require(pieces.first)
        #expect(pieces.count == 1 && abs((piece.certainty ?? 0) - certainty) < 0.01)
        let wide: Float = certainty < 0.75 ? 1.5 : 0
        let around = { (seconds: Float) in
            abs(seconds - wide - 0.2) < 0.1
        }
        #expect(around(4 - Float(piece.range.lowerBound) / 16_000))
        #expect(around(Float(piece.range.upperBound) / 16_000 - 11))
        // What was detected stays what it is.
        #expect(piece.regions.count == 2)
        #expect(piece.regions.allSatisfy { $0.count < 4 * 16_000 })
        let whole = try await self.pieces(of: audio, deliversEarly: false, detect: nil)
        #expect(whole.pieces.allSatisfy { $0.certainty == nil })
    }

    private func pieces(
        of audio: Bursts, deliversEarly: Bool, detect: AudioChunker.Detect?
    ) async throws -> (pieces: [SpokenPiece], sampleCount: Int) {
        var stream = AudioChunker(
            audio, deliversEarly: deliversEarly, detect: detect, now: { audio.now })
        var all: [SpokenPiece] = []
        while let batch = try await stream.next() {
            #expect(!batch.isEmpty || !stream.activity.isEmpty)
            all += batch
        }
        return (all, stream.sampleCount)
    }

    @Test(
        "pieces hold all that is spoken, in order, each sample as it was",
        arguments: [
            [4], [31], [8, 0.9, 9, 0.9, 7, 0.9, 12], [14, 0.5, 15, 1, 29.9, 0.2, 30, 3, 2],
            [0.1, 45, 3, 40, 0.2, 0.4, 60, 35, 5],
        ] as [[Double]], [true, false])
    func whole(seconds: [Double], deliversEarly: Bool) async throws {
        let audio = Bursts(seconds)
        let (pieces, count) = try await pieces(
            of: audio, deliversEarly: deliversEarly, detect: Self.loud)
        #expect(count == audio.samples.count)
        var transcript = [Bool](repeating: false, count: count)
        var last = 0
        let reach = PauseSplitter.joinSamples + VoiceActivityDetector.frameSamples
        for piece in pieces {
            // And what is left of the last 20 ms, and what it shares with its neighbours.
            let (before, after) = (piece.isJoined ? reach : 0, piece.join == nil ? 0 : reach)
            #expect(piece.range.count <= 15 * 16_000 + 320 + before + after)
            #expect(Array(piece.samples) == Array(audio.samples[piece.range]))
            #expect(piece.regions.allSatisfy { $0.overlaps(piece.range) })
            let heard = piece.range.lowerBound - piece.lead * 320
            #expect(
                Array(piece.heard) == Array(audio.samples[heard..<heard + piece.heard.count]))
            #expect(heard + piece.heard.count >= piece.range.upperBound)
            // A block begins with a whole frame: it may see the last one's end again.
            #expect(
                piece.range.lowerBound >= last - VoiceActivityDetector.frameSamples - before)
            last = piece.join ?? piece.range.upperBound
            for sample in piece.range { transcript[sample] = true }
        }
        let missed = zip(transcript, audio.samples).count { !$0 && $1 != 0 }
        // A burst under 96 ms is a click.
        #expect(missed <= 1_600 * seconds.count { $0 == 0.1 }, "\(missed) samples")
    }

    @Test("speech is read with the silence around it, from wherever it was cut")
    func surroundings() async throws {
        // Some of it in blocks after the first.
        let audio = Bursts([0, 0.8, 12, 1.5, 12, 1.5, 12, 1.5, 12, 0.9])
        let (pieces, count) = try await pieces(
            of: audio, deliversEarly: false, detect: Self.loud)
        #expect(pieces.first?.lead == pieces.first.map { $0.range.lowerBound / 320 })
        #expect(
            pieces.last.map { $0.range.lowerBound - $0.lead * 320 + $0.heard.count }
                .map { count - $0 < 320 } == true)
        // Beyond the 200 ms that each region has.
        for piece in pieces { #expect(piece.heard.prefix(6_400).allSatisfy { $0 == 0 }) }
    }

    @Test("without a search for speech the whole audio is cut")
    func unsearched() async throws {
        let audio = Bursts([100])
        let (pieces, _) = try await pieces(of: audio, deliversEarly: false, detect: nil)
        let reach = PauseSplitter.joinSamples
        #expect(pieces.first?.range.lowerBound == 0)
        #expect(pieces.last?.range.upperBound == audio.samples.count)
        for (one, next) in zip(pieces, pieces.dropFirst()) {
            // Nobody pauses in a square wave: both have what lies around their cut.
            #expect(one.join != nil && next.isJoined)
            let overlap = one.range.upperBound - next.range.lowerBound - 2 * reach
            #expect((0..<VoiceActivityDetector.frameSamples).contains(overlap))
        }
    }

    @Test("silence is no piece, and its length is known")
    func silence() async throws {
        let audio = Bursts([0, 100])
        let (pieces, count) = try await pieces(of: audio, deliversEarly: true, detect: Self.loud)
        #expect(pieces.isEmpty && count == 1_600_000)
    }

    @Test("audio that comes as it is spoken is cut at its first good pause, a file's by the block")
    func cutsLiveEarly() async throws {
        let seconds = [3.0] + [Double](repeating: 1.5, count: 7)
        let (live, _) = try await pieces(
            of: Bursts(seconds, share: 1), deliversEarly: true, detect: Self.loud)
        let (file, _) = try await pieces(
            of: Bursts(seconds), deliversEarly: true, detect: Self.loud)
        #expect(live.count > file.count, "\(live.count) of live audio, \(file.count) of a file")
    }

    @Test("what is heard is told in order, whatever is decoded first")
    func order() {
        var book = TranscriptAssembler(language: "en")
        let range = 0..<16_000
        let piece = SpokenPiece(samples: [], range: range, regions: [range])
        #expect(book.add([piece, piece, piece]) == [0, 1, 2])
        func text(_ word: String) -> DecodedChunk {
            var text = DecodedChunk()
            text.text = word
            return text
        }
        #expect(book.take(text("three"), at: 2).isEmpty)
        #expect(book.take(text("one"), at: 0).map(\.text) == ["one"])
        #expect(book.take(text("two"), at: 1).map(\.text) == ["two", "three"])
        #expect(book.segments.map(\.text) == ["one", "two", "three"])
    }

    @Test("two pieces around a cut wait for each other, and tell once what both have")
    func joined() {
        var book = TranscriptAssembler(language: "en")
        var one = SpokenPiece(samples: [], range: 0..<38_400, regions: [0..<38_400])
        one.join = 32_000
        let next = SpokenPiece(samples: [], range: 25_600..<64_000, regions: [25_600..<64_000])
        #expect(book.add([one, next, next]) == [0, 1, 2])
        func text(_ words: String, _ times: [Range<Int>]) -> DecodedChunk {
            var text = DecodedChunk()
            text.text = words
            text.wordTimes = times
            return text
        }
        let first = text(" the old mill.", [0..<40, 40..<90, 90..<115])
        #expect(book.take(first, at: 0).isEmpty)
        let ready = book.take(text(" mill and on", [10..<40, 40..<60, 60..<100]), at: 1)
        #expect(ready.map(\.text) == ["the old mill", "and on"])
        #expect(ready.flatMap(\.words).count == 5)
        // A piece that is not told by its turn is told at the end.
        var last = one
        last.join = 60_000
        #expect(book.add([last]) == [3])
        #expect(book.take(text(" end.", []), at: 3).isEmpty)
        #expect(book.take(text(" so", []), at: 2).map(\.text) == ["so"])
        #expect(book.finish().map(\.text) == ["end."])
    }
}

@Suite struct WordAlignerTests {
    @Test("tokens begin where the heads begin to look, lags taken out", arguments: [12, 5])
    func diagonal(headCount: Int) {
        // Token n is looked at for six positions from 6 n on, by each head a little late or early.
        let (tokens, width) = (10, 64)
        let model = headCount == 12 ? "tiny.en" : "other"
        let lags = headCount == 12 ? [8: 1, 5: 4, 1: -4, 0: 7] : [:]
        var attention = [Float](repeating: 0.001, count: headCount * tokens * width)
        for head in 0..<headCount {
            for token in 0..<tokens {
                for position in 0..<6 {
                    let place = token * 6 + position + (lags[head] ?? 0)
                    guard (0..<width).contains(place) else { continue }
                    attention[(head * tokens + token) * width + place] = 0.16
                }
            }
        }
        let starts = WordAligner(model: model, headCount: headCount).starts(
            attention, tokenCount: tokens, width: width, rows: 1..<9, positions: 60)
        for (start, token) in zip(starts.dropFirst(), 2..<9) {
            #expect(abs(start - token * 6) <= 1, "token \(token) at \(start)")
        }
    }

    @Test("a word begins after the pause before it and ends at the one behind it")
    func pauses() {
        // 20 positions of audio, 10 of silence, 20 of audio, 3 of a closure, 7 of audio.
        let loud = [20: true, 10: false, 21: true, 3: false, 7: true]
        let samples = [20, 10, 21, 3, 7].flatMap { count in
            (0..<count * 320).map { loud[count]! ? Float($0 % 2) - 0.5 : 0 }
        }
        let words = Pauses(samples).words([0, 12, 18, 51, 61])
        #expect(words == [0..<12, 12..<20, 30..<51, 51..<61])
        #expect(Pauses(samples).words([0, 22, 40, 60]) == [0..<20, 30..<40, 40..<60])
        #expect(Pauses([]).words([0, 3]) == [0..<3])
        #expect(Pauses([0, 0]).words([]) == [])
    }

    @Test("audio of no length and attention of no token are no error")
    func nothing() {
        let aligner = WordAligner(model: "other", headCount: 1)
        #expect(
            aligner.starts([1, 1], tokenCount: 2, width: 1, rows: 0..<2, positions: 0) == [0, 0])
        #expect(aligner.starts([1], tokenCount: 1, width: 1, rows: 0..<0, positions: 1) == [])
        #expect(
            aligner.starts([1, 1], tokenCount: 2, width: 1, rows: 0..<2, positions: 5) == [0, 0])
    }
}
