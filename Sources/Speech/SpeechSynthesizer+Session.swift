import EngineAPI
import Execution

/// A clause under way.
typealias MakingClause = Task<Result<MadeClause, EngineError>, Never>

/// A clause that was begun and is not delivered yet.
struct PendingClause {
    let made: MakingClause
    /// Brings its first sound before it is whole, where it is the speech's first; nil once it has.
    var opening: BoundedChannel<MadeClause>?
    let rate: Int
}

/// What the reading thread holds of one speech. Touched on that thread only.
final class SpeechRun {
    let request: SpeechRequest
    let work: WorkContext
    /// The same, and it ends when nobody waits for the speech any more.
    let makingWork: WorkContext
    private let link: Int
    let voices: SpeechVoices
    /// Raised when the speech is over: clauses that are being made stop.
    let stop = Cancellation()
    /// Of the part of the text that is read; nil before the first.
    var plan: SpeechPlan?
    /// Text that is still being written; nil where all of it was there.
    var feed: TextFeed?
    let input: BoundedChannel<TextSession.Input>
    var isInputOver = false
    var pending: [PendingClause] = []
    var clauseCount = 0
    var seconds = 0.0

    init(
        _ request: SpeechRequest, work: WorkContext, voices: SpeechVoices,
        input: BoundedChannel<TextSession.Input>
    ) {
        (self.request, self.work, self.voices, self.input) = (request, work, voices, input)
        makingWork = work.ended(by: stop)
        link = work.cancellation.onRaise { [stop] in stop.raise() }
    }

    deinit { work.cancellation.forget(link) }
}

extension SpeechSynthesizer {
    /// The network of unknown words is loaded at the first such word only.
    package func open(
        _ request: SpeechRequest, work: WorkContext
    ) async throws(EngineError) -> any SpeechSession {
        try work.check()
        try threads.reading.ready()
        let run = SpeechRun(
            request, work: work, voices: try voices(of: request, work.notes),
            input: TextSession.input())
        if request.arrivesInPieces {
            run.feed = TextFeed(rules: run.voices.own.reader.rules)
        } else {
            try read(request, in: run)
            // Whoever reads it may do something else before: its first sound is there then.
            try start(run, ahead: 1)
        }
        runCount += 1
        let id = runCount
        runs[id] = run
        return TextSession(
            id, input: run.input, work: work,
            next: { (id) async throws(EngineError) in try await self.next(of: id) },
            forget: { [weak self] id in
                guard let self else { return }
                Task { await self.forget(id) }
            })
    }

    private func forget(_ id: Int) { runs.removeValue(forKey: id)?.stop.raise() }

    /// Takes a text for what is to be said next.
    private func read(_ request: SpeechRequest, in run: SpeechRun) throws(EngineError) {
        let own = run.voices.own
        if SpeechPlan.leavesOut(request, reader: own.reader) { run.work.notes.add(.lettersLeftOut) }
        var plan = try plan(request, run.voices)
        if run.feed != nil {
            plan.isPart = true
            plan.isFirst = run.clauseCount == 0
        }
        for note in plan.notes { run.work.notes.add(note) }
        if !own.model.bendsPitch, plan.changesPitch { run.work.notes.add(.pitchPassedOver) }
        run.plan = plan
    }

    private func next(of id: Int) async throws(EngineError) -> SpokenClause? {
        guard let run = runs[id] else { throw .cancelled }
        while true {
            try run.work.check()
            // What has been written meanwhile is made while the next clause is delivered.
            while run.feed != nil, let input = run.input.poll() { take(input, in: run) }
            try start(run)
            guard run.pending.isEmpty else { return try await deliverNext(run) }
            guard try await readOn(run) else {
                if run.clauseCount == 0 { throw .nothingToSpeak }
                return nil
            }
        }
    }

    /// Starts the clauses ahead, as far as text is there.
    private func start(
        _ run: SpeechRun, ahead: Int = clausesAheadMax
    ) throws(EngineError) {
        while run.pending.count < ahead {
            guard let clause = try run.plan?.next() else {
                guard let part = run.feed?.next() else { return }
                var request = run.request
                request.text = part
                try read(request, in: run)
                continue
            }
            let own = run.voices.own.model
            let model = try run.voices.loadedVoice(clause.voice)?.model ?? own
            let hasOpening = run.clauseCount == 0 && model.sampleRateHz == own.sampleRateHz
            let opening = hasOpening ? BoundedChannel<MadeClause>(costMax: 1) : nil
            var request = ClauseRequest(
                clause: clause, speed: Self.speed(run.request.speed * clause.rate),
                seed: run.request.seed &+ UInt64(run.clauseCount) &* 0xD1B5_4A32_D192_ED03,
                isLast: run.feed == nil && run.plan?.hasMore == false)
            if let opening { request.opening = { _ = opening.offer($0) } }
            let made = start(
                request, model, run.makingWork, run.stop, behind: run.pending.last?.made)
            if let opening {
                Task {
                    _ = await made.value
                    opening.finish()
                }
            }
            run.pending.append(
                PendingClause(made: made, opening: opening, rate: model.sampleRateHz))
            run.clauseCount += 1
        }
    }

    private func deliverNext(_ run: SpeechRun) async throws(EngineError) -> SpokenClause {
        let rate = run.voices.own.model.sampleRateHz
        if let opening = run.pending[0].opening {
            run.pending[0].opening = nil
            if let made = try await opening.next() {
                return try deliver(made, rate, isLast: false, in: run)
            }
        }
        let next = run.pending.removeFirst()
        var made = try await next.made.value.get()
        if next.rate != rate {
            let converter = try rateConverter(next.rate, rate)
            made.samples = try converter.convert(made.samples) + converter.finish()
        }
        let isLast = run.feed == nil && run.pending.isEmpty && run.plan?.hasMore == false
        return try deliver(made, rate, isLast: isLast, in: run)
    }

    private func deliver(
        _ made: MadeClause, _ rate: Int, isLast: Bool, in run: SpeechRun
    ) throws(EngineError) -> SpokenClause {
        let clause = Self.placed(made, at: run.seconds, rate, isLast: isLast)
        run.seconds += clause.clip.seconds
        try run.work.check()
        return clause
    }

    /// Waits for text; false at its end.
    private func readOn(_ run: SpeechRun) async throws(EngineError) -> Bool {
        guard run.feed != nil, !run.isInputOver else { return false }
        if let input = try await run.input.next() {
            take(input, in: run)
        } else {
            run.isInputOver = true
            run.feed?.flush()
        }
        return true
    }

    private func take(_ input: TextSession.Input, in run: SpeechRun) {
        switch input {
        case .text(let text): run.feed?.add(text)
        case .flush: run.feed?.flush()
        }
    }
}
