/// What the `meta` box of a HEIF file says of the images in it, each an item with a number.
struct HEIFItems {
    /// A picture of 16 384 pixels a side has a thousand tiles of 512.
    private static let countMax = 8_192

    let primary: Int
    private(set) var types: [Int: String] = [:]
    /// The images that one is put together of.
    private(set) var references: [Int: [Int]] = [:]
    private let bytes: [UInt8]
    private var places: [Int: [Range<Int>]] = [:]
    private var properties: [(type: String, body: Range<Int>)] = []
    private var associations: [Int: [Int]] = [:]
    /// Places, properties and references that may still be told, of all items together: some take
    /// no byte of the file, and all take memory.
    private var room = 8 * countMax

    /// nil where something that it needs is missing or ends within another.
    init?(_ bytes: [UInt8], meta: Range<Int>) {
        self.bytes = bytes
        // A version and flags come before what is in it.
        guard meta.count > 4,
            let boxes = HEIFBoxes(bytes, within: meta.lowerBound + 4..<meta.upperBound),
            let first = boxes.first("pitm"), let info = boxes.first("iinf"),
            let location = boxes.first("iloc"), let described = boxes.first("iprp"),
            let inner = HEIFBoxes(bytes, within: described),
            let container = inner.first("ipco"),
            let listed = HEIFBoxes(bytes, within: container)
        else { return nil }
        var reader = HEIFReader(bytes, first)
        let version = reader.version()
        primary = reader.number(version == 0 ? 2 : 4)
        guard !reader.hasFailed else { return nil }
        properties = listed.all
        guard readTypes(info), readPlaces(location, idat: boxes.first("idat")),
            inner.all.allSatisfy({ $0.type != "ipma" || readAssociations($0.body) })
        else { return nil }
        if let body = boxes.first("iref"), !readReferences(body) { return nil }
    }

    /// - Returns: pixels; nil where none are told, or more than any image has.
    func size(of item: Int) -> (width: Int, height: Int)? {
        guard let body = property("ispe", of: item) else { return nil }
        var reader = HEIFReader(bytes, body)
        _ = reader.version()
        let (width, height) = (reader.number(4), reader.number(4))
        let sides = 1...65_535
        guard !reader.hasFailed, sides.contains(width), sides.contains(height) else { return nil }
        return (width, height)
    }

    func data(of item: Int) -> [Range<Int>]? { places[item] }

    /// nil for what is no HEVC image whose bytes are in the file.
    func tile(_ item: Int) -> HEIFFile.Tile? {
        guard types[item] == "hvc1", let ranges = places[item], !ranges.isEmpty,
            let configuration = property("hvcC", of: item)
        else { return nil }
        return HEIFFile.Tile(ranges: ranges, configuration: configuration)
    }

    /// Turns to the left by quarters, and mirrors, as EXIF numbers them.
    func orientations(of item: Int) -> [Int] {
        (associations[item] ?? []).compactMap { index in
            let (type, body) = properties[index]
            guard let byte = body.first.map({ bytes[$0] }) else { return nil }
            switch type {
            case "irot": return [nil, 8, 3, 6][Int(byte & 3)]
            // Top and bottom change places, or left and right.
            case "imir": return byte & 1 == 0 ? 4 : 2
            default: return nil
            }
        }
    }

    func coding(of item: Int) -> HEIFFile.Coding? {
        for body in all("colr", of: item) where body.count >= 11 {
            let at = body.lowerBound
            guard bytes[at..<at + 4].elementsEqual("nclx".utf8),
                let matrix = HEIFBoxes.big(bytes, at + 8, 2)
            else { continue }
            return HEIFFile.Coding(matrix: matrix, isFullRange: bytes[at + 10] & 0x80 != 0)
        }
        return nil
    }

    func profile(of item: Int) -> Range<Int>? {
        for body in all("colr", of: item) where body.count > 4 {
            let at = body.lowerBound
            if ["prof", "rICC"].contains(where: { bytes[at..<at + 4].elementsEqual($0.utf8) }) {
                return at + 4..<body.upperBound
            }
        }
        return nil
    }

    private func property(_ type: String, of item: Int) -> Range<Int>? { all(type, of: item).first }

    private func all(_ type: String, of item: Int) -> [Range<Int>] {
        (associations[item] ?? []).map { properties[$0] }.filter { $0.type == type }.map(\.body)
    }

    private mutating func take(_ count: Int) -> Bool {
        room -= count
        return room >= 0
    }

