import Execution

/// Whisper's models by name, loaded or about to be. Those that were used least lately leave when
/// another needs their room; what reads with one of them at that time keeps it until it ends.
struct ModelShelf {
    private struct Slot {
        let model: SingleFlight<LoadedModel>
        let bytes: Int
        var lastUse: Int
    }

    /// Bytes of all models' files together, which is about what their weights take.
    let bytesMax: Int
    private var slots: [String: Slot] = [:]
    private var uses = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var names: Set<String> { Set(slots.keys) }

    /// A model that is here; asking for it is using it.
    mutating func model(_ name: String) -> SingleFlight<LoadedModel>? {
        guard slots[name] != nil else { return nil }
        uses += 1
        slots[name]?.lastUse = uses
        return slots[name]?.model
    }

    func has(_ name: String) -> Bool { slots[name] != nil }

    /// Takes those out that were used least lately, until as many bytes have room beside the rest.
    /// - Returns: their names.
    mutating func makeRoom(for bytes: Int) -> [String] {
        var left: [String] = []
        while slots.values.reduce(bytes, { $0 + $1.bytes }) > bytesMax,
            let oldest = slots.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            slots[oldest] = nil
            left.append(oldest)
        }
        return left
    }

    mutating func add(_ model: SingleFlight<LoadedModel>, _ name: String, bytes: Int) {
        uses += 1
        slots[name] = Slot(model: model, bytes: bytes, lastUse: uses)
    }

    /// - model: not another of that name, which came later.
    mutating func remove(_ name: String, _ model: SingleFlight<LoadedModel>) {
        if slots[name]?.model === model { slots[name] = nil }
    }
}
