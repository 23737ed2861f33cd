/// Bounds of the socket server. Every wait and buffer has one.
package struct ServerSettings: Sendable {
    /// A numeric IPv4 or IPv6 address.
    package var address = "0.0.0.0"
    /// 0 takes a free port.
    package var port: UInt16 = 8080
    package var loops = 2
    /// For a head, and again for a body, each in total.
    package var readSeconds = 30
    /// Between two requests of a connection.
    package var idleSeconds = 60
    /// Without any progress while the client should be reading.
    package var writeStallSeconds = 60
    /// After SIGTERM: for what is in flight, before it is cancelled.
    package var graceSeconds = 10
    package var connectionsMax = 16_384
    /// Bytes of request bodies that all connections together may hold; beyond, 503.
    package var bodyBytesBudget = 512 << 20

    /// Bytes of answers that wait for a slow reader, for each connection.
    static let outputBytesMax = 256 * 1024
    /// A body after an early answer is read up to here to keep the connection; beyond, it ends.
    static let discardBytesMax = 64 * 1024
    /// How long a closing connection is read and thrown away, so that the peer sees the answer
    /// before the reset (RFC 9112 §9.6).
    static let lingerMilliseconds: UInt64 = 2_000
    /// Bytes that a lingering connection may still send.
    static let lingerBytesMax = 64 << 20

    package init() {}
}