    private mutating func readTypes(_ body: Range<Int>) -> Bool {
        var reader = HEIFReader(bytes, body)
        let count = reader.number(reader.version() == 0 ? 2 : 4)
        guard !reader.hasFailed, count <= Self.countMax,
            let entries = HEIFBoxes(bytes, within: reader.rest)
        else { return false }
        for (type, body) in entries.all where type == "infe" {
            var reader = HEIFReader(bytes, body)
            let version = reader.version()
            guard version >= 2 else { continue }
            let item = reader.number(version == 2 ? 2 : 4)
            _ = reader.number(2)
            let kind = reader.rest.prefix(4)
            guard !reader.hasFailed, kind.count == 4 else { return false }
            types[item] = String(decoding: bytes[kind], as: UTF8.self)
        }
        return true
    }

    /// Where each item's bytes lie: in the file, or in the box `idat`.
    private mutating func readPlaces(_ body: Range<Int>, idat: Range<Int>?) -> Bool {
        var reader = HEIFReader(bytes, body)
        let version = reader.version()
        let sizes = (reader.number(1), reader.number(1))
        let (offsetSize, lengthSize) = (sizes.0 >> 4, sizes.0 & 15)
        let (baseSize, indexSize) = (sizes.1 >> 4, version == 0 ? 0 : sizes.1 & 15)
        let count = reader.number(version < 2 ? 2 : 4)
        guard !reader.hasFailed, count <= Self.countMax,
            [offsetSize, lengthSize, baseSize, indexSize].allSatisfy({ $0 <= 8 })
        else { return false }
        for _ in 0..<count {
            let item = reader.number(version < 2 ? 2 : 4)
            let method = version == 0 ? 0 : reader.number(2) & 15
            _ = reader.number(2)
            let base = reader.number(baseSize)
            let extents = reader.number(2)
            guard !reader.hasFailed, take(extents) else { return false }
            var ranges: [Range<Int>] = []
            for _ in 0..<extents {
                _ = reader.number(indexSize)
                let (offset, length) = (reader.number(offsetSize), reader.number(lengthSize))
                guard !reader.hasFailed else { return false }
                let whole = method == 0 ? 0..<bytes.count : method == 1 ? idat ?? 0..<0 : 0..<0
                let (start, isOver) = base.addingReportingOverflow(offset)
                // What lies elsewhere is as good as missing.
                guard !isOver, start < whole.count, length <= whole.count - start else { continue }
                let from = whole.lowerBound + start
                ranges.append(from..<(length == 0 ? whole.upperBound : from + length))
            }
            if ranges.count == extents { places[item] = ranges }
        }
        return true
    }

    private mutating func readAssociations(_ body: Range<Int>) -> Bool {
        var reader = HEIFReader(bytes, body)
        let (version, flags) = reader.versionAndFlags()
        let count = reader.number(4)
        guard !reader.hasFailed, count <= Self.countMax else { return false }
        for _ in 0..<count {
            let item = reader.number(version < 1 ? 2 : 4)
            let isLong = flags & 1 != 0
            let told = reader.number(1)
            // An item is told of once.
            guard take(told), associations[item] == nil else { return false }
            for _ in 0..<told {
                let index = reader.number(isLong ? 2 : 1) & (isLong ? 0x7FFF : 0x7F)
                // Counted from 1; 0 is none.
                guard index > 0, index <= properties.count else { continue }
                associations[item, default: []].append(index - 1)
            }
            guard !reader.hasFailed else { return false }
        }
        return true
    }

    private mutating func readReferences(_ body: Range<Int>) -> Bool {
        var reader = HEIFReader(bytes, body)
        let size = reader.version() == 0 ? 2 : 4
        guard !reader.hasFailed, let lists = HEIFBoxes(bytes, within: reader.rest) else {
            return false
        }
        for (type, body) in lists.all where type == "dimg" {
            var reader = HEIFReader(bytes, body)
            let item = reader.number(size)
            let count = reader.number(2)
            guard !reader.hasFailed, take(count) else { return false }
            references[item] = (0..<count).map { _ in reader.number(size) }
            guard !reader.hasFailed else { return false }
        }
        return true
    }
}

/// Numbers of a box, one after the other. What lies beyond its end is 0, and told at the end.
private struct HEIFReader {
    private let bytes: [UInt8]
    private var at: Int
    private let end: Int
    private(set) var hasFailed = false

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        (self.bytes, at, end) = (bytes, range.lowerBound, range.upperBound)
    }

    /// What was not read yet.
    var rest: Range<Int> { at..<end }

    mutating func number(_ count: Int) -> Int {
        guard count <= end - at, let value = HEIFBoxes.big(bytes, at, count) else {
            hasFailed = true
            return 0
        }
        at += count
        return value
    }

    mutating func version() -> Int { versionAndFlags().version }

    mutating func versionAndFlags() -> (version: Int, flags: Int) {
        (number(1), number(3))
    }
}
