import CLinux
import Execution
import Glibc
import HTTPWire

/// One thread with one epoll over a share of the connections. It never waits for anything else.
/// Edge-triggered: a descriptor is registered once and never changed.
final class EventLoop {
    let settings: ServerSettings
    let handler: any RequestHandling
    let mailbox: LoopMailbox
    let sockets: any SocketOperations
    var coder = ContentCoder()
    /// The output buffer that is lent to the connection being served.
    var spareOutput: [UInt8] = []
    static let spareOutputBytesMin = 16 * 1024
    static let spareOutputBytesMax = 512 * 1024
    private let hasStoppedAccepting: () -> Void
    private let onDescriptorsExhausted: @Sendable () -> Void
    private let epoll: Int32
    private let wake: Int32
    private let listener: Int32
    /// Held so that one connection at a time can be answered when descriptors have run out: a
    /// health check must see a server that is full, not a dead one.
    private var spare: Int32
    /// Connections over the bound, oldest first.
    private var spares: [ConnectionID] = []
    private static let sparesMax = 8
    private var nextExhaustionNote: UInt64 = 0
    /// Between two notes to the log that descriptors have run out.
    private static let exhaustionNoteMilliseconds: UInt64 = 10_000
    /// For the head of a connection that has the spare descriptor.
    private static let spareHeadMilliseconds: UInt64 = 1_000
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    var scratch = [UInt8](repeating: 0, count: 64 * 1024)
    private var connections: [Connection?] = []
    private var count = 0
    private var generation: UInt32 = 0
    private(set) var isStopping = false
    private var date = (second: 0, text: "")
    /// Listener and wake-up carry words that no registration can have.
    private static let listenerWord = UInt64.max
    private static let wakeWord = UInt64.max - 1
    /// How often deadlines are looked at; also how late they can be.
    private static let tickMilliseconds: UInt64 = 500
    /// For a new connection's first request, once the server stops.
    private static let lastRequestMilliseconds: UInt64 = 1_000
    private var nextTick: UInt64 = 0
    /// Monotonic milliseconds, read once for a batch of events: a deadline is never closer than
    /// the tick, so no request needs to ask the clock.
    private(set) var now = linux_now() / 1_000_000
    /// How often the loop may still look for events before it sleeps.
    private var looksLeft = 0
    /// Falling asleep and being woken takes longer than a near peer's round trip. A wait shorter
    /// than the first is worth looking out for, so long as the second; eight misses end it, so that
    /// a loop spends 160 µs at most on a peer that has gone quiet.
    private static let shortWaitNanoseconds: UInt64 = 50_000
    private static let lookNanoseconds: UInt64 = 20_000
    private static let looksMax = 8
    private var isListening = true

    init(
        settings: ServerSettings, handler: any RequestHandling, listener: Int32,
        sockets: any SocketOperations = KernelSockets(),
        onDescriptorsExhausted: @escaping @Sendable () -> Void = {},
        hasStoppedAccepting: @escaping () -> Void = {}
    ) {
        self.sockets = sockets
        self.onDescriptorsExhausted = onDescriptorsExhausted
        self.hasStoppedAccepting = hasStoppedAccepting
        self.settings = settings
        self.handler = handler
        self.listener = listener
        epoll = linux_epoll_create()
        let wake = linux_eventfd()
        precondition(epoll >= 0 && wake >= 0, "no descriptors")
        self.wake = wake
        spare = linux_eventfd()
        mailbox = LoopMailbox { linux_eventfd_raise(wake) }
        _ = linux_epoll_control(
            epoll, EPOLL_CTL_ADD, wake, UInt32(LINUX_IN), EventLoop.wakeWord)
        listen(true)
    }

    deinit {
        close(epoll)
        close(wake)
        if spare >= 0 { close(spare) }
    }

    /// Runs until a stop was asked for and the last connection is gone.
    func run() {
        while !(isStopping && count == 0) {
            let isQuiet = count == 0 && isListening && connections.count <= 1_024
            let timeout = isQuiet ? -1 : Int32(EventLoop.tickMilliseconds)
            let ready = waitForEvents(milliseconds: timeout)
            for index in 0..<max(0, Int(ready)) { dispatch(events[index]) }
            tick()
        }
    }

    /// Fills `events`; returns how many there are. Looks a few times where the next event is likely
    /// near, then sleeps.
    private func waitForEvents(milliseconds: Int32) -> Int32 {
        var began = linux_now()
        if looksLeft > 0 {
            let end = began + EventLoop.lookNanoseconds
            while began < end {
                let ready = linux_epoll_wait(epoll, &events, Int32(events.count), 0)
                began = linux_now()
                guard ready == 0 else {
                    looksLeft = EventLoop.looksMax
                    now = began / 1_000_000
                    return ready
                }
            }
            looksLeft -= 1
        }
        let ready = linux_epoll_wait(epoll, &events, Int32(events.count), milliseconds)
        let ended = linux_now()
        if ended - began < EventLoop.shortWaitNanoseconds { looksLeft = EventLoop.looksMax }
        now = ended / 1_000_000
        return ready
    }

