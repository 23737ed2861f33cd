import EngineAPI
import Execution
import Foundation
import Testing

@testable import Speech

/// Files that are wrong, and work that ends before it is done.
@Suite struct BarkFailureModelTests {
    private let folder: BarkFolder

    init() throws { folder = try BarkFolder() }

    private func speak(
        _ synthesizer: SpeechSynthesizer, _ text: String = "Hello, Ada.",
        work: WorkContext = WorkContext(within: .seconds(120)), seed: UInt64 = 0
    ) async throws -> [SpokenClause] {
        let request = SpeechRequest(text: text, voice: "bark/en_speaker_1", seed: seed)
        let kept = Kept()
        try await synthesizer.speak(request, work: work) { kept.add($0) }
        return kept.clauses
    }

    private func expectFailure(_ error: EngineError) async {
        await #expect(throws: error) { try await speak(folder.synthesizer()) }
    }

    private static let files = [
        "bark.json", "vocab.txt", "semantic.onnx", "coarse.onnx", "fine.onnx", "codec.onnx",
        "voices/en_speaker_1.npz",
    ]

    @Test("a file that is missing is named", arguments: files)
    func missing(_ file: String) async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        _ = synthesizer.voices()
        try FileManager.default.removeItem(atPath: folder.path(file))
        await #expect(throws: EngineError.modelMissing(path: folder.path(file))) {
            try await speak(synthesizer)
        }
    }

    @Test("a file that was cut short is named", arguments: files)
    func truncated(_ file: String) async throws {
        defer { folder.remove() }
        let url = URL(fileURLWithPath: folder.path(file))
        let bytes = try Data(contentsOf: url)
        try bytes.prefix(bytes.count - 40).write(to: url)
        await expectFailure(.modelDamaged(path: folder.path(file)))
        try Data().write(to: url)
        await expectFailure(.modelDamaged(path: folder.path(file)))
    }

    /// Lays the bytes of one file where another is to be, and forgets how long that was.
    private func lay(_ source: String, as target: String) throws {
        let length = try BarkReference.bytes(target).count
        let bytes = try BarkReference.bytes(source)
        try folder.voices.add("bark/" + target, bytes)
        try folder.change("\"\(target)\": \(length)", "\"\(target)\": \(bytes.count)")
    }

    @Test("a network in another's place is told by what it lacks")
    func wrong() async throws {
        defer { folder.remove() }
        try lay("coarse.onnx", as: "semantic.onnx")
        await expectFailure(
            .modelMismatch(
                path: folder.path("semantic.onnx"), tensor: "added", wanted: "int64 [?]",
                found: nil))
    }

    @Test("a network that takes more than it is given, or gives other scores, is refused")
    func wrongMore() async throws {
        defer { folder.remove() }
        try lay("semantic.onnx", as: "coarse.onnx")
        do {
            _ = try await speak(folder.synthesizer())
            Issue.record("it was spoken")
        } catch EngineError.modelMismatch(let path, _, _, _) {
            #expect(path == folder.path("coarse.onnx"))
        }
    }

    @Test("settings that no model has are refused before anything is opened")
    func settings() async throws {
        defer { folder.remove() }
        for (old, new) in [
            ("\"format\": 1", "\"format\": 2"), ("\"heads\": 2", "\"heads\": 0"),
            ("\"infer\": ", "\"infer\": 9"), ("\"window\": 12", "\"window\": 13"),
            ("\"rate\": 49.9", "\"rate\": 1e-9"), ("\"layers\": 2", "\"layers\": 100000"),
            ("\"tokens_max\": 40", "\"tokens_max\": 4000"), ("\"temperature\": 0", "\"x\": 0"),
            ("\"history_max\": 48", "\"history_max\": 480"),
            ("\"codebook_size\": 16", "\"codebook_size\": 1024"),
        ] {
            try folder.change(old, new)
            await expectFailure(.modelDamaged(path: folder.path("bark.json")))
        }
    }

    @Test("a voice of another model, or with codes that it can't have, is refused")
    func voice() async throws {
        defer { folder.remove() }
        let path = folder.path("voices/en_speaker_1.npz")
        let bytes = try BarkReference.bytes("en_speaker_1.npz")
        for at in stride(from: 0, to: bytes.count, by: 97) {
            var changed = bytes
            changed[at] ^= 0x5A
            try folder.voices.add("bark/voices/en_speaker_1.npz", changed)
            // Damage is told or does no harm.
            do {
                _ = try folder.networks().history("en_speaker_1")
            } catch {
                #expect(error as? EngineError == .modelDamaged(path: path))
            }
        }
        let entries = [("semantic_prompt.npy", StyleBytes.numpy([1]))]
        try folder.voices.add("bark/voices/en_speaker_1.npz", StyleBytes.archive(entries))
        await expectFailure(.modelDamaged(path: path))
    }

    @Test("a client that leaves in the middle ends the work, and the next is served")
    func cancelled() async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        let budget = MemoryBudget(bytesMax: 8 << 30)
        let work = WorkContext(within: .seconds(120), memory: MemoryAccount(budget))
        let text = String(repeating: "Hello, Ada. I like pizza. ", count: 40)
        let speaking = Task { try await speak(synthesizer, text, work: work) }
        while budget.bytesHeld == 0 { await Task.yield() }
        work.cancellation.raise()
        await #expect(throws: EngineError.cancelled) { try await speaking.value }
        #expect(try await speak(synthesizer).count == 1)
        while budget.bytesHeld > 0 { await Task.yield() }
    }

    @Test("a speech that nobody waits for ends, though its work could go on")
    func letGo() async throws {
        defer { folder.remove() }
        let synthesizer = folder.synthesizer()
        let budget = MemoryBudget(bytesMax: 8 << 30)
        let work = WorkContext(within: .seconds(600), memory: MemoryAccount(budget))
        do {
            let request = SpeechRequest(
                text: String(repeating: "Hello, Ada. ", count: 40), voice: "bark/any")
            let session = try await synthesizer.open(request, work: work)
            session.finish(throwing: nil)
            _ = try await session.next()
        }
        while budget.bytesHeld > 0 { await Task.yield() }
        #expect(try await speak(synthesizer).count == 1)
    }

    @Test("a deadline that has passed, and one that is too near, are told")
    func deadlines() async throws {
        defer { folder.remove() }
        await #expect(throws: EngineError.deadlinePassed) {
            try await speak(folder.synthesizer(), work: WorkContext(within: .zero))
        }
        // Windows of which the first has taken longer than all are given.
        var forecast = WorkForecast()
        let hour = WorkContext(within: .seconds(3_600))
        try forecast.add(.seconds(10), stepsLeft: 37, work: hour)
        #expect(throws: EngineError.self) {
            try forecast.add(.seconds(10), stepsLeft: 400, work: hour)
        }
        let networks = try folder.networks()
        let ample = WorkContext(within: .seconds(120))
        let stages = try networks.opened(ample)
        var generator = SeededGenerator(seed: 0)
        // Ten thousand windows do not fit into what one of them takes many times.
        let tokens = [Int](repeating: 7, count: 40_000)
        let refusal = #expect(throws: EngineError.self) {
            try stages.coarse.codes(
                tokens, behind: try networks.history(nil), &generator,
                until: WorkContext(within: .seconds(1)))
        }
        guard case .deadlineTooShort(let need, let left) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(need > left && left <= 1)
    }

    @Test("two at once take turns, get their own speech, and hold one clause's memory")
    func twoAtOnce() async throws {
        defer { folder.remove() }
        try folder.change("\"temperature\": 0,", "\"temperature\": 0.9,")
        let synthesizer = folder.synthesizer()
        let budget = MemoryBudget(bytesMax: try folder.networks().clauseBytes)
        @Sendable func speak(_ seed: UInt64) async throws -> [AudioClip] {
            let work = WorkContext(within: .seconds(120), memory: MemoryAccount(budget))
            return try await self.speak(
                synthesizer, "Hello, Ada. I like pizza. Hello.", work: work, seed: seed
            ).map(\.clip)
        }
        async let first = speak(1)
        async let second = speak(2)
        let together = try await [first, second]
        #expect(together[0].count == 3 && together[0] != together[1])
        #expect(together == [try await speak(1), try await speak(2)])
        #expect(budget.bytesHeld == 0)
    }

    @Test("a machine without room for it says so")
    func short() async throws {
        defer { folder.remove() }
        let work = WorkContext(
            within: .seconds(60), memory: MemoryAccount(MemoryBudget(bytesMax: 1 << 20)))
        do {
            _ = try await speak(folder.synthesizer(), work: work)
            Issue.record("it was spoken")
        } catch EngineError.memoryShort(let need, let limit) {
            #expect(need > limit)
        }
    }

    @Test("its networks leave when another voice needs the room")
    func leaves() async throws {
        defer { folder.remove() }
        try folder.voices.add("kokoro/model.onnx", try BroughtVoices.network("kokoro"))
        try folder.voices.add("kokoro/voices/af_one.bin", StyleBytes.styles([0.05]))
        let synthesizer = folder.synthesizer()
        _ = try await speak(synthesizer)
        #expect(try await synthesizer.prepare().models == ["hibari", "bark/semantic.onnx"])
        let request = SpeechRequest(text: "Hello.", voice: "af_one")
        try await synthesizer.speak(request, work: WorkContext(within: .seconds(60))) { _ in }
        #expect(try await synthesizer.prepare().models == ["hibari", "kokoro/model.onnx"])
    }
}
