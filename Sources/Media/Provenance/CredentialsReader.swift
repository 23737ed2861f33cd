import EngineAPI
import Execution
import Synchronization

/// Reads the Content Credentials of a file in a process that is made for it and ends with it.
package final class IsolatedVerifier: ProvenanceReading {
    /// Processes at once: each holds a file twice, which its request is charged for.
    private static let readersMax = 4

    private let readers: [CredentialsReader]
    private let turn = Atomic<Int>(0)

    /// - trustAnchors: PEM of the roots that are trusted; "" is none.
    /// - program: what runs `VerifyChild` where it is told to; this program itself.
    package init(trustAnchors: String = "", program: String = "/proc/self/exe") {
        readers = (0..<Self.readersMax).map {
            CredentialsReader(name: "verify-\($0)", Array(trustAnchors.utf8), program)
        }
    }

    package func read(
        _ bytes: [UInt8], work: WorkContext
    ) async throws(EngineError) -> CredentialsReading {
        guard CredentialsKind.mediaType(of: bytes) != nil else { return .unsupported }
        return try await readers[turn.add(1, ordering: .relaxed).oldValue % readers.count]
            .read(bytes, work)
    }
}

/// One process at a time, and the thread that waits for it.
private actor CredentialsReader {
    private let thread: ThreadExecutor
    private let anchors: [UInt8]
    private let program: String

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(name: String, _ anchors: [UInt8], _ program: String) {
        thread = ThreadExecutor(name: name)
        self.anchors = anchors
        self.program = program
    }

    func read(_ file: [UInt8], _ work: WorkContext) throws(EngineError) -> CredentialsReading {
        try thread.ready()
        try work.check()
        // As it is sent, and twice in the process.
        let needed = 3 * (file.count + anchors.count) + VerifyChild.workBytes
        try work.memory.charge(needed)
        defer { work.memory.release(needed) }
        guard let process = DecodeProcessHandle.start(program, command: VerifyChild.command) else {
            throw .backendFailed(code: -1)
        }
        guard process.helloDetail == 1 else { throw .libraryMissing(name: C2PALibrary.name) }
        do throws(DecodeProcessHandle.Failure) {
            let message = DecodeMessage(.readCredentials, anchors.count)
            try process.send(message, (anchors + file)[...], work)
            let response = try process.message(work)
            guard response.kind == .credentials, response.payloadBytes <= VerifyChild.reportBytesMax
            else { return .unreadable("no report") }
            let bytes = try process.payload(response.payloadBytes, of: UInt8.self, work)
            if response.numbers.x == 1 { return .report(bytes) }
            return Self.reading(of: String(decoding: bytes, as: UTF8.self))
        } catch .work(let error) {
            throw error
        } catch {
            // The file broke its reader, or asked for too much: it cost itself alone.
            return .unreadable("the reader gave up")
        }
    }

    /// The library says "ManifestNotFound: …" where there is nothing.
    private static func reading(of error: String) -> CredentialsReading {
        let kind = error.prefix { $0 != ":" }
        return kind == "ManifestNotFound" ? .absent : .unreadable(String(kind))
    }
}
