import CLinux
import EngineAPI
import Glibc

/// The reader's side of `IsolatedVerifier`: a process that reads the Content Credentials of one
/// file, which anybody may have made, and can do nothing else: no file, no connection, no other
/// process.
package enum VerifyChild {
    /// The word on the command line that makes a process a reader of credentials.
    package static let command = "verify-media"
    /// Beside the file itself, twice: manifests, their JSON, and what a hostile one claims to have.
    static let workBytes = 64 << 20
    /// A report that is longer says nothing to anybody.
    static let reportBytesMax = 1 << 20
    private static let cpuSeconds: UInt64 = 120

    /// Answers one request and ends.
    package static func run() -> Never {
        // Before it is confined: the loader opens files.
        let library = try? C2PALibrary()
        let isFiltered = linux_confine(cpuSeconds) == 0
        let line = ChildLine()
        line.send(DecodeMessage(.hello, isFiltered ? 1 : 0, library == nil ? 0 : 1))
        guard let library, let message = line.receive(), message.kind == .readCredentials
        else { _exit(65) }
        linux_limit_own_memory(UInt64(2 * message.payloadBytes + workBytes))
        let payload = line.payload(message)
        // What the operator trusts stands before the file.
        let anchors = Int(message.numbers.x)
        guard (0...payload.count).contains(anchors) else { _exit(65) }
        let trusted = String(decoding: payload[..<anchors], as: UTF8.self)
        let file = Array(payload[anchors...])
        guard let type = CredentialsKind.mediaType(of: file) else { _exit(65) }
        let (report, error) = read(file, type, trusted, library)
        let bytes = report ?? Array(error.utf8.prefix(1_024))
        bytes.withUnsafeBytes { line.send(DecodeMessage(.credentials, report == nil ? 0 : 1), $0) }
        _exit(0)
    }

    /// The report, or the library's words why there is none.
    private static func read(
        _ file: [UInt8], _ type: String, _ trusted: String, _ library: C2PALibrary
    ) -> ([UInt8]?, String) {
        guard let context = library.context(settings: settings(trusted)),
            let empty = library.makeReader(context),
            let stream = C2PAStreamHandle(C2PAMemory(file), library)
        else { return (nil, library.lastError()) }
        // It takes the empty one. The process ends soon: what it made is not freed.
        let reader = stream.with { library.readStream(empty, type, $0) }
        guard let reader, let text = library.readerReport(reader) else {
            return (nil, library.lastError())
        }
        let length = strlen(text)
        guard length <= reportBytesMax else { return (nil, "Other: the report is too long") }
        return (
            text.withMemoryRebound(to: UInt8.self, capacity: length) {
                Array(UnsafeBufferPointer(start: $0, count: length))
            }, ""
        )
    }

    /// Only what the file holds, and only the anchors that the operator named.
    private static func settings(_ trusted: String) -> String {
        let lines = trusted.split(whereSeparator: \.isNewline).joined(separator: "\\n")
        let isPlain = lines.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 }
        let trust = trusted.isEmpty || !isPlain ? "" : #","trust":{"trust_anchors":"\#(lines)\n"}"#
        return #"{"verify":{"remote_manifest_fetch":false,"ocsp_fetch":false,"#
            + #""verify_trust":true}\#(trust)}"#
    }
}
