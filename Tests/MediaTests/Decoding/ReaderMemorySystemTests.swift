import EngineAPI
import Glibc
import Media
import Testing

/// Memory that is given back on a thread of the reader's own.
@Suite struct ReaderMemorySystemTests {
    private let codec = FFmpegCodec(threads: 1)

    private func ample(_ memory: MemoryAccount) -> WorkContext {
        WorkContext(within: .seconds(300), memory: memory)
    }

    @Test("a reader's memory is charged while it is there")
    func readerCharges() async throws {
        let account = MemoryAccount(MemoryBudget(bytesMax: 8 << 20))
        let audio = WaveFile.integers([Int](repeating: 0, count: 320_000))
        do {
            let reader = try await codec.reader(audio, secondsMax: 100, work: ample(account))
            #expect(account.bytesHeld >= 1 << 20)
            _ = try await reader.read(160_000)
        }
        // A reader ends on its own thread.
        for _ in 0..<500 where account.bytesHeld > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(account.bytesHeld == 0)
        let small = MemoryAccount(MemoryBudget(bytesMax: 1 << 20))
        await #expect(throws: EngineError.self) {
            try await codec.reader(audio, secondsMax: 100, work: ample(small))
        }
        #expect(small.bytesHeld == 0)
    }
}
