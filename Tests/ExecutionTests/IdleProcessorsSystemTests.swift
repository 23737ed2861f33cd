import Execution
import Foundation
import Testing

@Suite struct IdleProcessorsSystemTests {
    private func count(_ text: String, processors: Int, upTo wanted: Int) throws -> Int {
        let path = NSTemporaryDirectory() + "loadavg-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return IdleProcessors(path: path, processorCount: processors).count(upTo: wanted)
    }

    @Test(
        "as many as nobody uses, one at least",
        arguments: [
            // running, the machine's processors, wanted, given
            (1, 2, 2, 2), (2, 2, 2, 1), (3, 2, 2, 1), (9, 2, 2, 1), (3, 4, 4, 2), (5, 64, 2, 2),
            (63, 64, 8, 2), (1, 1, 1, 1), (7, 8, 1, 1),
        ]
    )
    func idle(_ running: Int, _ processors: Int, _ wanted: Int, _ given: Int) throws {
        let text = "0.52 0.40 0.31 \(running)/312 4711\n"
        #expect(try count(text, processors: processors, upTo: wanted) == given)
    }

    @Test(
        "all where the system does not tell",
        arguments: ["", "0 0 0 0/0 0\n", "one two", "1 1 1 x/2 3"]
    )
    func untold(_ text: String) throws {
        #expect(try count(text, processors: 2, upTo: 2) == 2)
    }

    @Test("all where there is no such file") func missing() {
        let idle = IdleProcessors(path: "/nowhere/loadavg", processorCount: 2)
        #expect(idle.count(upTo: 2) == 2)
    }
}
