/// A network's ids for the signs of a clause, with the pads that it was taught to expect.
struct PhonemeIDMap: Sendable {
    /// How the row of ids is laid.
    struct Layout: Sendable {
        var begin: [Int64] = []
        /// Behind each sign.
        var blank: Int64?
        /// A blank before the first sign too.
        var beginsWithBlank = false
        var end: [Int64] = []
    }

    private let ids: [Unicode.Scalar: [Int64]]
    private let layout: Layout

    init(_ ids: [Unicode.Scalar: [Int64]], layout: Layout) {
        self.ids = ids
        self.layout = layout
    }

    func knows(_ sign: Unicode.Scalar) -> Bool { ids[sign] != nil }

    /// A row of ids.
    struct Row: Equatable {
        var ids: [Int64] = []
        /// Indexes of the signs, in the clause's phonemes, that have ids.
        var symbols: [Int] = []
        /// Per id: 0 for what comes before the first sign, n for the n-th sign and its blank, and
        /// one more than there are signs for what comes behind.
        var owners: [Int] = []

        /// Durations of the ids as those of the signs with a pad at both ends.
        func bySymbol(_ durations: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: symbols.count + 2)
            for (owner, duration) in zip(owners, durations) { sums[owner] += duration }
            return sums
        }
    }

    func row(_ signs: [Unicode.Scalar]) -> Row {
        var row = Row()
        func add(_ ids: [Int64], _ owner: Int) {
            row.ids += ids
            row.owners += [Int](repeating: owner, count: ids.count)
        }
        add(layout.begin, 0)
        let blank = layout.blank.map { [$0] } ?? []
        if layout.beginsWithBlank { add(blank, 0) }
        for (index, sign) in signs.enumerated() {
            guard let own = ids[sign] else { continue }
            row.symbols.append(index)
            add(own + blank, row.symbols.count)
        }
        add(layout.end, row.symbols.count + 1)
        return row
    }
}
