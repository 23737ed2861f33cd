import EngineAPI
import Execution
import Glibc
import Testing

import struct Synchronization.Atomic

@testable import Speech

/// Which clause is made next.
@Suite struct ClauseMakersSystemTests {
    /// Keeps what it was asked for; the first clause lasts until it is let go.
    private final class HeldModel: TTSModel {
        let sampleRateHz = 24_000
        let speeds = 0.5...2.0
        let isReleased = Atomic<Bool>(false)
        let made = Mutex<[String]>([])

        func audio(
            _ clause: Clause, speed: Double, seed: UInt64, scratch: VocoderScratch,
            until work: WorkContext
        ) throws(EngineError) -> SynthesizedAudio {
            made.withLock { $0.append(clause.text) }
            while !isReleased.load(ordering: .acquiring) { usleep(1_000) }
            throw .runtimeRefused("scripted")
        }
    }

    private func request(_ text: String) -> ClauseRequest {
        ClauseRequest(
            clause: Clause(text: text, phonemes: text.scalars, words: [], end: .sentence),
            speed: 1, seed: 0, isLast: false)
    }

    @Test("a clause with seconds left is made before those of a speech with minutes")
    func leastTimeFirst() async {
        let makers = ClauseMakers([ThreadExecutor(name: "make-test")])
        let model = HeldModel()
        let long = WorkContext(within: .seconds(6_000))
        func start(_ text: String, _ work: WorkContext) -> Task<Void, Never> {
            let request = request(text)
            return Task {
                await #expect(throws: EngineError.runtimeRefused("scripted")) {
                    try await makers.make(request, model, work: work, stop: Cancellation())
                }
            }
        }
        var tasks = [start("a", long)]
        while model.made.withLock(\.isEmpty) { await Task.yield() }
        for (index, text) in ["b", "c"].enumerated() {
            tasks.append(start(text, long))
            while makers.waiting <= index { await Task.yield() }
        }
        tasks.append(start("now", WorkContext(within: .seconds(600))))
        while makers.waiting < 3 { await Task.yield() }
        model.isReleased.store(true, ordering: .releasing)
        for task in tasks { await task.value }
        #expect(model.made.withLock { $0 } == ["a", "now", "b", "c"])
    }

    @Test("clauses that fail, are stopped or come too late give their thread back")
    func givesBack() async {
        let makers = ClauseMakers([ThreadExecutor(name: "make-test")])
        let model = HeldModel()
        model.isReleased.store(true, ordering: .releasing)
        let stop = Cancellation()
        stop.raise()
        let ample = WorkContext(within: .seconds(60))
        for _ in 0..<3 {
            await #expect(throws: EngineError.cancelled) {
                try await makers.make(request("a"), model, work: ample, stop: stop)
            }
            await #expect(throws: EngineError.deadlinePassed) {
                try await makers.make(
                    request("a"), model, work: WorkContext(within: .zero), stop: Cancellation())
            }
            await #expect(throws: EngineError.runtimeRefused("scripted")) {
                try await makers.make(request("a"), model, work: ample, stop: Cancellation())
            }
        }
        #expect(model.made.withLock { $0.count } == 3 && makers.waiting == 0)
    }
}
