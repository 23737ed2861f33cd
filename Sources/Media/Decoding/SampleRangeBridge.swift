import CFFmpeg
import EngineAPI

/// Brings the samples of decoded frames into range before anything is computed from them.
final class FrameSanitizer {
    private var range = SampleRange()
    private let notes: MediaNotes
    /// Frames that wait until the scale is known, and how many samples they hold.
    private var held: [(frame: FrameReference, isOdd: Bool)] = []
    private var heldCount = 0
    private var looksAhead: Bool

    /// Four million samples at most, whatever rate and channel count a file claims.
    private static let heldMax = 1 << 22
    private static let lookAheadSeconds = 2

    /// - looksAhead: the samples are a file's own, whose scale the file need not keep to.
    init(looksAhead: Bool, notes: MediaNotes) {
        self.looksAhead = looksAhead
        self.notes = notes
    }

    /// Hands on the frame, or those that were waiting and the frame, in order.
    func add(
        _ frame: UnsafeMutablePointer<AVFrame>,
        _ next: (UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Void
    ) throws(EngineError) {
        guard FloatPlanes.areFloats(frame) else {
            try release(next)
            return try next(frame)
        }
        var survey = SampleRange.Survey()
        FloatPlanes.each(of: frame) {
            SampleRange.survey($0, into: &survey)
        } doubles: {
            SampleRange.survey($0, into: &survey)
        }
        range.consider(survey)
        guard looksAhead else { return try pass(frame, isOdd: survey.isOdd, next) }
        guard let copy = FrameReference(frame) else { throw .unreadableAudio }
        held.append((copy, survey.isOdd))
        let channels = Int(frame.pointee.ch_layout.nb_channels)
        heldCount += Int(frame.pointee.nb_samples) * channels
        let wanted = Self.lookAheadSeconds * Int(frame.pointee.sample_rate) * channels
        if heldCount >= min(wanted, Self.heldMax) { try release(next) }
    }

    /// Hands on what was waiting; nothing waits from then on.
    func release(
        _ next: (UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Void
    ) throws(EngineError) {
        looksAhead = false
        let frames = held
        held = []
        for (frame, isOdd) in frames {
            defer { withExtendedLifetime(frame) {} }
            try pass(frame.pointer, isOdd: isOdd, next)
        }
    }

    private func pass(
        _ frame: UnsafeMutablePointer<AVFrame>, isOdd: Bool,
        _ next: (UnsafeMutablePointer<AVFrame>) throws(EngineError) -> Void
    ) throws(EngineError) {
        if isOdd || range.divisor != 1 {
            // A decoder may keep the frame for what comes next.
            try check(av_frame_make_writable(frame), or: .unreadableAudio)
            var changes: SampleRange.Changes = []
            let range = range
            FloatPlanes.each(of: frame) {
                changes.formUnion(range.apply(to: $0))
            } doubles: {
                changes.formUnion(range.apply(to: $0))
            }
            if changes.contains(.silenced) { notes.add(.samplesNotFinite) }
            if changes.contains(.scaled) { notes.add(.samplesScaled) }
            if changes.contains(.cut) { notes.add(.samplesCut) }
        }
        try next(frame)
    }
}

/// The planes of a frame of floats, one where channels alternate.
private enum FloatPlanes {
    static func areFloats(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
        let formats = [
            AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_DBL, AV_SAMPLE_FMT_DBLP,
        ]
        return formats.contains(AVSampleFormat(frame.pointee.format))
    }

    static func each(
        of frame: UnsafeMutablePointer<AVFrame>,
        floats: (UnsafeMutableBufferPointer<Float>) -> Void,
        doubles: (UnsafeMutableBufferPointer<Double>) -> Void
    ) {
        let format = AVSampleFormat(frame.pointee.format)
        let (samples, channels) = (
            Int(frame.pointee.nb_samples), Int(frame.pointee.ch_layout.nb_channels)
        )
        let isPlanar = av_sample_fmt_is_planar(format) == 1
        let count = isPlanar ? samples : samples * channels
        for plane in 0..<(isPlanar ? channels : 1) {
            guard let bytes = frame.pointee.extended_data[plane] else { return }
            let start = UnsafeMutableRawPointer(bytes)
            if av_get_bytes_per_sample(format) == 4 {
                floats(
                    UnsafeMutableBufferPointer(
                        start: start.assumingMemoryBound(to: Float.self), count: count))
            } else {
                doubles(
                    UnsafeMutableBufferPointer(
                        start: start.assumingMemoryBound(to: Double.self), count: count))
            }
        }
    }
}
