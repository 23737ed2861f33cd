import CLinux
import Execution
import Glibc
import HTTPWire
import Synchronization

/// Why the server could not listen.
package enum ListenError: Error, Equatable {
    case badAddress(String)
    case refused(address: String, port: UInt16, code: Int32)
}

/// The socket transport: a listener and its event loops, each on its own thread.
// SAFETY: `loops` and `threads` are written in `init` and read after; each loop is touched only
// by its own thread, and others reach it through its mailbox.
package final class SocketServer: @unchecked Sendable {
    private let settings: ServerSettings
    private let handler: any RequestHandling
    private var loops: [EventLoop] = []
    private var threads: [SystemThread] = []
    private let acceptors: ListenerReferences

    /// The port that is listened on.
    package let port: UInt16

    /// Listens; connections are accepted from here on and answered once `start` is called.
    /// - onDescriptorsExhausted: told at most every ten seconds while as many connections are open
    ///   as descriptors, or the bound that leaves the rest of the process some, allow.
    package init(
        _ settings: ServerSettings, handler: any RequestHandling,
        onDescriptorsExhausted: @escaping @Sendable () -> Void = {}
    ) throws(ListenError) {
        var settings = settings
        let descriptors = raisedDescriptorLimit()
        // The rest of the process needs some too: files, decoders, the runtime's timers.
        settings.connectionsMax = min(
            settings.connectionsMax, max(descriptors - max(descriptors / 4, 32), 8))
        self.settings = settings
        self.handler = handler
        let listener = linux_listen(settings.address, settings.port, 4096, false)
        guard listener != -EINVAL else { throw .badAddress(settings.address) }
        guard listener >= 0 else {
            throw .refused(address: settings.address, port: settings.port, code: -listener)
        }
        acceptors = ListenerReferences(count: settings.loops)
        port = UInt16(linux_port_of(listener))
        loops = (0..<settings.loops).map { _ in
            EventLoop(
                settings: settings, handler: handler, listener: listener,
                onDescriptorsExhausted: onDescriptorsExhausted,
                hasStoppedAccepting: { [acceptors] in acceptors.leave(closing: listener) })
        }
    }

    /// Starts the loops' threads.
    /// - Throws: `ThreadFailure`; those that were made are ended.
    package func start() throws(ThreadFailure) {
        do throws(ThreadFailure) {
            try startThreads()
        } catch {
            stop()
            throw error
        }
    }

    private func startThreads() throws(ThreadFailure) {
        for (index, loop) in loops.enumerated() {
            let start = LoopStart(loop: loop)
            threads.append(try SystemThread(name: "http-\(index)") { _ in start.loop.run() })
        }
    }

    /// Stops accepting, lets what is in flight finish within the grace, cancels the rest with an
    /// answer, and returns when all loops have ended, less than a second after the grace. Blocks:
    /// call it from the main thread.
    package func stop() {
        handler.willStop()
        for loop in loops { loop.mailbox.post(.stop) }
        let mailboxes = loops.map(\.mailbox)
        let grace = settings.graceSeconds
        let watchdog = try? SystemThread(name: "http-grace") { cancelled in
            for _ in 0..<grace * 20 where !cancelled() { usleep(50_000) }
            if !cancelled() { for mailbox in mailboxes { mailbox.post(.cancelAll) } }
            for _ in 0..<ServerSettings.lastWordMilliseconds / 50 where !cancelled() {
                usleep(50_000)
            }
            if !cancelled() { for mailbox in mailboxes { mailbox.post(.dropAll) } }
        }
        // Nobody would keep the time: no grace.
        if watchdog == nil { for mailbox in mailboxes { mailbox.post(.cancelAll) } }
        for thread in threads { thread.join() }
        watchdog?.finish()
    }
}

/// Closes the listener when the last loop has stopped accepting, so that a peer which comes later
/// is refused at once instead of waiting in a queue that nobody reads.
private final class ListenerReferences: Sendable {
    private let count: Atomic<Int>

    init(count: Int) { self.count = Atomic(count) }

    func leave(closing listener: Int32) {
        if count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { close(listener) }
    }
}

// SAFETY: handed to the loop's own thread, which alone touches it from then on.
private struct LoopStart: @unchecked Sendable {
    let loop: EventLoop
}

/// As many descriptors as the system lets us have: the usual soft limit of 1024 is a tenth of
/// what we serve.
/// - Returns: how many it lets us have.
private func raisedDescriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(limit.rlim_cur)
}
