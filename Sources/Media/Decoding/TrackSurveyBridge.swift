import CFFmpeg
import EngineAPI

/// Finds the first track of a file in which there is any sound: a recording of a screen may have
/// the machine's own, which is silent, before the microphone's.
struct TrackSurvey {
    /// A track with a sample over this is taken at once: -45 dB.
    private static let clearPeak: Float = 0.005_6
    /// Seconds of a track that are looked at.
    private static let lookSecondsMax = 1_800.0

    let secondsMax: Double
    let work: WorkContext

    /// The first that is clear; where none is, the loudest; counted from 1.
    func firstThatSounds(of count: Int, open: () -> MemoryIO) throws(EngineError) -> Int {
        var best: (track: Int, peak: Float) = (1, 0)
        for track in 1...min(count, AudioChoice.tracksMax) {
            let peak: Float
            do throws(EngineError) {
                peak = try self.peak(of: track, open())
            } catch {
                guard case .cancelled = error else {
                    if case .deadlinePassed = error { throw error }
                    continue
                }
                throw error
            }
            if peak >= Self.clearPeak { return track }
            if peak > best.peak { best = (track, peak) }
        }
        return best.track
    }

    /// The highest sample, or the first that is clear.
    private func peak(of track: Int, _ io: MemoryIO) throws(EngineError) -> Float {
        var source = try DemuxerHandle(
            io, kind: AVMEDIA_TYPE_AUDIO, pixelsMax: 1, work: work, failure: .unreadableAudio,
            track: track)
        let converter = MonoConverter(sampleRateHz: 16_000, channel: nil)
        var (peak, count): (Float, Int) = (0, 0)
        let countMax = Int(bounded: min(secondsMax, Self.lookSecondsMax) * 16_000)
        while count < countMax, let frame = source.nextFrame() {
            try work.check()
            try converter.add(frame)
            let samples = converter.take(.max)
            count += samples.count
            for sample in samples where sample.magnitude > peak { peak = sample.magnitude }
            if peak >= Self.clearPeak { break }
        }
        return peak
    }
}
