import EngineAPI

/// Listens to the voices of one clip as its pieces come, and tells at the end who says what.
struct VoiceCollector: Sendable {
    private let choice: SpeakerChoice
    private let net: SpeakerNet
    private let work: WorkContext
    /// How those sound who are known, in their order; empty where nobody spoke.
    private let known: [[Float]]

    /// Listens to those who are known.
    /// - detect: probability of speech in each of the detector's frames.
    /// - Throws: as `SpeakerNet.voices`, and what `detect` throws.
    init(
        _ choice: SpeakerChoice, _ net: SpeakerNet, work: WorkContext,
        detect: ([Float]) async throws(EngineError) -> [Float]
    ) async throws(EngineError) {
        (self.choice, self.net, self.work) = (choice, net, work)
        var known: [[Float]] = []
        for speaker in choice.known {
            var samples = speaker.samples
            var level = LevelControl()
            level.apply(to: &samples)
            let regions = SpeechRegions(
                probabilities: try await detect(samples), sampleCount: samples.count
            ).ranges
            let piece = SpokenPiece(
                samples: samples[...], range: 0..<samples.count, regions: regions)
            let windows = try await net.voices(of: [piece], after: 0, work: work)
            if windows.isEmpty { work.notes.add(.speakerUnheard) }
            known.append(VoiceGroup(of: windows.map(\.voice))?.mean ?? [])
        }
        self.known = known
    }

    /// The voices of some pieces.
    /// - after: up to which sample of the clip they are known.
    func windows(
        of pieces: [SpokenPiece], after: Int
    ) async throws(EngineError) -> [VoiceWindow] {
        try await net.voices(of: pieces, after: after, work: work)
    }

    /// The segments, cut where another speaks, with who it is.
    /// - levels: how loud the clip is.
    func segments(
        _ segments: [TranscriptSegment], of windows: [VoiceWindow], _ levels: SoundLevels
    ) async throws(EngineError) -> [TranscriptSegment] {
        guard !segments.isEmpty else { return [] }
        let (choice, known, work) = (choice, known, work)
        return try await net.run { statistics throws(EngineError) in
            let (turns, labels) = try SpeakerTurns.turns(windows, choice, statistics, work: work)
            let names = SpeakerNames(choice, known: known, windows, labels)
            let speech = SpeakerJoin.speech(of: windows)
            var parts = SpeakerJoin.parted(segments, by: turns).map { segment, speaker in
                var segment = segment
                segment.trim(to: speech)
                segment.speaker = names.name(speaker)
                return segment
            }
            SpeakerJoin.widen(&parts)
            SpeakerEdges.settle(&parts, on: levels)
            return parts
        }
    }
}
