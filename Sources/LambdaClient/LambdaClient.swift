import CLinux
import EngineAPI
import Execution
import Glibc
import HTTPWire

import struct Synchronization.Atomic

/// The Lambda transport: takes invocations from the platform one by one, on a thread of its own,
/// and answers them by the same handler as the socket's.
// SAFETY: `thread` is written by `start` and read by `stop`, both called by the owner; all else
// that changes is atomic or in a `Mutex`.
package final class LambdaClient: @unchecked Sendable {
    private let settings: LambdaSettings
    private let handler: any RequestHandling
    private let note: @Sendable (LambdaNote) -> Void
    private let ended: @Sendable (LambdaError) -> Void
    private let betweenInvocations: @Sendable () -> Void
    private let restored: @Sendable () -> String?
    private let isStopping = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)
    /// Even a platform that takes nothing is waited for no longer.
    private let isAbandoned = Atomic<Bool>(false)
    private let current = Mutex<(any Exchange)?>(nil)
    private var thread: SystemThread?

    /// - note: told what happened, on the client's thread.
    /// - restored: called on the client's thread of each copy of a snapshot, before it serves: what
    ///   must be its own is made anew. Returns why it can't serve; nil where it can.
    /// - betweenInvocations: called when an invocation was answered and before the next is asked
    ///   for, on the client's thread: afterwards the platform may freeze the process.
    /// - ended: told once, on the client's thread, when it gives up; not after `stop`.
    package init(
        _ settings: LambdaSettings, handler: any RequestHandling,
        note: @escaping @Sendable (LambdaNote) -> Void = { _ in },
        betweenInvocations: @escaping @Sendable () -> Void = {},
        restored: @escaping @Sendable () -> String? = { nil },
        ended: @escaping @Sendable (LambdaError) -> Void = { _ in }
    ) {
        self.settings = settings
        self.handler = handler
        self.note = note
        self.ended = ended
        self.betweenInvocations = betweenInvocations
        self.restored = restored
    }

    /// Starts polling.
    /// - Throws: `.threadMissing`.
    package func start() throws(LambdaError) {
        do throws(ThreadFailure) {
            thread = try SystemThread(name: "lambda") { [self] _ in run() }
        } catch {
            throw .threadMissing(code: error.code)
        }
    }

    /// Takes no further invocation, lets the one in flight finish within the grace, then cancels
    /// it; returns when the thread has ended. Blocks: call it from the main thread.
    package func stop() {
        guard let thread else { return }
        isStopping.store(true, ordering: .releasing)
        waitForEnd(seconds: settings.graceSeconds)
        current.withLock { $0 }?.cancel(.serverStopping)
        waitForEnd(seconds: 1)
        isAbandoned.store(true, ordering: .releasing)
        thread.join()
        self.thread = nil
    }

    private func waitForEnd(seconds: Int) {
        for _ in 0..<seconds * 50 where !isOver.load(ordering: .acquiring) { usleep(20_000) }
    }

    /// Tells the platform why the program can't start. Blocks; call it before `start`.
    package static func reportInitError(
        _ message: String, runtimeAPI: String
    ) throws(LambdaError) {
        let api = try RuntimeAPI(address: runtimeAPI)
        try api.failInit(
            InvocationError(errorType: "Runtime.BadConfiguration", errorMessage: message))
    }

    private func run() {
        defer { isOver.store(true, ordering: .releasing) }
        do throws(LambdaError) {
            let api = try RuntimeAPI(address: settings.runtimeAPI)
            if settings.isSnapshotted { try waitForRestore(api) }
            try poll(api)
        } catch .stopped {
            return
        } catch {
            if !isStopping.load(ordering: .acquiring) { ended(error) }
        }
    }

    /// The platform takes its snapshot while we wait; whoever returns may be one of many copies.
    /// - Throws: `.restoreFailed`, where this one can't serve.
    private func waitForRestore(_ api: borrowing RuntimeAPI) throws(LambdaError) {
        try api.waitForRestore { [self] in isStopping.load(ordering: .acquiring) }
        guard let why = restored() else { return note(.restored) }
        try api.failRestore(
            InvocationError(errorType: "Runtime.RestoreFailed", errorMessage: why))
        throw .restoreFailed
    }

    /// - Throws: the last of too many failures in a row.
    private func poll(_ api: consuming RuntimeAPI) throws(LambdaError) {
        var failures = 0
        while !isStopping.load(ordering: .acquiring) {
            do throws(LambdaError) {
                let invocation = try api.next { [self] in isStopping.load(ordering: .acquiring) }
                failures = 0
                serve(invocation, api)
                betweenInvocations()
            } catch .stopped {
                return
            } catch {
                failures += 1
                note(.pollFailed(error))
                guard failures < LambdaSettings.failuresMax else { throw error }
                usleep(20_000 << UInt32(failures))
            }
        }
    }

    private func serve(_ invocation: Invocation, _ api: borrowing RuntimeAPI) {
        let clock = InvocationClock(deadlineMilliseconds: invocation.deadlineMilliseconds)
        let began = linux_now()
        let request: LambdaEventRequest
        do throws(InvocationError) {
            if invocation.isCut { throw .eventTooLarge }
            request = try readEvent(
                invocation.event, invocationID: invocation.id, apiKey: settings.apiKey)
        } catch {
            return fail(invocation, error, api)
        }
        let isStreamed = settings.streams && request.shape.canStream
        let pipe = ResponsePipe(
            isHead: request.head.starts(with: "HEAD ".utf8), isCollected: !isStreamed)
        let exchange = admit(request, invocation, to: pipe)
        current.withLock { $0 = exchange }
        defer { current.withLock { $0 = nil } }
        let reader = ResponseReader(pipe, exchange: exchange, clock: clock)
        do throws(LambdaError) {
            let status =
                isStreamed
                ? try stream(reader, invocation, request.shape, clock, api)
                : try buffer(reader, invocation, request.shape, api)
            note(
                .answered(
                    id: invocation.id, status: status, bytes: reader.bytes, isStreamed: isStreamed,
                    milliseconds: Int((linux_now() - began) / 1_000_000)))
        } catch {
            reader.drop()
            note(.postFailed(id: invocation.id, error))
            if case .refused = error { fail(invocation, .responseRefused, api) }
        }
    }

    /// Lets a request in, feeds its body and sets it answering.
    /// - Returns: nil when it was answered at once.
    private func admit(
        _ request: LambdaEventRequest, _ invocation: Invocation, to pipe: ResponsePipe
    ) -> (any Exchange)? {
        do throws(HTTPError) {
            var head = try parseWhole(request.head)
            head.canUpgrade = false
            switch handler.admit(head) {
            case .response(let response):
                pipe.put(response)
                return nil
            case .exchange(let exchange):
                // An exchange counts on its transport to inflate, and this transport has no means
                // to.
                if let coding = head.value("content-encoding"), coding.lowercased() != "identity" {
                    exchange.cancel(.refused)
                    pipe.put(LambdaProblem.codedBody.response(requestID: invocation.id))
                    return nil
                }
                if request.isSpoiled {
                    exchange.cancel(.refused)
                    pipe.put(LambdaProblem.spoiledBody.response(requestID: invocation.id))
                    return nil
                }
                do throws(HTTPError) {
                    let body = try BufferedRequestBody(request.body, exchange: exchange)
                    respond(exchange, body, to: pipe, path: head.path)
                } catch {
                    exchange.cancel(.refused)
                    throw error
                }
                return exchange
            case .upgrade(_, let handling):
                handling.cancel(.refused)
                throw .upgradeUnsupported
            }
        } catch {
            pipe.put(handler.refuse(error, path: requestedPath(request.head[...])))
            return nil
        }
    }

    /// Responds in a task of its own.
    private func respond(
        _ exchange: any Exchange, _ body: BufferedRequestBody, to pipe: ResponsePipe, path: String
    ) {
        Task { [handler] in
            do throws(HTTPError) {
                try await exchange.respond(to: pipe, body: body)
            } catch {
                exchange.cancel(.refused)
                // Once a response has begun this does nothing, and the response breaks off.
                pipe.put(handler.refuse(error, path: path))
            }
            // An exchange that returns without a response is our fault; nobody must wait.
            await pipe.abort()
        }
    }

    /// Answers in one piece; returns the status.
    private func buffer(
        _ reader: ResponseReader, _ invocation: Invocation, _ shape: LambdaEventShape,
        _ api: borrowing RuntimeAPI
    ) throws(LambdaError) -> Int {
        var response: Response
        switch reader.collect(bytesMax: shape.responseBytesMax) {
        case .whole(let whole): response = whole
        case .problem(let problem): response = problem.response(requestID: invocation.id)
        }
        var bytes = lambdaEventBytes(response, shape)
        if bytes == nil {
            response = LambdaProblem.responseTooLarge(bytesMax: shape.responseBytesMax)
                .response(requestID: invocation.id)
            bytes = lambdaEventBytes(response, shape)
        }
        try api.respond(invocation.id, bytes ?? [])
        return response.head.status
    }

    /// Answers piece by piece; returns the status.
    private func stream(
        _ reader: ResponseReader, _ invocation: Invocation, _ shape: LambdaEventShape,
        _ clock: InvocationClock, _ api: borrowing RuntimeAPI
    ) throws(LambdaError) -> Int {
        let feeder = StreamingBodySource(reader, shape: shape, requestID: invocation.id)
        let limit = WaitLimit(
            deadline: clock.giveUpAt + UInt64(LambdaSettings.postSecondsMax) * 1_000_000_000,
            isStopped: { [self] in isAbandoned.load(ordering: .acquiring) })
        try api.stream(
            invocation.id, limit: limit, next: { feeder.next() }, failure: { feeder.failure })
        if let failure = feeder.failure {
            note(.failed(id: invocation.id, type: failure.errorType))
        }
        return feeder.status
    }

    private func fail(
        _ invocation: Invocation, _ error: InvocationError, _ api: borrowing RuntimeAPI
    ) {
        note(.failed(id: invocation.id, type: error.errorType))
        do throws(LambdaError) {
            try api.fail(invocation.id, error)
        } catch {
            note(.postFailed(id: invocation.id, error))
        }
    }
}
