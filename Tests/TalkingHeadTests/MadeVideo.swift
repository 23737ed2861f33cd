import EngineAPI
import Testing

@testable import TalkingHead

/// A video's frames, as hashes of their pixels.
struct MadeVideo: Sendable {
    var frames: [Int] = []
    var times: [Double] = []
    let canvas: AnimationCanvas
    var stages: [StageTime] = []

    /// - cuts: samples at which one piece of the voice ends and the next begins.
    init(
        _ engine: any TalkingHeadEngine, _ portrait: Image, _ voice: AudioClip,
        visemes: [TimedViseme]? = nil,
        cuts: [Int] = [], _ options: AnimationOptions, work: WorkContext = .ample
    ) async throws {
        let session = try await engine.open(portrait, options, work: work)
        canvas = session.canvas
        let result: Result<Void, any Error>
        do {
            try await feed(session, voice, visemes, cuts)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        stages = await session.close()
        try result.get()
    }

    private mutating func feed(
        _ session: any AnimationSession, _ voice: AudioClip, _ visemes: [TimedViseme]?,
        _ cuts: [Int]
    ) async throws {
        var (start, told) = (0, 0)
        for end in cuts + [voice.samples.count] {
            let isLast = end == voice.samples.count
            let heard = visemes.map { all in
                let seconds = Double(end) / Double(voice.sampleRateHz)
                let new = all.dropFirst(told).prefix { isLast || $0.startSeconds < seconds }
                told += new.count
                return Array(new)
            }
            try await session.add(VoicePiece(clip: voice.piece(start..<end), visemes: heard))
            start = end
            try await draw(session)
        }
        try await session.finish()
        try await draw(session)
        #expect(frames.count == (await session.frameCount))
    }

    private mutating func draw(_ session: any AnimationSession) async throws {
        var used: VideoFrame?
        while let frame = try await session.next(reusing: used) {
            #expect(frame.index == frames.count)
            frames.append(frame.rgb.hashValue)
            times.append(frame.seconds)
            used = frame
        }
    }
}

extension AudioClip {
    func piece(_ range: Range<Int>) -> AudioClip {
        AudioClip(samples: Array(samples[range]), sampleRateHz: sampleRateHz)
    }
}
