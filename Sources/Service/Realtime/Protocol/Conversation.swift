/// The items of a session, in order.
struct Conversation: Sendable {
    private(set) var items: [ConversationItem] = []
    /// What the items hold, about.
    private(set) var bytes = 0

    var lastID: String? { items.last?.id }

    func index(of id: String) -> Int? { items.firstIndex { $0.id == id } }

    subscript(id: String) -> ConversationItem? { index(of: id).map { items[$0] } }

    /// Puts an item behind another; the oldest goes where there are too many.
    /// - previous: nil is the end, "root" the beginning.
    /// - Returns: the id of the item before it.
    mutating func insert(
        _ item: ConversationItem, after previous: String? = nil
    ) throws(RealtimeError) -> String? {
        guard index(of: item.id) == nil else {
            throw RealtimeError(
                .duplicateItem, "An item of that id is here already.", param: "item.id")
        }
        var place = items.count
        if previous == "root" {
            place = 0
        } else if let previous {
            guard let found = index(of: previous) else {
                throw RealtimeError(
                    .invalidPreviousItem, "No item has that id.", param: "previous_item_id")
            }
            place = found + 1
        }
        guard items.reduce(item.imageBytes, { $0 + $1.imageBytes }) <= Self.imageBytesMax else {
            throw RealtimeError(
                .invalidValue,
                "The images of a conversation have at most \(Self.imageBytesMax) bytes.",
                param: "item.content")
        }
        items.insert(item, at: place)
        bytes += item.bytes
        if items.count > RealtimeSettings.itemsMax {
            bytes -= items.removeFirst().bytes
            place -= 1
        }
        return place > 0 ? items[place - 1].id : nil
    }

    private static var imageBytesMax: Int { RealtimeSettings.imageBytesMax * 4 / 3 + 1_024 }

    mutating func remove(_ id: String) -> Bool {
        guard let index = index(of: id) else { return false }
        bytes -= items.remove(at: index).bytes
        return true
    }

    mutating func change(_ id: String, _ body: (inout ConversationItem) -> Void) {
        guard let index = index(of: id) else { return }
        bytes -= items[index].bytes
        body(&items[index])
        bytes += items[index].bytes
    }

    /// The newest text that a user wrote and nobody said yet.
    var unsaidText: ConversationItem? {
        items.last { item in
            guard !item.wasSaid, case .message("user", let parts) = item.content else {
                return false
            }
            return parts.contains {
                if case .text(let text) = $0 { !text.isEmpty } else { false }
            }
        }
    }
}
