import EngineAPI
import Execution

/// Posts JSON to other hosts, a few at a time, so that one that hangs delays no other's.
package final class HTTPPoster: Sendable {
    private static let lanesMax = 8

    private let agent: String
    /// Lanes and how many posts each has; made as they are needed.
    private let lanes = Mutex<[(lane: Lane, count: Int)]>([])

    /// - agent: what `User-Agent` says.
    package init(agent: String) { self.agent = agent }

    /// Sends one request; a redirect is a response like any other.
    /// - Returns: the status that came back; nil where none did.
    package func post(
        _ body: [UInt8], fields: [(String, String)], to url: String
    ) async -> Int? {
        let (index, lane) = enter()
        defer { lanes.withLock { $0[index].count -= 1 } }
        return await lane.post(
            body,
            fields: [("Content-Type", "application/json"), ("User-Agent", agent)] + fields,
            to: url)
    }

    /// The lane that has least to do.
    private func enter() -> (Int, Lane) {
        lanes.withLock { lanes in
            var index = lanes.indices.min { lanes[$0].count < lanes[$1].count } ?? 0
            if lanes.isEmpty || lanes[index].count > 0, lanes.count < Self.lanesMax {
                index = lanes.count
                lanes.append((Lane(thread: ThreadExecutor(name: "webhooks-\(index)")), 0))
            }
            lanes[index].count += 1
            return (index, lanes[index].lane)
        }
    }

    /// One thread that posts one request at a time.
    private actor Lane {
        /// For one attempt, from the name's look-up to the response's end.
        private static let secondsMax = 10
        private static let responseBytesMax = 65_536

        private let thread: ThreadExecutor

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            thread.asUnownedSerialExecutor()
        }

        init(thread: ThreadExecutor) { self.thread = thread }

        func post(_ body: [UInt8], fields: [(String, String)], to url: String) -> Int? {
            let transfer = CurlTransfer(
                url: url, fields: fields, body: .whole(body),
                responseBytesMax: Self.responseBytesMax)
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
}
