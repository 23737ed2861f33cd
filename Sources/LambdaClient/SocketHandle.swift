import CLinux
import Glibc

/// Until when a call may wait, and what ends it earlier.
struct WaitLimit {
    /// On the monotonic clock, nanoseconds; nil waits for ever.
    var deadline: UInt64?
    /// Asked about four times a second while nothing moves.
    var isStopped: () -> Bool = { false }

    static func seconds(_ count: Int) -> WaitLimit {
        WaitLimit(deadline: linux_now() + UInt64(count) * 1_000_000_000)
    }
}

/// Owns one TCP socket, connected or not; closed once. Used by one thread.
struct SocketHandle: ~Copyable {
    /// How long one wait lasts before `isStopped` is asked again.
    private static let sliceMilliseconds: UInt64 = 250
    private static let connectMilliseconds: Int32 = 5_000
    private static let receiveBytes = 64 * 1024

    private var descriptor: Int32 = -1

    init() {}

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    var isOpen: Bool { descriptor >= 0 }

    /// Connects; waits up to five seconds for each address that the name has.
    /// - Throws: `.connectionFailed` with the system's code.
    mutating func open(host: String, port: String) throws(LambdaError) {
        close()
        let opened = linux_connect(host, port, Self.connectMilliseconds)
        guard opened >= 0 else { throw .connectionFailed(code: -opened) }
        descriptor = opened
    }

    mutating func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Whether bytes, or the peer's end, are there to be read now.
    var hasInput: Bool { poll(Int32(POLLIN), milliseconds: 0) }

    /// Sends all of the bytes.
    /// - Throws: `.connectionFailed`, `.timedOut`, `.stopped`.
    func send(_ bytes: [UInt8], _ limit: WaitLimit) throws(LambdaError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                linux_send(descriptor, $0.baseAddress! + sent, UInt($0.count - sent))
            }
            if count > 0 {
                sent += count
            } else if count == -Int(EAGAIN) {
                try wait(Int32(POLLOUT), limit)
            } else if count != -Int(EINTR) {
                throw .connectionFailed(code: Int32(truncatingIfNeeded: -count))
            }
        }
    }

    /// Waits for bytes; empty at the peer's end.
    /// - Throws: `.connectionFailed`, `.timedOut`, `.stopped`.
    func receive(_ limit: WaitLimit) throws(LambdaError) -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.receiveBytes) { buffer, used in
                count = linux_recv(descriptor, buffer.baseAddress, UInt(buffer.count))
                used = max(count, 0)
            }
            if count >= 0 { return bytes }
            if count == -Int(EAGAIN) {
                try wait(Int32(POLLIN), limit)
            } else if count != -Int(EINTR) {
                throw .connectionFailed(code: Int32(truncatingIfNeeded: -count))
            }
        }
    }

    private func wait(_ event: Int32, _ limit: WaitLimit) throws(LambdaError) {
        while true {
            if limit.isStopped() { throw .stopped }
            var slice = Self.sliceMilliseconds
            if let deadline = limit.deadline {
                let now = linux_now()
                guard now < deadline else { throw .timedOut }
                slice = min(slice, (deadline - now) / 1_000_000 + 1)
            }
            if poll(event, milliseconds: Int32(slice)) { return }
        }
    }

    private func poll(_ event: Int32, milliseconds: Int32) -> Bool {
        var one = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return Glibc.poll(&one, 1, milliseconds) > 0
    }
}
