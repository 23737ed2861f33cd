import HTTPWire

/// Turns a response into the pieces of a streamed one: the prelude, then the body. Used by one
/// thread.
final class StreamingBodySource {
    private let reader: ResponseReader
    private let shape: LambdaEventShape
    private let requestID: String
    private var ready: [[UInt8]] = []
    private var isBegun = false
    private var isDone = false
    private(set) var status = 0
    /// Why what was sent is not whole.
    private(set) var failure: InvocationError?

    init(_ reader: ResponseReader, shape: LambdaEventShape, requestID: String) {
        self.reader = reader
        self.shape = shape
        self.requestID = requestID
    }

    /// The next piece; waits for it. Nil at the end.
    func next() -> [UInt8]? {
        while ready.isEmpty {
            if isDone { return nil }
            step()
        }
        return ready.removeFirst()
    }

    private func step() {
        switch reader.next() {
        case .head(let head):
            if let problem = reader.problem(head) { return response(problem) }
            begin(head)
        case .piece(let piece):
            if reader.bytes > LambdaSettings.streamBytesMax { return breakOff(.streamTooLarge) }
            ready.append(piece)
        case .amendment: break
        case .end: isDone = true
        case .broken:
            if !isBegun { return response(reader.isCancelled ? .deadlinePassed : .responseBroken) }
            breakOff(reader.isCancelled ? .deadlinePassed : .responseBroken)
        case .late:
            if !isBegun { return response(.deadlinePassed) }
            breakOff(.deadlinePassed)
        }
    }

    private func begin(_ head: ResponseHead) {
        isBegun = true
        status = head.status
        ready.append(streamPrelude(head, shape))
    }

    private func response(_ problem: LambdaProblem) {
        let response = problem.response(requestID: requestID)
        begin(response.head)
        ready.append(response.body)
        isDone = true
        reader.drop()
    }

    private func breakOff(_ error: InvocationError) {
        failure = error
        isDone = true
        reader.drop()
    }
}
