import EngineAPI

/// A stretch of speech with all that decoding it needs.
struct SpokenPiece: Sendable {
    /// Its audio, which shares the memory of the block that it was cut from.
    var samples: ArraySlice<Float>
    /// Where in the clip it lies.
    var range: SampleRange
    /// Where in the clip somebody speaks, as far as it touches the piece.
    var regions: [SampleRange]
}

/// Cuts audio into pieces as it comes, so that a long one is never in memory whole: at most a
/// block of it is.
struct AudioChunker {
    /// The first 30 s are cut at once, so that the workers have something to do while more is
    /// searched for speech. Then 90 s are cut as a whole, which keeps all cores busy to the end;
    /// 30 s where somebody waits for the words.
    private var blockSamples = frames(seconds: 30)
    private let laterBlockSamples: Int
    /// Silence that ends a group of regions for good, with room for a region's padding: 2.5 s.
    private static let silenceSamples = 40_000

    /// Probability of speech in each frame of some audio, or nil where none is to be searched for.
    typealias Detect =
        @Sendable (
            [Float], VoiceActivityDetector.Memory
        ) async throws(EngineError) -> ([Float], VoiceActivityDetector.Memory)

    private let audio: any AudioSource
    private let detect: Detect?
    private var memory = VoiceActivityDetector.Memory()
    /// What is read and not cut yet, from the sample `first` of the clip on, a whole frame.
    private var samples: [Float] = []
    private var first = 0
    private var probabilities: [Float] = []
    private(set) var isAtEnd = false

    init(_ audio: any AudioSource, isHurried: Bool, detect: Detect?) {
        self.audio = audio
        self.detect = detect
        laterBlockSamples = Self.frames(seconds: isHurried ? 30 : 90)
    }

    /// Whole frames of about so many seconds, in samples.
    private static func frames(seconds: Int) -> Int {
        seconds * 16_000 / VoiceActivityDetector.frameSamples * VoiceActivityDetector.frameSamples
    }

    /// Samples of the clip so far.
    var sampleCount: Int { first + samples.count }

    /// The next pieces in order; nil at the end. Never empty.
    mutating func next() async throws(EngineError) -> [SpokenPiece]? {
        while !isAtEnd {
            try await fill()
            let pieces = cut()
            if !pieces.isEmpty { return pieces }
        }
        return nil
    }

    private mutating func fill() async throws(EngineError) {
        let wanted = blockSamples - samples.count
        blockSamples = laterBlockSamples
        let more = try await audio.read(wanted)
        isAtEnd = more.count < wanted
        if samples.isEmpty {
            samples = more
        } else {
            // No more room than that: the rest of a block is much of all memory here.
            samples.reserveCapacity(samples.count + more.count)
            samples += more
        }
        if let detect {
            let (found, memory) = try await detect(more, memory)
            probabilities += found
            self.memory = memory
        }
    }

    /// Cuts what is there; before the end, what may go on is kept.
    private mutating func cut() -> [SpokenPiece] {
        let regions =
            detect == nil
            ? [0..<samples.count]
            : SpeechRegions(probabilities: probabilities, sampleCount: samples.count).ranges
        var ranges = PauseSplitter.pieces(samples, regions: regions)
        var kept = samples.count
        if !isAtEnd {
            // Nothing but silence: its end may hold a word's beginning.
            kept = max(0, samples.count - Self.silenceSamples)
            if let last = ranges.last, last.upperBound > kept {
                kept = last.lowerBound
                ranges.removeLast()
            }
        }
        let pieces = ranges.map { range in
            SpokenPiece(
                samples: samples[range], range: moved(range),
                regions: regions.filter { $0.overlaps(range) }.map(moved))
        }
        drop(kept)
        return pieces
    }

    private func moved(_ range: SampleRange) -> SampleRange {
        range.lowerBound + first..<range.upperBound + first
    }

    private mutating func drop(_ count: Int) {
        let frames = count / VoiceActivityDetector.frameSamples
        // A new array: removing in place would copy the whole block, which the pieces hold.
        samples =
            isAtEnd ? [] : Array(samples.dropFirst(frames * VoiceActivityDetector.frameSamples))
        first += isAtEnd ? count : frames * VoiceActivityDetector.frameSamples
        if detect != nil { probabilities.removeFirst(min(frames, probabilities.count)) }
    }
}
