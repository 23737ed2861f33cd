/// A map from bytes to bytes inside a mapped file, searched in place.
/// Its layout is described in `scripts/models/hibari.py`, which writes it.
struct HashedTable: Sendable {
    private let file: MappedFile
    private let slots: Int
    private let mask: UInt32
    private let entries: Int
    /// Bytes of the longest key; a longer one is not looked for.
    let keyBytesMax: Int

    /// - section: within the file.
    /// - Returns: nil where the section holds no table.
    init?(_ file: MappedFile, section: Range<Int>) {
        guard section.count >= 16 else { return nil }
        self.file = file
        let slotCount = file.word(section.lowerBound + 4)
        keyBytesMax = file.word(section.lowerBound + 8)
        slots = section.lowerBound + 16
        entries = slots + 4 * slotCount
        mask = UInt32(truncatingIfNeeded: slotCount - 1)
        guard slotCount.nonzeroBitCount == 1, slotCount <= 1 << 24, entries <= section.upperBound
        else { return nil }
    }

    /// Where the value of a key lies in the file; nil when there is no such key.
    func find(_ key: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        if key.count > keyBytesMax { return nil }
        return file.find(key, slots: slots, mask: mask, entries: entries)
    }

    func find(_ key: String) -> Range<Int>? {
        var key = key
        return key.withUTF8 { find($0) }
    }

    func find(_ key: [UInt8]) -> Range<Int>? { key.withUnsafeBufferPointer { find($0) } }

    func contains(_ key: String) -> Bool { find(key) != nil }

    /// The value as text.
    func text(_ key: String) -> String? { find(key).map(file.text) }

    /// The value as a list of texts.
    func list(_ key: String) -> [String]? {
        text(key)?.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    }

    /// The value as a list of two texts at least: one for one, one for more.
    func pair(_ key: String) -> [String]? {
        guard let texts = list(key), texts.count >= 2 else { return nil }
        return texts
    }
}
