import EngineAPI
import Execution
import HTTPWire
import Logging

import struct Synchronization.Atomic

/// One admitted request: collects its body, which is charged to the memory budget, then waits for a
/// place and lets its route answer.
final class RouteExchange: Exchange {
    private enum Collector {
        case raw([UInt8])
        case multipart(MultipartParser)
        /// Refused, or its response is made: nothing is kept any more.
        case closed
    }

    private let route: Route
    private let service: AvatarService
    private let context: RequestContext
    private let gate: AdmissionGate
    /// Counts the client's requests while this one lives.
    private let visit: ClientVisit?
    /// The client would rather be told where the response will be.
    private let becomesJob: Bool
    private let contentType: String
    private let path: String
    private let queryFields: RequestFields
    private let collector: Mutex<Collector>
    private let fields = Mutex<Result<RequestFields, Problem>?>(nil)
    private let isCounted = Atomic<Bool>(false)

    var deadline: ContinuousClock.Instant { context.work.deadline }

    var bodyBytesMax: Int { route.bodyBytesMax(service.settings) }

    /// - gate: where the work takes its place, once the body is there.
    init(
        _ route: Route, head: RequestHead, service: AvatarService, context: RequestContext,
        gate: AdmissionGate, visit: ClientVisit?, becomesJob: Bool
    ) throws(Problem) {
        self.becomesJob = becomesJob
        self.route = route
        self.service = service
        self.context = context
        self.gate = gate
        self.visit = visit
        path = head.path
        contentType = head.value("content-type") ?? ""
        let bytesExpected = min(
            head.value("content-length").flatMap { Int($0) } ?? 0,
            route.bodyBytesMax(service.settings))
        // A route without a body takes no fields either.
        queryFields = route.body == nil ? RequestFields(parts: []) : try RequestFields(head: head)
        // The transport inflates what it can before the body comes here.
        if let coding = head.value("content-encoding"),
            !["identity", "gzip", "x-gzip", "deflate"].contains(coding.lowercased())
        {
            throw Problem(
                415, "encoding-unsupported", "The body has a coding that is not understood.",
                field: "Content-Encoding", limit: "gzip, deflate, identity", got: coding)
        }
        if mediaType(contentType) == "multipart/form-data" {
            do throws(HTTPError) {
                let parser = try MultipartParser(
                    contentType: contentType, bytesExpected: bytesExpected)
                collector = Mutex(.multipart(parser))
            } catch {
                throw Problem(error)
            }
        } else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(bytesExpected)
            collector = Mutex(.raw(bytes))
        }
    }

    func charge(_ bytes: Int) throws(HTTPError) {
        do throws(EngineError) {
            try context.work.memory.charge(bytes)
        } catch {
            throw .overloaded
        }
    }

    func release(_ bytes: Int) { context.work.memory.release(bytes) }

    func receive(_ piece: ArraySlice<UInt8>) throws(HTTPError) {
        try charge(piece.count)
        try collector.withLock { (collector) throws(HTTPError) in
            switch collector {
            case .raw(var bytes):
                // Taken out and put back, so that it grows in place.
                collector = .raw([])
                bytes.append(contentsOf: piece)
                collector = .raw(bytes)
            case .multipart(var parser):
                collector = .raw([])
                try parser.consume(piece)
                collector = .multipart(parser)
            case .closed: break
            }
        }
    }

    func endBody() throws(HTTPError) {
        let collected = collector.withLock { collector in
            let all = collector
            collector = .closed
            return all
        }
        var fields = queryFields
        let result: Result<RequestFields, Problem>
        switch collected {
        case .multipart(var parser):
            fields.take(parts: try parser.finish())
            result = .success(fields)
        case .raw(let bytes):
            do throws(Problem) {
                try take(bytes, into: &fields)
                result = .success(fields)
            } catch {
                result = .failure(error)
            }
        case .closed: return
        }
        self.fields.withLock { $0 = result }
    }

    /// Reads a body by its type; what begins like JSON is JSON on routes that take it, whatever
    /// its type says, so that a bare `curl -d` works.
    private func take(_ bytes: [UInt8], into fields: inout RequestFields) throws(Problem) {
        let type = mediaType(contentType)
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        switch route.body {
        case .audio:
            guard type != "application/x-www-form-urlencoded" || !bytes.allSatisfy(isFormByte)
            else {
                throw Problem(
                    415, "media-type", "Send the audio as multipart/form-data or as the body.",
                    field: "Content-Type", limit: "multipart/form-data, audio/*", got: type)
            }
            fields.take(raw: bytes)
        case .fields, .form:
            if bytes.isEmpty { return }
            if type == "application/json" || first == 0x7B {
                try fields.take(json: bytes, known: APISpec.names(of: route))
            } else if type == "application/x-www-form-urlencoded" {
                try fields.take(form: bytes)
            } else {
                throw Problem(
                    415, "media-type", "The body has a type that this path does not take.",
                    field: "Content-Type",
                    limit: route.body == .form
                        ? "multipart/form-data"
                        : "application/json, application/x-www-form-urlencoded, multipart/form-data",
                    got: type.isEmpty ? "none" : type)
            }
        case nil: break
        }
    }

    func cancel(_ reason: CancellationReason) {
        context.cancel(reason)
        let wasReading = collector.withLock { collector in
            if case .closed = collector { return false }
            collector = .closed
            return true
        }
        guard wasReading else { return }
        context.work.memory.releaseAll()
        // Nobody will answer a client that left within its body; who refused it counts it.
        if reason == .clientGone { count("499") }
    }

    func respond(to sink: any ResponseSink) async {
        let outcome = await makeResponse(to: sink)
        guard let outcome else { return }
        count(outcome.text)
        var fields: Logger.Metadata = [
            "id": "\(context.id)", "route": "\(route.name)", "status": "\(outcome.text)",
            "ms": "\(Int(bounded: context.elapsedMilliseconds))", "bytes": "\(outcome.bytes)",
        ]
        if let trace = context.trace { fields["trace"] = "\(trace)" }
        service.log.info("answered", metadata: fields)
    }

    /// Waits for a place, works and answers; the place and the body go when it returns.
    private func makeResponse(to sink: any ResponseSink) async -> (text: String, bytes: Int)? {
        let taken = fields.withLock { fields in
            defer { fields = nil }
            return fields
        }
        guard let taken else { return nil }
        var writer = ResponseWriter(sink: sink, context: context)
        do throws(Problem) {
            let fields = try taken.get()
            context.ignore(fields.unknownNames(to: APISpec.names(of: route)))
            let webhook = try service.webhook(fields, route, becomesJob: becomesJob)
            guard let work = try service.work(route, fields, path: path) else { return nil }
            if becomesJob {
                let request = JobRequest(
                    route: route, requestID: context.id, trace: context.trace, webhook: webhook,
                    inputBytes: fields.mediaBytes, memory: context.work.memory, work: work)
                await writer.send(try service.accept(request))
            } else {
                let place = try await service.place(in: gate, context.work)
                writer = ResponseWriter(sink: sink, context: context, place: place)
                try await work(writer)
            }
        } catch {
            await writer.fail(error)
        }
        return (writer.outcome, writer.bytes)
    }

    private func count(_ outcome: String) {
        guard !isCounted.exchange(true, ordering: .relaxed) else { return }
        service.metrics.answered(route.name, outcome: outcome, stages: context.stageTimes)
    }
}

/// The type alone, in lower case, without parameters.
func mediaType(_ contentType: String) -> String {
    String(contentType.prefix { $0 != ";" }).trimmingBlanks().lowercased()
}

private func isFormByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }
