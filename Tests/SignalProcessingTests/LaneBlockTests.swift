import SignalProcessing
import Testing

@Suite struct LaneBlockTests {
    @Test("a turned block has rows for columns") func transpose() {
        let block = UnsafeMutablePointer<Lanes>.allocate(capacity: 8)
        defer { block.deallocate() }
        for row in 0..<8 {
            block[row] = Lanes()
            for lane in 0..<8 { block[row][lane] = Float(10 * row + lane) }
        }
        LaneBlock.transpose(block)
        for row in 0..<8 {
            for lane in 0..<8 { #expect(block[row][lane] == Float(10 * lane + row)) }
        }
    }
}
