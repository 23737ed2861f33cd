/// Kinds of file that bear Content Credentials here, told by their first bytes: what was made here,
/// and images and videos of others. Documents and archives are left to others' readers.
enum CredentialsKind {
    /// The media type by which the library knows the kind; nil for any other file.
    static func mediaType(of bytes: some RandomAccessCollection<UInt8>) -> String? {
        let head = Array(bytes.prefix(16))
        func holds(_ text: String, at offset: Int) -> Bool {
            head.count >= offset + text.utf8.count
                && head[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
        }
        if holds("RIFF", at: 0) {
            if holds("WAVE", at: 8) { return "audio/wav" }
            if holds("WEBP", at: 8) { return "image/webp" }
            return holds("AVI ", at: 8) ? "video/avi" : nil
        }
        if holds("ftyp", at: 4) {
            if holds("avif", at: 8) { return "image/avif" }
            if holds("heic", at: 8) { return "image/heic" }
            return holds("M4A ", at: 8) ? "audio/mp4" : "video/mp4"
        }
        if holds("GIF8", at: 0) { return "image/gif" }
        if holds("fLaC", at: 0) { return "audio/flac" }
        if holds("ID3", at: 0) { return "audio/mpeg" }
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        // A frame of MPEG audio, layer III.
        if head.count > 1, head[0] == 0xFF, head[1] & 0xE6 == 0xE2 { return "audio/mpeg" }
        return nil
    }
}
