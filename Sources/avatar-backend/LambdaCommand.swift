import CLinux
import CommandLineSupport
import Glibc
import Inference
import LambdaClient
import Logging
import Service
import Synchronization

/// The same executable as the runtime of a Lambda function.
struct LambdaCommand {
    /// Loading runs at most so long before the first poll: the platform ends an init after 10 s,
    /// and freezes us when we have polled and nothing is there to do.
    private static let preloadSecondsMax = 8
    /// Before a snapshot the platform waits for two minutes.
    private static let snapshotSecondsMax = 60
    private static let flushMillisecondsMax = 1_000

    /// `host:port` of the platform, where it runs us.
    static var runtimeAPI: String? {
        guard let value = getenv("AWS_LAMBDA_RUNTIME_API") else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether the platform takes a snapshot of the process (AWS: SnapStart).
    private static var isSnapshotted: Bool {
        getenv("AWS_LAMBDA_INITIALIZATION_TYPE").map { strcmp($0, "snap-start") == 0 } ?? false
    }

    /// Serves invocations until the process is told to stop.
    static func run(_ runtimeAPI: String) throws -> Never {
        var environment: Environment
        var settings = LambdaSettings(runtimeAPI: runtimeAPI)
        do throws(Environment.BadValue) {
            environment = try Environment()
            try environment.requireTranscriptionModel()
            settings.streams = try streams()
        } catch {
            // The message is the variable, its value and what is allowed; keys are never refused.
            reportInitError(error.description, runtimeAPI)
            throw error
        }
        settings.isSnapshotted = isSnapshotted
        settings.apiKey = environment.service.apiKeys.first
        // Between two invocations the process sleeps, so that nothing would do a job.
        environment.service.offersJobs = false
        let log = makeLog(environment)
        let service = makeService(
            environment, backends: try backends(environment, runtimeAPI, log), log: log,
            isolatesDecoders: true)
        do throws(CommandFailure) {
            try prepare(environment)
        } catch {
            reportInitError(error.message, runtimeAPI)
            throw error
        }
        let sendsTelemetry = environment.telemetry != nil
        let client = LambdaClient(
            settings, handler: service, note: { write($0, to: log) },
            betweenInvocations: { if sendsTelemetry { flush(service) } },
            restored: {
                service.wasRestored()
                return nil
            },
            ended: { error in
                log.critical("runtime ended", metadata: ["why": "\(text(of: error))"])
                _exit(1)
            })
        if settings.isSnapshotted {
            // Whoever waits now waits once; every copy begins with what is loaded.
            preload(nil, service, secondsMax: snapshotSecondsMax)
        } else if !environment.preload.isEmpty {
            preload(environment.preload, service, secondsMax: preloadSecondsMax)
        }
        do throws(LambdaError) {
            try client.start()
        } catch {
            throw CommandFailure(.unavailable, text(of: error))
        }
        log.notice("polling", metadata: ["streams": "\(settings.streams)"])
        let signal = linux_wait_stop_signal()
        log.notice("stopping", metadata: ["signal": "\(signal)"])
        exitAtSecondSignal()
        client.stop()
        log.notice("stopped")
        _exit(0)
    }

    /// The error itself is told by whoever throws it; here, that the platform was not.
    private static func reportInitError(_ message: String, _ runtimeAPI: String) {
        do throws(LambdaError) {
            try LambdaClient.reportInitError(message, runtimeAPI: runtimeAPI)
        } catch {
            complain("the platform was not told why the start failed: \(text(of: error))")
        }
    }

    private static func backends(
        _ environment: Environment, _ runtimeAPI: String, _ log: Logger
    ) throws -> DeviceRegistry {
        do throws(CommandFailure) {
            return try makeBackends(environment, log: log)
        } catch {
            reportInitError(error.message, runtimeAPI)
            throw error
        }
    }

    /// Loads engines while the platform still waits for us. Blocks the main thread.
    /// - names: nil is all.
    private static func preload(
        _ names: [String]?, _ service: AvatarService, secondsMax: Int
    ) {
        let done = Loaded()
        Task {
            await service.preload(names)
            done.flag.store(true, ordering: .releasing)
        }
        for _ in 0..<secondsMax * 100 where !done.flag.load(ordering: .acquiring) {
            usleep(10_000)
        }
    }

    private final class Loaded: Sendable {
        let flag = Atomic<Bool>(false)
    }

    private static func prepare(_ environment: Environment) throws(CommandFailure) {
        guard environment.signer != nil else { return }
        do {
            try waiting { try await prepareSigner(environment) }
        } catch {
            throw error as? CommandFailure ?? CommandFailure(.ownFault, "\(error)")
        }
    }

    /// Sends what was recorded before the platform may freeze the process. Blocks, but not for long
    /// where a collector is slow.
    private static func flush(_ service: AvatarService) {
        let done = Loaded()
        Task {
            await service.flushTelemetry()
            done.flag.store(true, ordering: .releasing)
        }
        for _ in 0..<flushMillisecondsMax where !done.flag.load(ordering: .acquiring) {
            usleep(1_000)
        }
    }

    private static func streams() throws(Environment.BadValue) -> Bool {
        guard let value = getenv("AVATAR_LAMBDA_STREAM") else { return false }
        let text = String(cString: value)
        switch text {
        case "0": return false
        case "1": return true
        default:
            throw Environment.BadValue(
                variable: "AVATAR_LAMBDA_STREAM", value: text, allowed: "0, 1")
        }
    }

    private static func write(_ note: LambdaNote, to log: Logger) {
        switch note {
        case .restored: log.notice("restored")
        case .answered(let id, let status, let bytes, let isStreamed, let milliseconds):
            // The service has logged what it answered; 5xx may be the transport's own.
            log.log(
                level: status < 500 ? .debug : .warning, "invocation answered",
                metadata: [
                    "id": "\(id)", "status": "\(status)", "bytes": "\(bytes)",
                    "streamed": "\(isStreamed)", "ms": "\(milliseconds)",
                ])
        case .failed(let id, let type):
            log.warning("invocation failed", metadata: ["id": "\(id)", "type": "\(type)"])
        case .pollFailed(let error):
            log.warning("poll failed", metadata: ["why": "\(text(of: error))"])
        case .postFailed(let id, let error):
            log.error("post failed", metadata: ["id": "\(id)", "why": "\(text(of: error))"])
        }
    }

    private static func text(of error: LambdaError) -> String {
        switch error {
        case .badAddress(let address): "AWS_LAMBDA_RUNTIME_API=\(address) is no host and port"
        case .connectionFailed(let code): String(cString: strerror(code))
        case .connectionClosed: "the platform closed the connection"
        case .badResponse: "a response that is none of HTTP/1.1"
        case .timedOut: "no response in time"
        case .refused(let status): "status \(status)"
        case .badInvocation: "an invocation without an id"
        case .threadMissing(let code): "no thread: \(String(cString: strerror(code)))"
        case .stopped: "stopped"
        case .restoreFailed: "a copy of the snapshot cannot serve"
        }
    }
}
