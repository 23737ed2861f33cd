import Glibc

/// Whether a QuickTime file has its movie atom deflated ("cmov", QuickTime File Format): a kilobyte
/// may claim and inflate to a gigabyte. Nothing has written such files for twenty years, and they
/// are refused. The four words stand together in every one that FFmpeg would read.
func holdsDeflatedMovie(_ bytes: [UInt8]) -> Bool {
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
