import EngineAPI

/// What was made of the last few portraits: who asks again for a face needs not wait for it.
struct PortraitCache<Item> {
    /// Entries, and bytes of what was made of all of them; four of 512 pixels a side, or one of
    /// 1024.
    static var entriesMax: Int { 4 }
    static var bytesMax: Int { 30 << 20 }

    private struct Entry {
        let portrait: PortraitFingerprint
        let options: AnimationOptions
        let item: Item
        let bytes: Int

        func answers(_ other: PortraitFingerprint, _ wanted: AnimationOptions) -> Bool {
            options.framing == wanted.framing && options.sidePixels == wanted.sidePixels
                && options.facePoint == wanted.facePoint && options.background == wanted.background
                && portrait == other
        }
    }

    /// The last one that was asked for comes last.
    private var entries: [Entry] = []

    /// What was kept of a portrait under options that ask for the same.
    mutating func item(of portrait: Image, _ options: AnimationOptions) -> Item? {
        if entries.isEmpty { return nil }
        let wanted = PortraitFingerprint(portrait)
        guard let index = entries.firstIndex(where: { $0.answers(wanted, options) }) else {
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
        guard itemBytes <= Self.bytesMax else { return }
        makeRoom(forBytes: itemBytes)
        entries.append(
            Entry(
                portrait: PortraitFingerprint(portrait), options: options, item: item,
                bytes: itemBytes))
    }

    /// Lets those go that have to for an item: before it is made, so that both are never there.
    /// - Returns: whether any went.
    @discardableResult
    mutating func makeRoom(forBytes itemBytes: Int) -> Bool {
        guard itemBytes <= Self.bytesMax else { return false }
        let count = entries.count
        while entries.count >= Self.entriesMax
            || entries.reduce(itemBytes, { $0 + $1.bytes }) > Self.bytesMax
        {
            entries.removeFirst()
        }
        return entries.count < count
    }
}

/// Tells images apart without keeping them: 128 bits under keys that a process draws when it
/// starts, so that nobody can make two images that are taken for each other.
private struct PortraitFingerprint: Equatable {
    private let sums: [Int]

    init(_ portrait: Image) {
        sums = (0..<2).map { round in
            var hasher = Hasher()
            hasher.combine(round)
            hasher.combine(portrait.width)
            hasher.combine(portrait.height)
            hasher.combine(portrait.reduction)
            portrait.rgb.withUnsafeBytes { hasher.combine(bytes: $0) }
            return hasher.finalize()
        }
    }
}
