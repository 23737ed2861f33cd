import EngineAPI
import Execution
import Testing

@testable import Transcription

@Suite struct ModelShelfTests {
    private static func loading() -> SingleFlight<LoadedModel> {
        SingleFlight { () async throws(EngineError) in throw .modelMissing(path: "none") }
    }

    @Test("the least used leave, as many as another needs room of")
    func leastUsed() {
        var shelf = ModelShelf(bytesMax: 100)
        for (name, bytes) in [("a", 40), ("b", 30), ("c", 30)] {
            #expect(shelf.makeRoom(for: bytes).isEmpty)
            shelf.add(Self.loading(), name, bytes: bytes)
        }
        #expect(shelf.model("a") != nil)
        #expect(shelf.makeRoom(for: 20) == ["b"])
        #expect(shelf.makeRoom(for: 70) == ["c", "a"])
        #expect(shelf.names.isEmpty)
    }

    @Test("a model that failed leaves its place, not that of one which came after it")
    func failed() {
        var shelf = ModelShelf(bytesMax: 100)
        let (first, second) = (Self.loading(), Self.loading())
        shelf.add(first, "a", bytes: 10)
        shelf.add(second, "a", bytes: 10)
        shelf.remove("a", first)
        #expect(shelf.model("a") === second)
        shelf.remove("a", second)
        #expect(!shelf.has("a") && shelf.model("a") == nil)
    }
}