    private func dispatch(_ event: epoll_event) {
        let flags = event.events
        switch event.data.u64 {
        case EventLoop.listenerWord: acceptAll()
        case EventLoop.wakeWord:
            linux_eventfd_clear(wake)
            for message in mailbox.take() { receive(message) }
        case let word:
            guard let connection = find(ConnectionID(word: word)) else { return }
            handle(flags, of: connection)
        }
    }

    /// What the kernel says of a connection.
    func handle(_ flags: UInt32, of connection: Connection) {
        if flags & UInt32(LINUX_ERROR) != 0 { return drop(connection) }
        if flags & UInt32(LINUX_OUT) != 0 { connection.mayWrite = true }
        if flags & UInt32(LINUX_IN | LINUX_READ_END) != 0 { connection.mayRead = true }
        if flags & UInt32(LINUX_READ_END) != 0 { peerEnded(connection) }
        advance(connection)
    }

    func receive(_ message: LoopMailbox.Message) {
        switch message {
        case .send(let connectionID, let bytes):
            guard let connection = find(connectionID) else { return }
            connection.output.append(bytes)
            flush(connection)
            connection.output.shrink()
        case .finish(let connectionID, let keepsAlive):
            guard let connection = find(connectionID) else { return }
            finishResponse(connection, keepsAlive: keepsAlive)
            advance(connection)
        case .abort(let connectionID):
            if let connection = find(connectionID) { drop(connection) }
        case .resume(let connectionID):
            if let connection = find(connectionID) { advance(connection) }
        case .frame(let connectionID, let head, let payload):
            if let connection = find(connectionID) { sendFrame(head, payload, on: connection) }
        case .closeWebSocket(let connectionID, let close):
            if let connection = find(connectionID) { closeWebSocket(connection, close) }
        case .stop: stopAccepting()
        case .cancelAll: cancelAll()
        case .dropAll: for case let connection? in connections { drop(connection) }
        }
    }

    // MARK: connections

    func find(_ connectionID: ConnectionID) -> Connection? {
        let index = Int(connectionID.descriptor)
        guard connections.indices.contains(index), let connection = connections[index],
            connection.connectionID == connectionID
        else { return nil }
        return connection
    }

    private func acceptAll() {
        for _ in 0..<64 {
            let descriptor = linux_accept(listener)
            guard descriptor >= 0 else {
                if descriptor == -EMFILE || descriptor == -ENFILE { acceptWithoutRoom() }
                return
            }
            if count >= settings.connectionsMax, !dropLongestIdle() {
                noteExhaustion()
                serveAtOnce(adopt(descriptor))
            } else {
                watch(adopt(descriptor))
            }
        }
    }

    private func noteExhaustion() {
        guard now >= nextExhaustionNote else { return }
        nextExhaustionNote = now + EventLoop.exhaustionNoteMilliseconds
        onDescriptorsExhausted()
    }

    /// There is no room for this connection: it is answered if its request comes at once and needs
    /// no work, as a health check's, and closed. Of several such the oldest gives way.
    private func serveAtOnce(_ connection: Connection) {
        connection.isSpare = true
        connection.deadline = now + EventLoop.spareHeadMilliseconds
        spares.removeAll { find($0) == nil }
        if spares.count >= EventLoop.sparesMax, let oldest = find(spares.removeFirst()) {
            drop(oldest)
        }
        spares.append(connection.connectionID)
        watch(connection)
    }

    /// Takes a connection over.
    func adopt(_ descriptor: Int32) -> Connection {
        generation &+= 1
        let connection = Connection(
            ConnectionID(descriptor: descriptor, generation: generation & 0x7FFF_FFFF))
        connection.deadline = now + UInt64(settings.readSeconds) * 1000
        while connections.count <= Int(descriptor) { connections.append(nil) }
        connections[Int(descriptor)] = connection
        count += 1
        if settings.includesPeerAddress { connection.peerAddress = peerAddress(descriptor) }
        return connection
    }

