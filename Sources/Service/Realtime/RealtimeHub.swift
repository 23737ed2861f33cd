import EngineAPI
import Execution
import Logging

/// What all live conversations share: engines, bounds, and the places that are taken.
final class RealtimeHub: Sendable {
    let engines: Engines
    let settings: RealtimeSettings
    let textCharactersMax: Int
    let portraitSideMax: Int
    let memory: MemoryBudget
    let metrics: RealtimeMetrics
    let log: Logger
    let ids: RequestIDs
    let poster: (any StreamedPosting)?
    /// The time of day, seconds since 1970.
    let now: @Sendable () -> Double
    let choices: RealtimeChoices
    private let places: AdmissionGate
    private let faces: AdmissionGate
    /// Readings that were asked for and are not done: of turns that are over, and partial ones.
    private let readings = Mutex((turns: 0, partials: 0))

    init(
        engines: Engines, settings: ServiceSettings, memory: MemoryBudget, log: Logger,
        ids: RequestIDs, poster: (any StreamedPosting)?, now: @escaping @Sendable () -> Double,
        choices: RealtimeChoices
    ) {
        self.engines = engines
        self.settings = settings.realtime
        textCharactersMax = settings.textCharactersMax
        portraitSideMax = settings.portraitSideMax
        self.memory = memory
        self.log = log
        self.ids = ids
        self.poster = poster
        self.now = now
        self.choices = choices
        metrics = RealtimeMetrics()
        places = AdmissionGate(depthMax: max(settings.realtime.sessionsMax, 1))
        faces = AdmissionGate(depthMax: max(settings.realtime.facesMax, 1))
    }

    /// Whether somebody answers.
    var canAnswer: Bool { settings.chatURL != nil && poster != nil }

    /// A place for a socket, free again when the permit goes.
    func place() throws(Problem) -> Permit {
        do throws(Overload) {
            guard settings.sessionsMax > 0 else { throw Overload(depthMax: 0) }
            return try places.admit()
        } catch {
            throw Problem(
                .overloaded, "All places for conversations are taken; try again shortly.",
                limit: "\(settings.sessionsMax) sessions at once", retryAfterSeconds: 2)
        }
    }

    /// A place for a face; nil where all are taken.
    func facePlace() -> Permit? {
        guard settings.facesMax > 0 else { return nil }
        return try? faces.admit()
    }

    /// Sessions and faces that are open.
    var counts: (sessions: Int, faces: Int) { (places.count, faces.count) }

    // MARK: readings

    func beginTurn() { readings.withLock { $0.turns += 1 } }
    func endTurn() { readings.withLock { $0.turns -= 1 } }

    /// Whether a partial reading may begin: they give way first, so only while fewer are under way
    /// than there are cores, and no turn waits.
    func beginPartial() -> Bool {
        readings.withLock { readings in
            guard readings.turns == 0, readings.partials < max(settings.coreCount / 2, 1) else {
                return false
            }
            readings.partials += 1
            return true
        }
    }

    /// Whether nothing is being read.
    var isIdle: Bool { readings.withLock { $0.turns == 0 && $0.partials <= 1 } }

    func endPartial() { readings.withLock { $0.partials -= 1 } }
}
