import EngineAPI

/// A stretch of speech with all that decoding it needs.
struct SpokenPiece: Sendable {
    /// Its audio, which shares the memory of the block that it was cut from.
    var samples: ArraySlice<Float>
    /// Where in the clip it lies.
    var range: SampleRange
    /// Where in the clip somebody speaks, as far as it touches the piece.
    var regions: [SampleRange]
    /// Where it was cut from the next one, where nobody pauses: both have what lies around it.
    var join: Int?
    /// Whether it was cut so from the one before it.
    var isJoined = false
    /// How sure the detector was where it heard somebody, 0…1; nil where it was not asked.
    var certainty: Float?
    /// Whether the detector heard nobody in all of the clip, and does not rule somebody out.
    var isFaint = false
    /// What is read of it: its audio with silence around it, of the same block.
    var heard: ArraySlice<Float>

    init(samples: ArraySlice<Float>, range: SampleRange, regions: [SampleRange]) {
        (self.samples, self.range, self.regions) = (samples, range, regions)
        heard = samples
    }

    /// How much of what is read lies before it, in positions of 20 ms.
    var lead: Int { (samples.startIndex - heard.startIndex) / 320 }

    /// Where in the piece somebody speaks, in positions of 20 ms from its start on.
    var speechPositions: [Range<Int>] {
        regions.compactMap { region in
            let inside = region.clamped(to: range)
            guard !inside.isEmpty else { return nil }
            return (inside.lowerBound - range.lowerBound)
                / 320..<(inside.upperBound - range.lowerBound) / 320
        }
    }
}

/// Cuts audio into pieces as it comes, so that a long one is never in memory whole: at most a
/// block of it is.
struct AudioChunker {
    /// The first 30 s are cut at once, so that the workers have something to do while more is
    /// searched for speech. Then 90 s are cut as a whole, which keeps all cores busy to the end; no
    /// more than the first good pause where somebody waits for the words and the audio comes hardly
    /// faster than it is spoken. Then half a second is looked at at a time.
    private var blockSamples: Int
    private let laterBlockSamples: Int
    private var wholeBlockSamples = firstBlock
    /// How long the audio was waited for.
    private var waited = Duration.zero
    /// Audio that takes longer than this share of its length to come is spoken meanwhile.
    private static let liveShare = 0.3
    /// Cuts at the first good pause; nil cuts at the best ones of a block.
    private var early: EarlyPause?
    /// Silence that ends a group of regions for good, with room for a region's padding: 2.5 s.
    private static let silenceSamples = 40_000

    /// What is read around a piece of which the detector is unsure: 1.5 s.
    private static let unsureSamples = 24_000

    /// Probability of speech in each frame of some audio, or nil where none is to be searched for.
    typealias Detect =
        @Sendable (
            [Float], VoiceActivityDetector.Memory
        ) async throws(EngineError) -> ([Float], VoiceActivityDetector.Memory)

    private let audio: any AudioSource
    private let detect: Detect?
    private let detection: SpeechDetection
    private let readsFaint: Bool
    private let now: @Sendable () -> ContinuousClock.Instant
    private var memory = VoiceActivityDetector.Memory()
    /// What is read and not cut yet, from the sample `first` of the clip on, a whole frame.
    private var samples: [Float] = []
    private var first = 0
    private var probabilities: [Float] = []
    private var level = LevelControl()
    /// How loud all of it is; nil where nobody asks.
    private(set) var levels: SoundLevels?
    /// Frames without any sound that came last.
    private var silentFrames = 0
    /// After so many the detector knows that nobody speaks: 2 s.
    private static let searchedSilentFrames = 62
    /// Whether the last piece goes on in the next.
    private var isJoinPending = false
    private(set) var isAtEnd = false

    /// Who began or ceased to speak in what `next` read last; only where words are delivered early.
    private(set) var activity: [SpeechActivity] = []

    /// - languageIsKnown: else the first piece is long enough to find it out.
    /// - tellsLevels: whether `levels` is asked for.
    /// - readsFaint: whether a clip in which nobody is heard, but may be, is read nevertheless.
    /// - now: tells how long the audio is waited for.
    init(
        _ audio: any AudioSource, deliversEarly: Bool, languageIsKnown: Bool = true,
        detection: SpeechDetection = SpeechDetection(), detect: Detect?, tellsLevels: Bool = false,
        readsFaint: Bool = false, now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.audio = audio
        self.detect = detect
        self.detection = detection
        self.readsFaint = readsFaint
        self.now = now
        levels = tellsLevels ? SoundLevels() : nil
        if deliversEarly, detect != nil {
            early = EarlyPause(languageIsKnown: languageIsKnown, detection: detection)
            blockSamples = EarlyPause.stepFrames * VoiceActivityDetector.frameSamples
            laterBlockSamples = blockSamples
        } else {
            blockSamples = Self.firstBlock
            laterBlockSamples = Self.laterBlock
        }
    }

    private static let firstBlock = frames(seconds: 30)
    private static let laterBlock = frames(seconds: 90)

