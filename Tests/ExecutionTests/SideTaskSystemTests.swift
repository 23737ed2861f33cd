import EngineAPI
import Execution
import Glibc
import Testing

@Suite("Work on the side")
struct SideTaskSystemTests {
    @Test("it is done on another thread, and its value comes back")
    func valueComesBack() throws {
        let here = pthread_self()
        let task = SideTask("side") { () throws(EngineError) in pthread_self() != here }
        #expect(try task.value())
    }

    @Test("what it throws is thrown where it is waited for")
    func failureComesBack() {
        let task = SideTask("side") { () throws(EngineError) -> Int in
            throw .modelMissing(path: "a")
        }
        #expect(throws: EngineError.modelMissing(path: "a")) { try task.value() }
    }
}
