import EngineAPI
import Execution
import HTTPWire

/// Counts the requests of each client, by its key, else by its address; off unless a bound is set.
final class ClientPlaces: Sendable {
    private let countMax: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - countMax: requests of one client at once; 0 is no limit.
    init(countMax: Int) { self.countMax = countMax }

    /// Counts one more request, until the visit goes; nil where nobody counts.
    func enter(_ head: RequestHead) throws(Problem) -> ClientVisit? {
        guard countMax > 0 else { return nil }
        let client = head.value("authorization") ?? head.peerAddress
        let isIn = counts.withLock { counts in
            guard counts[client, default: 0] < countMax else { return false }
            counts[client, default: 0] += 1
            return true
        }
        guard isIn else {
            throw Problem(
                .clientOverloaded, "This client has as many requests here as it may have.",
                limit: "\(countMax) requests at once", retryAfterSeconds: 2)
        }
        return ClientVisit(client, in: self)
    }

    fileprivate func leave(_ client: String) {
        counts.withLock { counts in
            let left = counts[client, default: 1] - 1
            counts[client] = left > 0 ? left : nil
        }
    }
}

/// One request of a client; no longer counted when it goes.
final class ClientVisit: Sendable {
    private let client: String
    private let places: ClientPlaces

    fileprivate init(_ client: String, in places: ClientPlaces) {
        self.client = client
        self.places = places
    }

    deinit { places.leave(client) }
}