    /// Whole steps of about so many seconds, in samples.
    private static func frames(seconds: Int) -> Int {
        seconds * 16_000 / LevelControl.stepSamples * LevelControl.stepSamples
    }

    /// Samples of the clip so far.
    var sampleCount: Int { first + samples.count }

    /// The next pieces in order; nil at the end. Empty only where somebody began or ceased to
    /// speak.
    mutating func next() async throws(EngineError) -> [SpokenPiece]? {
        activity = []
        while !isAtEnd {
            try await fill()
            let pieces = early == nil || isAtEnd ? cut() : isLive ? cutEarly() : cutBlock()
            if !pieces.isEmpty || !activity.isEmpty { return pieces }
        }
        return nil
    }

    private mutating func fill() async throws(EngineError) {
        // Whole steps of the level from the clip's beginning on, however much is left of the last.
        let step = LevelControl.stepSamples
        let missing = early == nil ? max(step, blockSamples - samples.count) : blockSamples
        let wanted = (missing + step - 1) / step * step
        blockSamples = laterBlockSamples
        let began = now()
        var more = try await audio.read(wanted)
        waited += now() - began
        isAtEnd = more.count < wanted
        level.apply(to: &more)
        levels?.add(more)
        if samples.isEmpty {
            samples = more
        } else {
            // No more room than that: the rest of a block is much of all memory here.
            samples.reserveCapacity(samples.count + more.count)
            samples += more
        }
        if let detect {
            let found = try await probabilities(more, detect)
            let frame = firstFrame + probabilities.count
            early?.watch(found, from: frame, into: &activity)
            probabilities += found
        }
    }

    /// Nothing is searched in the silence of a gap, which may last for hours.
    private mutating func probabilities(
        _ samples: [Float], _ detect: Detect
    ) async throws(EngineError) -> [Float] {
        var found: [Float] = []
        var (from, skips) = (0, false)
        let size = VoiceActivityDetector.frameSamples
        for start in stride(from: 0, to: samples.count, by: size) {
            let isSilent = samples[start..<min(start + size, samples.count)]
                .allSatisfy { $0 == 0 }
            silentFrames = isSilent ? silentFrames + 1 : 0
            let isGap = silentFrames > Self.searchedSilentFrames
            guard isGap != skips else { continue }
            try await search(samples[from..<start], skips, detect, into: &found)
            (from, skips) = (start, isGap)
        }
        try await search(samples[from...], skips, detect, into: &found)
        return found
    }

    private mutating func search(
        _ part: ArraySlice<Float>, _ skips: Bool, _ detect: Detect, into found: inout [Float]
    ) async throws(EngineError) {
        guard !part.isEmpty else { return }
        let size = VoiceActivityDetector.frameSamples
        guard !skips else {
            found += [Float](repeating: 0, count: (part.count + size - 1) / size)
            return
        }
        let (more, memory) = try await detect(Array(part), memory)
        found += more
        self.memory = memory
    }

    private var firstFrame: Int { first / VoiceActivityDetector.frameSamples }

    private var isLive: Bool {
        waited / .seconds(1) > Self.liveShare * Double(sampleCount) / 16_000
    }

    /// Cuts as a file is cut, once there is a block of it: the text is the same then.
    private mutating func cutBlock() -> [SpokenPiece] {
        guard samples.count >= wholeBlockSamples else { return [] }
        wholeBlockSamples = Self.laterBlock
        return cut()
    }

    /// Cuts at the first pause that is good enough. What is left is looked at again with the next
    /// half second.
    private mutating func cutEarly() -> [SpokenPiece] {
        let regions = speechRegions
        guard let start = regions.first?.lowerBound else {
            drop(max(0, samples.count - Self.silenceSamples))
            return []
        }
        var ranges: [SampleRange] = []
        var kept = 0
        if let end = early?.end(of: probabilities, from: start) {
            ranges = PauseSplitter.pieces(
                samples, regions: regions.compactMap { $0.clamped(to: start..<end).nonEmpty })
            kept = end
        } else if samples.count - start > Int(bounded: PauseSplitter.secondsMax * 16_000) {
            // Nobody pauses: cut where it is quietest, and keep what may go on.
            ranges = PauseSplitter.pieces(samples, regions: regions)
            guard ranges.count > 1, let last = ranges.popLast() else { return [] }
            kept = last.lowerBound
        } else {
            return []
        }
        if !ranges.isEmpty { early?.isFirst = false }
        let found = surrounded(pieces(ranges, regions))
        drop(kept)
        isJoinPending = false
        return found
    }

    private var speechRegions: [SampleRange] {
        SpeechRegions(
            probabilities: probabilities, sampleCount: samples.count, detection: detection
        ).ranges
    }

