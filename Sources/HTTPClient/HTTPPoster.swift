import Execution

/// Posts JSON to other hosts, one after the other, on a thread of its own.
package actor HTTPPoster {
    /// For one attempt, from the name's look-up to the answer's end.
    private static let secondsMax = 10
    private static let answerBytesMax = 65_536

    private let thread = EngineThread(name: "webhooks")
    private let agent: String

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - agent: what `User-Agent` says.
    package init(agent: String) { self.agent = agent }

    /// Sends one request; a redirect is an answer like any other.
    /// - Returns: the status that came back; nil where none did.
    package func post(_ body: [UInt8], to url: String) -> Int? {
        let transfer = CurlTransfer(
            url: url, fields: [("Content-Type", "application/json"), ("User-Agent", agent)],
            body: .whole(body), answerBytesMax: Self.answerBytesMax)
        transfer.protocols = "http,https"
        transfer.secondsMax = Self.secondsMax
        do throws(TransferError) {
            // A handle for each: hosts differ, and nothing is gained by keeping connections.
            let curl = try CurlHandle()
            try curl.perform(transfer)
        } catch {
            return nil
        }
        return transfer.status
    }
}
