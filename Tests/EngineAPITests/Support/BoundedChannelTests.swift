import EngineAPI
import Testing

@Suite struct BoundedChannelTests {
    @Test("values come in order, and a writer waits while too much is unread")
    func order() async throws {
        let channel = BoundedChannel<Int>(costMax: 3)
        let sent = Mutex(0)
        let writing = Task {
            for value in 0..<50 {
                try await channel.send(value)
                sent.withLock { $0 = value + 1 }
            }
            channel.finish()
        }
        var read: [Int] = []
        while let value = try await channel.next() {
            // One is in hand, three wait, and the next is about to be counted.
            #expect(sent.withLock { $0 } <= value + 5)
            read.append(value)
        }
        try await writing.value
        #expect(read == Array(0..<50))
    }

    @Test("a value that alone is over the bound still passes")
    func large() async throws {
        let channel = BoundedChannel<String>(costMax: 1)
        try await channel.send("large", cost: 100)
        #expect(channel.poll() == "large" && channel.poll() == nil)
    }

    @Test("what was sent before the end is read before its failure is thrown")
    func failure() async throws {
        let channel = BoundedChannel<Int>(costMax: 8)
        try await channel.send(1)
        channel.finish(throwing: .inputEnded)
        channel.finish()
        #expect(try await channel.next() == 1)
        await #expect(throws: EngineError.inputEnded) { try await channel.next() }
        await #expect(throws: EngineError.inputEnded) { try await channel.send(2) }
    }

    @Test("a channel that failed ends whoever waits, on both sides")
    func failing() async throws {
        let full = BoundedChannel<Int>(costMax: 1)
        try await full.send(1)
        let writer = Task { try await full.send(2) }
        let empty = BoundedChannel<Int>(costMax: 1)
        let reader = Task { try await empty.next() }
        await Task.yield()
        full.fail(.cancelled)
        empty.fail(.deadlinePassed)
        await #expect(throws: EngineError.cancelled) { try await writer.value }
        await #expect(throws: EngineError.deadlinePassed) { try await reader.value }
        await #expect(throws: EngineError.cancelled) { try await full.next() }
    }
}

@Suite struct IncomingFileTests {
    @Test("bytes are the same however they arrive", arguments: 0..<20)
    func cuts(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let all = (0..<Int.random(in: 1...5_000, using: &generator)).map { UInt8($0 & 255) }
        let cuts = (0..<seed).map { _ in Int.random(in: 0...all.count, using: &generator) }.sorted()
        let file = IncomingFile()
        let adding = Task {
            for (start, end) in zip([0] + cuts, cuts + [all.count]) {
                try await file.add(all[start..<end])
            }
            file.finish()
        }
        var read: [UInt8] = []
        while true {
            let part = try await file.bytes(from: read.count, atMost: 777)
            if part.isEmpty { break }
            read += part
        }
        try await adding.value
        #expect(read == all)
        #expect(try await file.whole() == all)
    }

    @Test("what was read is let go, and a fast client waits for the reader")
    func bounded() async throws {
        let released = Mutex(0)
        let file = IncomingFile { count in released.withLock { $0 += count } }
        file.readForwardOnly()
        let block = [UInt8](repeating: 7, count: 100_000)
        let sent = Mutex(0)
        let count = 100
        let adding = Task {
            for _ in 0..<count {
                try await file.add(block[...])
                sent.withLock { $0 += block.count }
            }
            file.finish()
        }
        var read = 0
        while true {
            let part = try await file.bytes(from: read, atMost: 50_000)
            if part.isEmpty { break }
            #expect(sent.withLock { $0 } - read <= IncomingFile.windowBytes + 2 * block.count)
            read += part.count
        }
        try await adding.value
        #expect(read == block.count * count)
        #expect(released.withLock { $0 } > read - 3 * IncomingFile.windowBytes)
        await #expect(throws: EngineError.unreadableAudio) { try await file.whole() }
    }

    @Test("a file that breaks off tells why to whoever waits")
    func broken() async throws {
        let file = IncomingFile()
        try await file.add([1, 2, 3])
        let waiting = Task { try await file.bytes(from: 3, atMost: 1) }
        await Task.yield()
        file.finish(throwing: .inputEnded)
        await #expect(throws: EngineError.inputEnded) { try await waiting.value }
    }
}
