/// Keeps what was loaded within a bound of bytes: what was used longest ago leaves first.
struct VoiceCache<Item> {
    private struct Place {
        let key: String
        let item: Item
        let bytes: Int
    }

    private let bytesMax: Int
    /// The one that was used last stands last.
    private var places: [Place] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var bytes: Int { places.reduce(0) { $0 + $1.bytes } }
    var keys: [String] { places.map(\.key) }

    /// The item of a key, which is then the last used.
    mutating func item(_ key: String) -> Item? {
        guard let index = places.firstIndex(where: { $0.key == key }) else { return nil }
        let place = places.remove(at: index)
        places.append(place)
        return place.item
    }

    /// Lets items go until as many bytes more are within the bound, before they are loaded.
    mutating func makeRoom(_ bytes: Int) {
        while !places.isEmpty, self.bytes + bytes > bytesMax { places.removeFirst() }
    }

    /// One item may be larger than the bound; it is then alone.
    mutating func put(_ key: String, _ item: Item, bytes: Int) {
        places.removeAll { $0.key == key }
        makeRoom(bytes)
        places.append(Place(key: key, item: item, bytes: bytes))
    }
}
