import CFFmpeg
import EngineAPI

/// Codecs and options of a video's container.
struct CodecSettings {
    let muxer: String
    let muxerOptions: [(String, String)]
    let videoEncoder: String
    let videoOptions: [(String, String)]
    /// Rate control starves the key frames of a still background: the image would pulse, sharp
    /// and soft, every group. A narrow range of quantisers keeps it even, and smaller.
    let quantisers: ClosedRange<Int32>
    let audioEncoder: String
    let sampleFormat: AVSampleFormat
    let audioBitsPerSecond: Int64
    /// Rates of the audio, from 16 000 Hz on. AAC: ISO 14496-3, table 1.18, as far as hearing goes;
    /// Opus: RFC 6716 §2.1.3.
    private let audioRatesHz: [Int]

    /// The audio's own rate where the codec knows it, else the next higher one.
    func audioRateHz(for rateHz: Int) -> Int { audioRatesHz.first { $0 >= rateHz } ?? 48_000 }

    init(_ settings: VideoSettings) {
        switch settings.format {
        case .webm:
            muxer = "webm"
            // A cluster every 200 ms of video when it leaves while it is made, else the index in
            // front.
            muxerOptions =
                settings.isStreamed ? [("cluster_time_limit", "200")] : [("cues_to_front", "1")]
            videoEncoder = "libvpx"
            // As fast as the drawing; no frame is held back to look ahead, and none is dropped.
            videoOptions = [
                ("deadline", "realtime"), ("cpu-used", "6"), ("lag-in-frames", "0"),
                ("auto-alt-ref", "0"), ("drop-threshold", "0"),
            ]
            quantisers = 12...20
            (audioEncoder, sampleFormat) = ("libopus", AV_SAMPLE_FMT_FLT)
            audioBitsPerSecond = 64_000
            audioRatesHz = [16_000, 24_000, 48_000]
        case .mp4, .gif:
            muxer = "mp4"
            // A fragment every 200 ms of video, at any frame: a fragment a keyframe would hold
            // back the first image for a whole group of images.
            muxerOptions =
                settings.isStreamed
                ? [
                    ("movflags", "+empty_moov+default_base_moof"), ("frag_duration", "200000"),
                ] : [("movflags", "+faststart")]
            videoEncoder = "libopenh264"
            // Never drop a frame to keep the rate: a dropped frame is a mouth that stands still.
            // One slice an image: by itself the library takes one for each core, and refuses flat
            // images that do not divide into so many.
            videoOptions = [("allow_skip_frames", "0"), ("slices", "1")]
            quantisers = 20...22
            (audioEncoder, sampleFormat) = ("aac", AV_SAMPLE_FMT_FLTP)
            audioBitsPerSecond = 96_000
            audioRatesHz = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
        }
    }
}
