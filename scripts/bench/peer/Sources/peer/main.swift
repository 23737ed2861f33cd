import Hummingbird
import Logging

// The same answer as ours, from the best-known Swift server, to measure against.
let router = Router()
router.get("healthz") { _, _ in
    Response(
        status: .ok, headers: [.contentType: "application/json"],
        body: .init(byteBuffer: ByteBuffer(string: #"{"status":"ok"}"#)))
}
let port = Int(CommandLine.arguments.dropFirst().first ?? "18403") ?? 18403
let application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
    logger: Logger(label: "peer") { _ in SwiftLogNoOpLogHandler() })
try await application.runService()
