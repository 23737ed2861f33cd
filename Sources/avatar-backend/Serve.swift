import ArgumentParser
import CLinux
import CommandLineSupport
import EngineAPI
import Execution
import Glibc
import HTTPServer
import Inference
import Logging
import Service

import struct Synchronization.Atomic

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves HTTP on PORT (8080), or as the runtime of a Lambda function.")

    func run() throws {
        // Before any thread: they inherit the mask, so that only the waiting thread is told.
        linux_block_stop_signals()
        if let runtimeAPI = LambdaCommand.runtimeAPI { try LambdaCommand.run(runtimeAPI) }
        let environment = try workingEnvironment()
        let log = makeLog(environment)
        let backends = try makeBackends(environment, log: log)
        let service = makeService(
            environment, backends: backends, log: log, isolatesDecoders: true)
        if environment.signer != nil { try waiting { try await prepareSigner(environment) } }
        let server: SocketServer
        do throws(ListenError) {
            server = try SocketServer(environment.server, handler: service) {
                log.error("out of file descriptors", metadata: ["limit": "ulimit -n"])
            }
        } catch {
            throw CommandFailure(status(of: error), text(of: error))
        }
        do throws(ThreadFailure) {
            try server.start()
        } catch {
            throw CommandFailure(
                .unavailable, "no thread can be made: \(String(cString: strerror(error.code)))")
        }
        log.notice(
            "listening",
            metadata: ["address": "\(environment.server.address)", "port": "\(server.port)"])
        decide(backends)
        if !environment.preload.isEmpty {
            let names = environment.preload
            Task { await service.preload(names) }
        }
        Task { await service.sweepResults() }
        if environment.telemetry != nil { Task { await service.sendTelemetry() } }
        Task {
            // Linking and starting touched code that serving never does. Not at once: who starts
            // a server asks it something as soon as it listens.
            try? await Task.sleep(for: .milliseconds(100))
            linux_let_go_of_code()
        }
        let signal = linux_wait_stop_signal()
        log.notice("stopping", metadata: ["signal": "\(signal)"])
        exitAtSecondSignal()
        service.stopJobs()
        let jobs = LastWork { await service.closeJobs() }
        server.stop()
        jobs.wait()
        // Once the last request has ended: its spans go too.
        LastWork { await service.endTelemetry() }.wait()
        log.notice("stopped")
        // Not `exit`: the engines' libraries tear down their threads in their own order there.
        _exit(0)
    }

    /// Looks for GPUs now that it listens, on a thread of its own: drivers take their time.
    private func decide(_ backends: DeviceRegistry) {
        // Nothing to open: nothing to wait for. What a plan can't have is told where it is made.
        guard DeviceDiscovery.hasLibraries else {
            _ = try? backends.plan()
            return
        }
        let thread = ThreadExecutor(name: "backend")
        Task { await BackendFinder(thread, backends).find() }
    }

    /// Work of the stop's that is left to itself when it takes too long.
    private final class LastWork: Sendable {
        /// What it gets once the server has stopped: a platform kills at ten seconds.
        private static let millisecondsMax = 200
        private let isDone = Atomic<Bool>(false)

        init(_ work: @escaping @Sendable () async -> Void) {
            Task {
                await work()
                isDone.store(true, ordering: .releasing)
            }
        }

        func wait() {
            for _ in 0..<Self.millisecondsMax / 10 where !isDone.load(ordering: .acquiring) {
                usleep(10_000)
            }
        }
    }

    private func status(of error: ListenError) -> SystemExitCode {
        if case .badAddress = error { .badVariable } else { .unavailable }
    }

    private func text(of error: ListenError) -> String {
        switch error {
        case .badAddress(let address):
            "HOST=\(address) cannot be used; allowed: a numeric IPv4 or IPv6 address"
        case .refused(let address, let port, let code):
            "cannot listen on \(address) port \(port): \(String(cString: strerror(code)))"
        }
    }
}

private actor BackendFinder {
    private let thread: ThreadExecutor
    private let backends: DeviceRegistry

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: ThreadExecutor, _ backends: DeviceRegistry) {
        self.thread = thread
        self.backends = backends
    }

    /// What is missing was told already, or nothing was asked for by name.
    func find() { _ = try? backends.plan() }
}

/// Lets nobody wait for a stop that takes too long.
func exitAtSecondSignal() {
    // Without a thread to spare the stop just takes the time that it takes.
    secondSignal.withLock { thread in
        thread = try? SystemThread(name: "second-signal") { _ in
            _ = linux_wait_stop_signal()
            _exit(130)
        }
    }
}

/// Kept until the process ends: a thread that waits for a signal can't be waited for.
private let secondSignal = Mutex<SystemThread?>(nil)

/// Waits, on the main thread of a program that serves nobody yet.
func waiting(_ body: @escaping @Sendable () async throws -> Void) throws {
    let outcome = Mutex<Result<Void, any Error>?>(nil)
    Task {
        do {
            try await body()
            outcome.withLock { $0 = .success(()) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
    }
    while true {
        if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
        usleep(500)
    }
}

/// The variables, or an error in one line.
func checkedEnvironment() throws -> Environment {
    do throws(Environment.BadValue) {
        return try Environment()
    } catch {
        throw CommandFailure(.badVariable, error.description)
    }
}

/// The program's only log.
func makeLog(_ environment: Environment) -> Logger {
    Logger(label: Product.name) { _ in ConsoleLogHandler(level: environment.logLevel) }
}