    /// Cuts what is there; before the end, what may go on is kept.
    private mutating func cut() -> [SpokenPiece] {
        var regions =
            detect == nil
            ? [0..<samples.count]
            : speechRegions
        let isFaint = regions.isEmpty && isFaintClip
        if isFaint { regions = [0..<samples.count] }
        var ranges = PauseSplitter.pieces(samples, regions: regions)
        let joins = PauseSplitter.joins(samples, ranges)
        var kept = samples.count
        if !isAtEnd {
            // Nothing but silence: its end may hold a word's beginning.
            kept = max(0, samples.count - Self.silenceSamples)
            if let last = ranges.last, last.upperBound > kept {
                let before = ranges.dropLast().last?.upperBound ?? 0
                ranges.removeLast()
                // The next block's first piece begins before its cut, or has silence before it.
                kept =
                    joins.contains(last.lowerBound)
                    ? max(0, last.lowerBound - PauseSplitter.joinSamples)
                    : max(before, last.lowerBound - Surroundings.samples)
            }
        }
        var found = surrounded(joined(pieces(widened(ranges), regions), joins, regions))
        if isFaint {
            for index in found.indices {
                (found[index].isFaint, found[index].certainty) = (true, nil)
            }
        }
        drop(kept)
        return found
    }

    /// Whether nobody was heard in a clip of at most 30 s, but may be: on a bad line, or far away,
    /// where the decoder hears more than the detector.
    private var isFaintClip: Bool {
        readsFaint && isAtEnd && first == 0 && samples.count <= Self.firstBlock
            && detection == SpeechDetection() && probabilities.max() ?? 0 >= Self.faintProbability
    }

    /// Sounds of other kinds seldom reach as much.
    private static let faintProbability: Float = 0.15

    /// Lets pieces in which the detector is unsure have what lies around them: it hears parts of
    /// noisy speech only.
    private func widened(_ ranges: [SampleRange]) -> [SampleRange] {
        guard detect != nil, detection.hasUsualPadding else { return ranges }
        return ranges.indices.map { index in
            let range = ranges[index]
            guard !HallucinationChecks.isSure(certainty(range)) else { return range }
            // Half of what lies between two.
            let before =
                index > 0 ? (range.lowerBound - ranges[index - 1].upperBound) / 2 : range.lowerBound
            let behind =
                index + 1 < ranges.count
                ? (ranges[index + 1].lowerBound - range.upperBound) / 2
                : samples.count - range.upperBound
            return range.lowerBound - min(before, Self.unsureSamples)..<range.upperBound
                + min(behind, Self.unsureSamples)
        }
    }

    /// Lets pieces be read with the silence around them.
    private func surrounded(_ pieces: [SpokenPiece]) -> [SpokenPiece] {
        guard detection.hasUsualPadding else { return pieces }
        var before = 0
        return pieces.indices.map { index in
            var piece = pieces[index]
            let next = index + 1 < pieces.count ? pieces[index + 1].range.lowerBound - first : nil
            let range = Surroundings.of(
                piece.range.lowerBound - first..<piece.range.upperBound - first,
                between: before, and: next ?? samples.count,
                isFirst: first == 0 && index == 0, isLast: isAtEnd && next == nil)
            before = piece.range.upperBound - first
            piece.heard = samples[range]
            return piece
        }
    }

    /// Lets pieces that nobody's pause parts have what lies around their cut.
    private mutating func joined(
        _ pieces: [SpokenPiece], _ joins: Set<Int>, _ regions: [SampleRange]
    ) -> [SpokenPiece] {
        let reach = PauseSplitter.joinSamples
        return pieces.map { piece in
            var piece = piece
            var range = piece.range.lowerBound - first..<piece.range.upperBound - first
            piece.isJoined = isJoinPending
            if joins.contains(range.lowerBound) {
                range = max(0, range.lowerBound - reach)..<range.upperBound
            }
            isJoinPending = joins.contains(range.upperBound)
            if isJoinPending {
                piece.join = moved(range).upperBound
                range = range.lowerBound..<min(samples.count, range.upperBound + reach)
            }
            guard moved(range) != piece.range else { return piece }
            piece.samples = samples[range]
            piece.range = moved(range)
            piece.regions = regions.filter { $0.overlaps(range) }.map(moved)
            return piece
        }
    }

    private func pieces(_ ranges: [SampleRange], _ regions: [SampleRange]) -> [SpokenPiece] {
        ranges.map { range in
            var piece = SpokenPiece(
                samples: samples[range], range: moved(range),
                regions: regions.filter { $0.overlaps(range) }.map(moved))
            piece.certainty = certainty(range)
            return piece
        }
    }

    /// The mean probability of the frames in which the detector heard somebody.
    private func certainty(_ range: SampleRange) -> Float? {
        guard detect != nil else { return nil }
        let size = VoiceActivityDetector.frameSamples
        let frames = range.lowerBound / size..<(range.upperBound + size - 1) / size
        let spoken = probabilities[frames.clamped(to: probabilities.indices)]
            .filter { $0 >= detection.threshold }
        return spoken.isEmpty ? 0 : spoken.reduce(0, +) / Float(spoken.count)
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

extension SampleRange {
    fileprivate var nonEmpty: SampleRange? { isEmpty ? nil : self }
}
