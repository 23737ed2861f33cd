import EngineAPI

/// What was made of the last few portraits: who asks again for a face needs not wait for it.
/// Compares whole images, so that nobody gets another's face.
struct PortraitCache<Item> {
    /// Entries, and bytes of all of them: the portraits and what was made of them; four of 512
    /// pixels a side, or one of 1024.
    static var entriesMax: Int { 4 }
    static var bytesMax: Int { 36 << 20 }

    private struct Entry {
        let portrait: Image
        let options: AnimationOptions
        let item: Item
        let bytes: Int

        func answers(_ other: Image, _ wanted: AnimationOptions) -> Bool {
            options.framing == wanted.framing && options.sidePixels == wanted.sidePixels
                && options.facePoint == wanted.facePoint && options.background == wanted.background
                && portrait == other
        }
    }

    /// The last one that was asked for comes last.
    private var entries: [Entry] = []

    /// What was kept of a portrait under options that ask for the same.
    mutating func item(of portrait: Image, _ options: AnimationOptions) -> Item? {
        guard let index = entries.firstIndex(where: { $0.answers(portrait, options) }) else {
            return nil
        }
        let entry = entries.remove(at: index)
        entries.append(entry)
        return entry.item
    }

    /// - itemBytes: what the item holds.
    mutating func keep(
        _ item: Item, of portrait: Image, _ options: AnimationOptions, itemBytes: Int
    ) {
        let bytes = portrait.rgb.count + itemBytes
        guard bytes <= Self.bytesMax else { return }
        entries.append(Entry(portrait: portrait, options: options, item: item, bytes: bytes))
        while entries.count > Self.entriesMax
            || entries.reduce(0, { $0 + $1.bytes }) > Self.bytesMax
        {
            entries.removeFirst()
        }
    }
}
