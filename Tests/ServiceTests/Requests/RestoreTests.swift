import EngineAPI
import Testing

@testable import Service

/// Copies of one process, as a platform makes them of a snapshot.
@Suite("Copies of a snapshot")
struct RestoreTests {
    @Test("copies that go on as they were give the same ids; renewed ones share none")
    func ids() {
        func copy() -> RequestIDs {
            let ids = RequestIDs(start: 7)
            _ = ids.next()
            return ids
        }
        #expect(copy().next() == copy().next(), "this is what must not be")
        let copies = (0..<20).map { _ in copy() }
        for copy in copies { copy.renew() }
        let all = copies.flatMap { copy in (0..<50).map { _ in copy.next() } }
        #expect(Set(all).count == all.count)
    }

    @Test("a key that was made before the copy opens nothing after it, and copies' keys differ")
    func secrets() {
        func copy() -> ClientSecrets {
            ClientSecrets(key: [UInt8](repeating: 7, count: 32)) { 1_000 }
        }
        let (one, other) = (copy(), copy())
        let before = one.make(seconds: 60, origin: nil).value
        #expect(other.allows(before, origin: nil))
        one.renew()
        other.renew()
        #expect(!one.allows(before, origin: nil) && !other.allows(before, origin: nil))
        let after = one.make(seconds: 60, origin: nil).value
        #expect(one.allows(after, origin: nil) && !other.allows(after, origin: nil))
    }

    @Test("the service renews both")
    func service() async throws {
        let service = scriptedService()
        let secret = service.secrets.make(seconds: 60, origin: nil).value
        service.wasRestored()
        #expect(!service.secrets.allows(secret, origin: nil))
    }
}
