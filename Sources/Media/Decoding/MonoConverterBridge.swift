import CFFmpeg
import EngineAPI

/// Frames of any layout, format and rate in; mono float samples out.
final class MonoConverter {
    /// Rates that a resampler is made for. A WAV that claims 1 Hz would otherwise make 24 hours of
    /// samples out of 173 kB.
    private static let sourceRatesHz: ClosedRange<Int32> = 4_000...768_000

    private(set) var sampleRateHz: Int
    private(set) var samples: [Float] = []
    private let channel: Int?
    /// To float planes of every channel at the source's own rate; nil where there is one channel.
    private var planes: OpaquePointer?
    private var mixer: ChannelMixer?
    /// To the rate that was asked for.
    private var context: OpaquePointer?
    /// What the contexts were opened for: a stream may change it midway.
    private var opened: (rate: Int32, channels: Int32, format: Int32) = (0, 0, 0)
    private let mono: UnsafeMutablePointer<AVChannelLayout>

    /// - channel: the one that is heard, from 1; nil is all.
    init(sampleRateHz: Int, channel: Int?) {
        (self.sampleRateHz, self.channel) = (sampleRateHz, channel)
        mono = .allocate(capacity: 1)
        mono.initialize(to: AVChannelLayout())
        ff_layout(mono, 1)
    }

    deinit {
        swr_free(&planes)
        swr_free(&context)
        mono.deallocate()
    }

    var isOpen: Bool { context != nil }

    var sourceRateHz: Int { Int(opened.rate) }

    /// The first samples out of those that are ready.
    func take(_ wanted: Int) -> [Float] {
        if wanted >= samples.count {
            defer { samples = [] }
            return samples
        }
        let taken = Array(samples[..<wanted])
        samples.removeFirst(wanted)
        return taken
    }

    func addSilence(_ count: Int) { samples.append(contentsOf: repeatElement(0, count: count)) }

    /// Adds a frame.
    func add(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) {
        try open(frame)
        let input = frame.pointee.nb_samples
        let source = UnsafeMutableRawPointer(frame.pointee.extended_data)!
            .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
        guard planes != nil else { return try resample(source, input) }
        let channels = try split(source, input)
        if let channel {
            try resample(channels[channel - 1])
        } else {
            try resample(mixer!.add(channels))
        }
    }

    /// Ends what came so far, with what the filter still holds. What comes then begins anew.
    func finish() throws(EngineError) {
        guard isOpen else { return }
        if let rest = mixer?.finish() { try resample(rest) }
        try resample(nil, 0)
        try check(swr_init(context), or: .unreadableAudio)
    }

    /// The channels of a frame as floats.
    private func split(
        _ source: UnsafeMutablePointer<UnsafePointer<UInt8>?>, _ input: Int32
    ) throws(EngineError) -> [[Float]] {
        let count = Int(opened.channels)
        let all = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count * Int(input)))
        defer { all.deallocate() }
        var out = (0..<count).map { channel -> UnsafeMutablePointer<UInt8>? in
            UnsafeMutableRawPointer(all + channel * Int(input)).assumingMemoryBound(
                to: UInt8.self)
        }
        let written = swr_convert(planes, &out, input, source, input)
        try check(written, or: .unreadableAudio)
        return (0..<count).map { channel in
            Array(
                UnsafeBufferPointer(start: all + channel * Int(input), count: Int(written)))
        }
    }

    private func resample(_ mixed: [Float]) throws(EngineError) {
        guard !mixed.isEmpty else { return }
        let result: Result<Void, EngineError> = mixed.withUnsafeBytes { bytes in
            var plane: UnsafePointer<UInt8>? = bytes.baseAddress!.assumingMemoryBound(
                to: UInt8.self)
            do throws(EngineError) {
                return .success(try resample(&plane, Int32(mixed.count)))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// nil flushes what the filter still holds.
    private func resample(
        _ source: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ input: Int32
    ) throws(EngineError) {
        let room = Int(swr_get_out_samples(context, input))
        guard room > 0 else { return }
        let from = samples.count
        var written: Int32 = 0
        samples.append(contentsOf: repeatElement(0, count: room))
        samples.withUnsafeMutableBytes { all in
            var out: UnsafeMutablePointer<UInt8>? =
                all.baseAddress!.assumingMemoryBound(to: UInt8.self) + from * 4
            written = swr_convert(context, &out, Int32(room), source, input)
        }
        samples.removeLast(room - max(0, Int(written)))
        try check(written, or: .unreadableAudio)
    }

    /// Makes ready for frames of that kind.
    func open(_ frame: UnsafeMutablePointer<AVFrame>) throws(EngineError) {
        let facts = (
            frame.pointee.sample_rate, frame.pointee.ch_layout.nb_channels, frame.pointee.format
        )
        if context != nil, facts == opened { return }
        guard Self.sourceRatesHz.contains(facts.0),
            (1...Int32(AudioChoice.channelsMax)).contains(facts.1)
        else { throw .unreadableAudio }
        if let channel, channel > Int(facts.1) {
            throw .audioUnheard(.channelMissing(count: Int(facts.1)))
        }
        try finish()
        swr_free(&planes)
        swr_free(&context)
        mixer = nil
        // A stream that changes its rate midway goes on at its first one.
        if sampleRateHz == AudioDecoder.ownRate {
            sampleRateHz = AudioDecoder.trackRateHz(Int(facts.0))
        }
        let format = AVSampleFormat(facts.2)
        if facts.1 > 1 {
            // Both sides without names of channels: nothing is mixed here.
            var unnamed = AVChannelLayout()
            unnamed.order = AV_CHANNEL_ORDER_UNSPEC
            unnamed.nb_channels = facts.1
            var same = unnamed
            try check(
                swr_alloc_set_opts2(
                    &planes, &same, AV_SAMPLE_FMT_FLTP, facts.0, &unnamed, format, facts.0, 0,
                    nil), or: .unreadableAudio)
            try check(swr_init(planes), or: .unreadableAudio)
            if channel == nil { mixer = ChannelMixer(channelCount: Int(facts.1)) }
        }
        try check(
            swr_alloc_set_opts2(
                &context, mono, AV_SAMPLE_FMT_FLT, Int32(sampleRateHz), mono,
                facts.1 > 1 ? AV_SAMPLE_FMT_FLT : format, facts.0, 0, nil), or: .unreadableAudio)
        try check(swr_init(context), or: .unreadableAudio)
        opened = facts
    }
}
