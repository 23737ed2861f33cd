import EngineAPI
import Execution

/// One speech under way. The voice's thread holds what is being made; here is what is waited for.
final class TextSession: SpeechSession {
    /// Scalars of text that nobody has read: then a writer waits.
    private static let textMax = 16_384

    enum Input: Sendable {
        case text(String)
        case flush
    }

    typealias Next = @Sendable (Int) async throws(EngineError) -> SpokenClause?

    private let id: Int
    private let input: BoundedChannel<Input>
    private let read: Next
    private let forget: @Sendable (Int) -> Void
    private let end: WorkEnd

    /// - next: makes the next clause of the speech of that number.
    /// - forget: the speech is not wanted any more.
    init(
        _ id: Int, input: BoundedChannel<Input>, work: WorkContext, next: @escaping Next,
        forget: @escaping @Sendable (Int) -> Void
    ) {
        (self.id, self.input, read, self.forget) = (id, input, next, forget)
        // Whoever waits for text, or with text for room, ends with the work.
        end = WorkEnd(work) { input.fail($0) }
    }

    deinit {
        input.fail(.cancelled)
        forget(id)
    }

    static func input() -> BoundedChannel<Input> { BoundedChannel(costMax: textMax) }

    func add(_ text: String) async throws(EngineError) {
        guard !text.isEmpty else { return }
        try await input.send(.text(text), cost: text.unicodeScalars.count)
    }

    func flush() async throws(EngineError) { try await input.send(.flush) }

    func finish(throwing failure: EngineError?) { input.finish(throwing: failure) }

    func next() async throws(EngineError) -> SpokenClause? { try await read(id) }
}
