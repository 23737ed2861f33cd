import Foundation
import Testing

@testable import Service

@Suite struct ResultStoreSystemTests {
    private let folder = TestFolder()

    private func mode(_ path: String) throws -> Int {
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        return facts[.posixPermissions] as? Int ?? 0
    }

    @Test("results lie in a private folder, which goes when the store is closed")
    func privacy() async throws {
        let store = ResultStore(parent: folder.path)
        #expect(folder.names == [])
        try await store.append([1, 2, 3], to: "a")
        try await store.append([4], to: "a")
        await store.seal("a")
        let name = try #require(folder.names.first)
        let own = folder.path + "/" + name
        #expect(try mode(own) == 0o700 && mode(own + "/a") == 0o600)
        let file = try await store.reader("a")
        #expect(try await store.read(file, at: 1, count: 9) == [2, 3, 4])
        await store.remove("a")
        #expect(try await store.read(file, at: 0, count: 1) == [1])
        await #expect(throws: StoreError.missing) { _ = try await store.reader("a") }
        await store.close()
        #expect(folder.names == [])
        store.join()
    }

    @Test("a link in place of a result is not followed")
    func links() async throws {
        let store = ResultStore(parent: folder.path)
        try await store.append([1], to: "a")
        await store.seal("a")
        let own = folder.path + "/" + (try #require(folder.names.first))
        try Data([7]).write(to: URL(fileURLWithPath: folder.path + "/secret"))
        for name in ["a", "b"] {
            try? FileManager.default.removeItem(atPath: own + "/" + name)
            try FileManager.default.createSymbolicLink(
                atPath: own + "/" + name, withDestinationPath: folder.path + "/secret")
        }
        await #expect(throws: StoreError.missing) { _ = try await store.reader("a") }
        await #expect(throws: StoreError.unavailable(code: EEXIST)) {
            try await store.append([9], to: "b")
        }
        await store.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/secret")) == Data([7]))
        store.join()
    }

    @Test("what a dead process left is swept; what a live one has, and what is not ours, stays")
    func sweep() async throws {
        let live = ResultStore(parent: folder.path)
        try await live.append([1], to: "a")
        let files = FileManager.default
        func make(_ name: String, mode: Int, lock: Bool) throws {
            let path = folder.path + "/" + name
            try files.createDirectory(
                atPath: path, withIntermediateDirectories: false,
                attributes: [.posixPermissions: mode])
            if lock { try Data().write(to: URL(fileURLWithPath: path + "/lock")) }
            try Data([1]).write(to: URL(fileURLWithPath: path + "/0f"))
        }
        try make("avatar-backend-dead00", mode: 0o700, lock: true)
        try make("avatar-backend-shared", mode: 0o755, lock: true)
        try make("avatar-backend-young0", mode: 0o700, lock: false)
        try make("other", mode: 0o700, lock: true)
        try files.createSymbolicLink(
            atPath: folder.path + "/avatar-backend-link00",
            withDestinationPath: folder.path + "/other")
        let sweeper = ResultStore(parent: folder.path)
        #expect(await sweeper.sweep() == 1)
        #expect(await live.sweep() == 0)
        let left = Set(folder.names)
        #expect(!left.contains("avatar-backend-dead00") && left.count == 5)
        #expect(files.fileExists(atPath: folder.path + "/other/0f"))
        #expect(try await live.read(try await live.reader("a"), at: 0, count: 1) == [1])
        await live.close()
        live.join()
        sweeper.join()
    }
}
