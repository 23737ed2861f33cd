import CFFmpeg

/// Names of codecs, as a message tells them.
enum AudioCodecName {
    /// FFmpeg's short name, as in "AMR-NB"; at most 24 bytes.
    static func of(_ codec: AVCodecID) -> String {
        guard let name = avcodec_get_name(codec) else { return "unknown" }
        let text = String(cString: name).uppercased()
        return String(text.map { $0 == "_" ? "-" : $0 }.prefix(24))
    }

    /// What the first bytes say of files that nothing here takes apart; nil where they say nothing.
    static func ofBytes(_ start: some Collection<UInt8>) -> String? {
        let start = Array(start.prefix(16))
        func begins(_ text: String) -> Bool { start.starts(with: Array(text.utf8)) }
        if start.starts(with: [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) {
            return "Windows Media Audio (ASF)"
        }
        let known = [
            ("wvpk", "WavPack"), ("MAC ", "Monkey's Audio"), ("TTA1", "True Audio"),
            ("DSD ", "DSD"), ("FRM8", "DSD"), ("MPCK", "Musepack"), ("MP+", "Musepack"),
            ("#!SILK", "SILK"), ("\u{2}#!SILK", "SILK"), (".RMF", "RealAudio"),
            ("MThd", "MIDI"), ("Creative Voice", "Creative Voice"), ("ajkg", "Shorten"),
        ]
        return known.first { begins($0.0) }?.1
    }
}
