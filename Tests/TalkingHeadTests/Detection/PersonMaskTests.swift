import Testing

@testable import TalkingHead

/// Which of the segmentation model's doubts belong to the person.
@Suite struct PersonMaskTests {
    private static let side = 96

    /// A sure person left of column 40, whose edge blurs over three pixels.
    private static func chance(_ x: Int) -> Float {
        switch x {
        case ..<40: 0.98
        case 40: 0.5
        case 41: 0.2
        case 42: 0.06
        default: 0
        }
    }

    private static func mask(_ chance: (_ x: Int, _ y: Int) -> Float) -> (
        sure: FloatImage, joined: FloatImage
    ) {
        let chances = FloatImage(
            (0..<side * side).map { chance($0 % side, $0 / side) }, width: side, height: side)
        let sure = chances.mapped { smoothStep(0.35, 0.8, $0) }
        return (sure, sure.joined(byBroadDoubtsOf: chances))
    }

    @Test("a plait that the model doubts is the person's")
    func joinsBroadDoubts() {
        let (sure, joined) = Self.mask { x, y in
            (40..<56).contains(x) && (30..<60).contains(y) ? 0.25 : Self.chance(x)
        }
        func at(_ mask: FloatImage, _ x: Int) -> Float { mask.values[45 * Self.side + x] }
        #expect(at(sure, 48) == 0 && at(joined, 48) == 1)
        #expect(at(joined, 53) > 0.9 && at(joined, 58) == 0)
    }

    @Test("a sure edge moves by less than a pixel")
    func keepsSureEdges() {
        let (sure, joined) = Self.mask { x, _ in Self.chance(x) }
        func width(_ mask: FloatImage) -> Float {
            mask.values[45 * Self.side..<46 * Self.side].reduce(0, +)
        }
        #expect(width(sure) > 39 && width(joined) >= width(sure))
        #expect(width(joined) < width(sure) + 1)
    }

    @Test("doubts far from the person are the background's")
    func leavesFarDoubts() {
        let joined = Self.mask { x, y in x > 40 && y > 40 ? 0.25 : Self.chance(x) }.joined
        func at(_ x: Int) -> Float { joined.values[70 * Self.side + x] }
        #expect(at(55) == 1 && at(80) == 0)
    }
}