    private func peerAddress(_ descriptor: Int32) -> String {
        var text = [CChar](repeating: 0, count: 64)
        guard linux_peer_address(descriptor, &text, UInt(text.count)) == 0 else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func watch(_ connection: Connection) {
        let wanted = UInt32(LINUX_IN) | UInt32(LINUX_OUT) | UInt32(LINUX_READ_END)
        _ = linux_epoll_control(
            epoll, EPOLL_CTL_ADD, connection.connectionID.descriptor, wanted | linux_edge,
            connection.connectionID.word)
    }

    /// Out of descriptors: the longest idle connection makes room; where none is idle, the spare
    /// descriptor serves one connection at a time.
    private func acceptWithoutRoom() {
        noteExhaustion()
        let isIdleGone = dropLongestIdle()
        if !isIdleGone, spare >= 0 {
            close(spare)
            spare = -1
        }
        let descriptor = linux_accept(listener)
        guard descriptor >= 0 else {
            // Again at the next tick, or when a connection ends, instead of spinning.
            listen(false)
            return takeSpareBack()
        }
        let connection = adopt(descriptor)
        guard !isIdleGone else { return watch(connection) }
        listen(false)
        serveAtOnce(connection)
    }

    private func takeSpareBack() {
        if spare < 0 { spare = linux_eventfd() }
        if spare >= 0, !isListening, !isStopping { listen(true) }
    }

    /// Makes room for a peer that comes now by ending the connection that has waited longest
    /// between requests; false when none waits.
    private func dropLongestIdle() -> Bool {
        var longest: Connection?
        for case let connection? in connections {
            guard case .head = connection.phase, connection.input.isEmpty,
                connection.output.isEmpty
            else { continue }
            if connection.deadline ?? .max < longest?.deadline ?? .max { longest = connection }
        }
        guard let longest else { return false }
        drop(longest)
        return true
    }

    /// Takes the listener in or out of the set.
    private func listen(_ wanted: Bool) {
        isListening = wanted
        if wanted {
            // Exclusive: a connection wakes one loop, not all.
            _ = linux_epoll_control(
                epoll, EPOLL_CTL_ADD, listener, UInt32(LINUX_IN) | UInt32(LINUX_EXCLUSIVE),
                EventLoop.listenerWord)
        } else {
            _ = linux_epoll_control(epoll, EPOLL_CTL_DEL, listener, 0, 0)
        }
    }

    /// Ends a connection at once; the work that it waits for is cancelled.
    func drop(_ connection: Connection) {
        let index = Int(connection.connectionID.descriptor)
        guard connections[index] === connection else { return }
        connections[index] = nil
        count -= 1
        switch connection.phase {
        case .responding(let exchange, let sink, let reception):
            exchange.cancel(.clientGone)
            sink.close()
            _ = reception?.fail(.clientGone)
        case .webSocket(let reception): abandon(reception)
        case .head, .discarding, .lingering: break
        }
        sockets.close(connection.connectionID.descriptor)
        if spare < 0 { takeSpareBack() }
    }

    // MARK: time

    /// The `Date` field, made once a second.
    func dateText() -> String {
        let second = time(nil)
        if second != date.second { date = (second, httpDate(unixSeconds: second)) }
        return date.text
    }

    private func tick() {
        guard now >= nextTick else { return }
        nextTick = now + EventLoop.tickMilliseconds
        if !isListening && !isStopping { listen(true) }
        guard count > 0 else { return giveBackMemory() }
        let clock = ContinuousClock.now
        for case let connection? in connections {
            if let deadline = connection.deadline, deadline <= now { expire(connection) }
            checkDeadlines(of: connection, clock: clock)
        }
    }

    /// After a rush, when the last connection is gone.
    private func giveBackMemory() {
        guard connections.count > 1_024 else { return }
        connections = []
        FreeMemory.giveBack()
    }

    // MARK: stopping

    /// Takes what has knocked already, then no more. What was asked is answered; a connection
    /// that has asked nothing yet gets a moment, since its request may be on its way.
    private func stopAccepting() {
        guard !isStopping else { return }
        acceptAll()
        isStopping = true
        if isListening { listen(false) }
        hasStoppedAccepting()
        for case let connection? in connections {
            if case .webSocket(let reception) = connection.phase { reception.handling.willStop() }
            advance(connection)
            guard find(connection.connectionID) != nil, case .head = connection.phase,
                connection.input.isEmpty
            else { continue }
            if connection.hasServed {
                connection.closesAfterOutput = true
                flush(connection)
            } else {
                connection.deadline = now + EventLoop.lastRequestMilliseconds
            }
        }
    }

    private func cancelAll() {
        for case let connection? in connections {
            switch connection.phase {
            case .responding(let exchange, let sink, let reception):
                exchange.cancel(.serverStopping)
                sink.giveUp()
                if let reception { failBody(connection, reception, .cancelled) }
            case .webSocket(let reception):
                reception.handling.cancel(.serverStopping)
                closeWebSocket(connection, WebSocketClose(code: WebSocketClose.goingAway))
            default: drop(connection)
            }
        }
    }
}
