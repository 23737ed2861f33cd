import Glibc

/// Whether a QuickTime file has a compressed movie header (`cmov`, QuickTime File Format): a
/// kilobyte of one may expand to a gigabyte in the demuxer. Audio is not read from such files; no
/// common program has written them for twenty years. Nothing is expanded here: FFmpeg reads a
/// compressed header only where these four words stand together, so that finding them is enough.
func hasCompressedMovieHeader(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { all in
        guard let start = all.baseAddress else { return false }
        var at = 0
        while at + 16 <= all.count, let found = memchr(start + at, 0x63, all.count - at - 15) {
            let place = UnsafeRawPointer(found)
            if memcmp(place, "cmov", 4) == 0, memcmp(place + 8, "dcomzlib", 8) == 0 { return true }
            at = place - start + 1
        }
        return false
    }
}
