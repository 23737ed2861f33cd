import ArgumentParser
import CLinux
import CommandLineSupport
import EngineAPI
import Glibc

/// For container health checks, where there is no curl.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the server on PORT whether it is ready.")

    @Flag(help: "Answers in JSON.") var json = false

    func run() throws {
        let environment = try checkedEnvironment()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = environment.server.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard failed == 0 else { throw notReady() }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = request.withUnsafeBytes { linux_send(descriptor, $0.baseAddress, UInt($0.count)) }
        var response = [UInt8](repeating: 0, count: 64)
        let count = response.withUnsafeMutableBytes {
            linux_recv(descriptor, $0.baseAddress, UInt($0.count))
        }
        guard count > 0, response.starts(with: "HTTP/1.1 200 ".utf8) else { throw notReady() }
        print(json ? #"{"ready":true}"# : "ready")
    }

    private func notReady() -> ExitCode {
        print(json ? #"{"ready":false}"# : "not ready")
        return ExitCode(SystemExitCode.unavailable.rawValue)
    }
}
