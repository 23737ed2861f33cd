import CLinux
import Glibc

/// What a loop does with a connection's descriptor. Tests script it: short reads and writes, full
/// buffers and resets in any order.
protocol SocketOperations {
    /// Bytes that were read, 0 at the end, or a negative `errno`.
    func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Bytes that were sent, or a negative `errno`.
    func send(_ descriptor: Int32, _ vectors: UnsafeBufferPointer<iovec>) -> Int
    /// The peer sees an orderly end; what it sends is still read.
    func endSending(_ descriptor: Int32)
    func close(_ descriptor: Int32)
}

/// The kernel's.
struct KernelSockets: SocketOperations {
    func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        linux_recv(descriptor, buffer.baseAddress, UInt(buffer.count))
    }

    func send(_ descriptor: Int32, _ vectors: UnsafeBufferPointer<iovec>) -> Int {
        vectors.count == 1
            ? linux_send(descriptor, vectors[0].iov_base, UInt(vectors[0].iov_len))
            : linux_send_vectors(descriptor, vectors.baseAddress, UInt(vectors.count))
    }

    func endSending(_ descriptor: Int32) { linux_shutdown_send(descriptor) }
    func close(_ descriptor: Int32) { Glibc.close(descriptor) }
}
