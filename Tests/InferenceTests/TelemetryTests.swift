import Glibc
import Testing

@testable import Inference

@Suite struct TelemetryTests {
    @Test("ONNX Runtime is told to tell nobody before it is asked for anything")
    func isForbidden() throws {
        _ = try OnnxRuntime()
        let value = try #require(getenv(OnnxRuntime.telemetrySwitch))
        #expect(String(cString: value) == "1")
    }
}
