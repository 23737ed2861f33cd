import Glibc

/// Bytes that wait to be sent on one connection, as the pieces they came in: nothing that waits is
/// moved or copied again, however slowly its reader takes it.
struct OutputQueue {
    /// Smaller pieces are gathered in one buffer: a call for each would cost more than a copy.
    static let gatherBytesMax = 8 * 1024
    /// Pieces that one call sends at most.
    private static let vectorsMax = 8

    private var pieces: [[UInt8]] = []
    private var pieceBytes = 0
    /// Follows `pieces`. Heads and small bodies are written straight into it.
    private var gathered: [UInt8] = []
    /// Bytes that were sent of what is first.
    private var sentOfFirst = 0

    /// Bytes that wait.
    var count: Int { pieceBytes + gathered.count - sentOfFirst }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: [UInt8]) {
        guard piece.count >= OutputQueue.gatherBytesMax else {
            return gathered.append(contentsOf: piece)
        }
        closeGathered()
        pieces.append(piece)
        pieceBytes += piece.count
    }

    /// Writes a head, or what is small enough, behind all that waits.
    mutating func gather(_ body: (inout [UInt8]) -> Void) { body(&gathered) }

    /// Exchanges the buffer for one with room, where nothing waits.
    mutating func swapBuffer(_ buffer: inout [UInt8]) {
        if isEmpty { swap(&gathered, &buffer) }
    }

    private mutating func closeGathered() {
        guard !gathered.isEmpty else { return }
        pieces.append(gathered)
        pieceBytes += gathered.count
        gathered = []
    }

    /// Hands `send` what is first, and takes out what it says was sent.
    /// - send: returns bytes, or a negative code, which is passed on.
    mutating func send(_ send: (UnsafeBufferPointer<iovec>) -> Int) -> Int {
        let sent: Int
        if pieces.isEmpty {
            sent = gathered.withUnsafeBytes { bytes in
                var vector = OutputQueue.vector(bytes, from: sentOfFirst)
                return withUnsafePointer(to: &vector) {
                    send(UnsafeBufferPointer(start: $0, count: 1))
                }
            }
        } else {
            var vectors: [iovec] = []
            sent = withVectors(&vectors, send)
        }
        if sent > 0 { remove(sent) }
        return sent
    }

    private static func vector(_ bytes: UnsafeRawBufferPointer, from start: Int) -> iovec {
        iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress! + start),
            iov_len: bytes.count - start)
    }

    /// Each array's address holds only within its closure: they are opened inside one another.
    private func withVectors(
        _ vectors: inout [iovec], _ send: (UnsafeBufferPointer<iovec>) -> Int
    ) -> Int {
        let index = vectors.count
        let isGathered = index == pieces.count
        guard index < OutputQueue.vectorsMax, !isGathered || !gathered.isEmpty,
            index <= pieces.count
        else { return vectors.withUnsafeBufferPointer(send) }
        let piece = isGathered ? gathered : pieces[index]
        return piece.withUnsafeBytes { bytes in
            vectors.append(OutputQueue.vector(bytes, from: index == 0 ? sentOfFirst : 0))
            return withVectors(&vectors, send)
        }
    }

    private mutating func remove(_ sent: Int) {
        var left = sentOfFirst + sent
        var gone = 0
        while gone < pieces.count, left >= pieces[gone].count {
            left -= pieces[gone].count
            pieceBytes -= pieces[gone].count
            gone += 1
        }
        if gone > 0 { pieces.removeFirst(gone) }
        sentOfFirst = left
        if pieces.isEmpty {
            if left == gathered.count {
                gathered.removeAll(keepingCapacity: true)
                sentOfFirst = 0
            } else if left > 0 {
                // What a slow reader left is not moved to the front: it becomes a piece.
                closeGathered()
            }
        }
    }

    /// Gives the buffer's memory back, where nothing waits.
    mutating func shrink() {
        if isEmpty { (pieces, gathered) = ([], []) }
    }
}
