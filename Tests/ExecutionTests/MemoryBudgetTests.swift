import EngineAPI
import Testing

@Suite struct MemoryBudgetTests {
    @Test("what does not fit takes nothing, and is told with all that the account would need")
    func refusal() throws {
        let budget = MemoryBudget(bytesMax: 100)
        let account = MemoryAccount(budget)
        try account.charge(60)
        #expect(throws: EngineError.memoryShort(needBytes: 101, limitBytes: 100)) {
            try account.charge(41)
        }
        #expect(budget.bytesHeld == 60 && account.bytesHeld == 60)
        #expect(throws: EngineError.self) { try account.charge(.max) }
        try account.charge(40)
        #expect(!budget.hasRoom(for: 1) && budget.hasRoom(for: 0))
        account.release(30)
        #expect(budget.hasRoom(for: 30) && !budget.hasRoom(for: 31))
    }

    /// Many accounts at once, each with a random run of charges, releases and endings: the budget
    /// never holds more than its bound, and nothing when all have gone.
    @Test("what is added is removed, on every path", arguments: 1...8 as ClosedRange<UInt64>)
    func exact(seed: UInt64) async {
        let budget = MemoryBudget(bytesMax: 10_000)
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 as Range<UInt64> {
                group.addTask { [budget] in
                    var random = SeededGenerator(seed: seed &* 1_000 &+ task)
                    var accounts = (0..<4).map { _ in MemoryAccount(budget) }
                    var isWithin = true
                    for _ in 0..<2_000 {
                        let index = Int.random(in: 0..<4, using: &random)
                        let account = accounts[index]
                        switch Int.random(in: 0..<8, using: &random) {
                        case 0: accounts[index] = MemoryAccount(budget)
                        case 1: account.releaseAll()
                        case 2, 3:
                            account.release(
                                Int.random(in: 0...account.bytesHeld, using: &random))
                        default:
                            try? account.charge(Int.random(in: 0...3_000, using: &random))
                        }
                        isWithin = isWithin && budget.bytesHeld <= budget.bytesMax
                        if Int.random(in: 0..<50, using: &random) == 0 { await Task.yield() }
                    }
                    return isWithin
                }
            }
            for await isWithin in group { #expect(isWithin) }
        }
        #expect(budget.bytesHeld == 0)
    }
}
