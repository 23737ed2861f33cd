import EngineAPI

/// Writes frames of an H.264 track as fragments of a movie (ISO 14496-12 §8.8, 14496-15 §5.3), each
/// of one frame at its own time. libavformat writes the head; its fragments follow each other
/// without overlap, whatever they are told.
struct MovieFragmentWriter {
    /// Units of the track's clock in a millisecond.
    static let unitsPerMillisecond = 90

    /// The only track.
    private static let trackID = 1
    /// Kinds of NAL units (ISO 14496-10, table 7-1) that say what the head says already.
    private static let parameterKinds: ClosedRange<UInt8> = 7...8

    /// Units that the head has.
    private let headUnits: [[UInt8]]
    private var sequence = 0

    /// - parameters: SPS and PPS as the encoder gave them for the head, after start codes.
    init(parameters: UnsafeBufferPointer<UInt8>) {
        headUnits = Self.units(of: parameters).map { Array(parameters[$0]) }
    }

    /// One frame as `moof` and `mdat`.
    /// - frame: NAL units after start codes.
    mutating func fragment(
        _ frame: UnsafeBufferPointer<UInt8>, atMilliseconds milliseconds: Int, duration: Int,
        isKeyframe: Bool
    ) -> [UInt8] {
        let units = Self.units(of: frame).filter { unit in
            guard let first = frame[unit].first, Self.parameterKinds.contains(first & 31) else {
                return true
            }
            return !headUnits.contains { $0.elementsEqual(frame[unit]) }
        }
        let size = units.reduce(0) { $0 + 4 + $1.count }
        sequence += 1
        var header = Boxes()
        header.open("moof")
        header.open("mfhd")
        header.add(0, sequence)
        header.close()
        header.open("traf")
        header.open("tfhd")
        // Offsets count from the box `moof`.
        header.add(0x02_0000, Self.trackID)
        header.close()
        header.open("tfdt")
        let time = milliseconds * Self.unitsPerMillisecond
        header.add(0x0100_0000, time >> 32, time)
        header.close()
        header.open("trun")
        // The data's offset, and each frame's duration, size and flags: it needs no other, or it
        // needs others and is no place to begin at.
        header.add(0x701, 1)
        let offset = header.bytes.count
        header.add(
            0, duration * Self.unitsPerMillisecond, size, isKeyframe ? 0x0200_0000 : 0x0101_0000)
        header.close()
        header.close()
        header.close()
        header.set(header.bytes.count + 8, at: offset)
        header.bytes.reserveCapacity(header.bytes.count + 8 + size)
        header.open("mdat")
        for unit in units {
            header.add(unit.count)
            header.bytes += frame[unit]
        }
        header.close()
        return header.bytes
    }

    /// Where the NAL units are: between start codes of three or four bytes (ISO 14496-10, annex B).
    static func units(of bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        var index = 0
        func end(at place: Int) {
            guard let start else { return }
            var end = place
            // Zeros before a start code are no part of what comes before it.
            while end > start, bytes[end - 1] == 0 { end -= 1 }
            if end > start { found.append(start..<end) }
        }
        while index + 3 <= bytes.count {
            if bytes[index + 2] > 1 {
                index += 3
            } else if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
                end(at: index)
                start = index + 3
                index += 3
            } else {
                index += 1
            }
        }
        end(at: bytes.count)
        return found
    }

    /// RFC 6381, of the profile, the constraints and the level that stand in the SPS
    /// (ISO 14496-10 §7.3.2.1.1); nil where there is none.
    var codec: String? {
        guard let unit = headUnits.first(where: { $0[0] & 31 == 7 && $0.count > 4 }) else {
            return nil
        }
        let digits = unit[1...3].map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "0" + text : text
        }
        return "avc1." + digits.joined()
    }
}

/// Boxes inside each other, whose lengths are written when they are closed.
private struct Boxes {
    var bytes: [UInt8] = []
    private var starts: [Int] = []

    mutating func open(_ name: StaticString) {
        starts.append(bytes.count)
        add(0)
        name.withUTF8Buffer { bytes += $0 }
    }

    mutating func close() {
        let start = starts.removeLast()
        set(bytes.count - start, at: start)
    }

    /// Adds the low 32 bits of numbers.
    mutating func add(_ numbers: Int...) {
        for number in numbers {
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
    }

    mutating func set(_ number: Int, at place: Int) {
        for index in 0..<4 {
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> (24 - 8 * index))
        }
    }
}
