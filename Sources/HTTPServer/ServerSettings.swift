/// Bounds of the socket server. Every wait and buffer has one.
package struct ServerSettings: Sendable {
    /// A numeric IPv4 or IPv6 address.
    package var address = "0.0.0.0"
    /// 0 takes a free port.
    package var port: UInt16 = 8080
    package var loops = 2
    /// For a head in total. A body has as long, and a second more for each `bytesPerSecondMin`
    /// that came.
    package var readSeconds = 30
    /// Between two requests of a connection.
    package var idleSeconds = 60
    /// For a response that its client should be reading, and a second more for each
    /// `bytesPerSecondMin` that it took.
    package var writeStallSeconds = 60
    /// Of a body and of a response: 4 kbit/s is below every codec's rate for speech, so that live
    /// audio passes; a peer that trickles bytes does not.
    package var bytesPerSecondMin = 512
    /// After SIGTERM: for what is in flight, before it is cancelled.
    package var graceSeconds = 8
    package var connectionsMax = 16_384
    /// After so long without a byte a WebSocket's client is asked whether it is there.
    package var webSocketPingSeconds = 20
    /// For the answer to that.
    package var webSocketPongSeconds = 20
    /// Heads tell their peer's address: a call for each connection, so only where it is used.
    package var includesPeerAddress = false

    /// Bytes of responses that wait for a slow reader, for each connection.
    static let outputBytesMax = 256 * 1024
    /// Bytes of a body, or of a WebSocket's messages, that wait for whoever should ask for them,
    /// before the client is read no further.
    static let bodyWindowBytes = 256 * 1024
    /// As much in messages, since a short one costs more than its bytes.
    static let webSocketMessagesMax = 1_024
    /// Of one client; more is a flood.
    static let webSocketControlsPerSecondMax = 100
    /// For the client's close frame after ours.
    static let webSocketCloseMilliseconds: UInt64 = 2_000
    /// A body after an early answer is read up to here to keep the connection; beyond, it ends.
    static let discardBytesMax = 64 * 1024
    /// How long a closing connection is read and thrown away, so that the peer sees the response
    /// before the reset (RFC 9112 §9.6).
    static let lingerMilliseconds: UInt64 = 2_000
    /// Bytes that a lingering connection may still send.
    static let lingerBytesMax = 64 << 20
    /// Between the cancellation of what is in flight and the end of its connections.
    static let lastWordMilliseconds = 500

    package init() {}

    /// Milliseconds for a transfer that began with `seconds` and moved so many bytes.
    func milliseconds(_ seconds: Int, bytes: Int) -> UInt64 {
        UInt64(seconds) * 1000 + UInt64(bytes) * 1000 / UInt64(bytesPerSecondMin)
    }
}
