import ArgumentParser
import CLinux
import CommandLineSupport
import EngineAPI
import Glibc
import HTTPServer

/// For container health checks, where there is no curl.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the server on HOST and PORT whether it is ready.")

    @Flag(help: "Answers in JSON.") var json = false

    func run() throws {
        let environment = try checkedEnvironment()
        guard let descriptor = connected(to: environment.server) else { throw notReady() }
        defer { close(descriptor) }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = request.withUnsafeBytes { linux_send(descriptor, $0.baseAddress, UInt($0.count)) }
        var response = [UInt8](repeating: 0, count: 64)
        let count = response.withUnsafeMutableBytes {
            linux_recv(descriptor, $0.baseAddress, UInt($0.count))
        }
        guard count > 0, response.starts(with: "HTTP/1.1 200 ".utf8) else { throw notReady() }
        print(json ? #"{"ready":true}"# : "ready")
    }

    /// A connection to where the server listens; nil where nobody does.
    private func connected(to server: ServerSettings) -> Int32? {
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = server.port.bigEndian
        if inet_pton(AF_INET, server.address, &v4.sin_addr) == 1 {
            // A server on every address is asked at the loopback's.
            if v4.sin_addr.s_addr == 0 { v4.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian }
            return connected(&v4, AF_INET)
        }
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = server.port.bigEndian
        let address = server.address == "::" ? "::1" : server.address
        guard inet_pton(AF_INET6, address, &v6.sin6_addr) == 1 else { return nil }
        return connected(&v6, AF_INET6)
    }

    private func connected<Address>(_ address: inout Address, _ family: Int32) -> Int32? {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        if code == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private func notReady() -> ExitCode {
        print(json ? #"{"ready":false}"# : "not ready")
        return ExitCode(SystemExitCode.unavailable.rawValue)
    }
}
