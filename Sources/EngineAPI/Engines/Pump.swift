/// Feeds a session, piece by piece, what its source has.
/// - next: the source's next piece; nil at its end.
/// - add: the session takes a piece; it may wait for room.
/// - end: called once: with nil at the source's end, else with what either of the two threw.
package func pump<Piece>(
    from next: () async throws(EngineError) -> Piece?,
    into add: (Piece) async throws(EngineError) -> Void,
    end: (EngineError?) -> Void
) async {
    do throws(EngineError) {
        while let piece = try await next() { try await add(piece) }
        end(nil)
    } catch {
        end(error)
    }
}
