import EngineAPI
import Glibc
import Inference

@testable import TalkingHead

/// Where the converted models lie: AVATAR_MODELS, or what the set-up made.
let modelFolder: ModelDirectory = {
    if let path = getenv("AVATAR_MODELS") { return ModelDirectory(path: String(cString: path)) }
    let parts = #filePath.split(separator: "/").dropLast(3)
    return ModelDirectory(path: "/" + parts.joined(separator: "/") + "/.deps/models")
}()

/// Where the set-up puts the portrait that tests use.
let samplesPath =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/.deps/samples"

/// The models, loaded once for all tests.
enum Models {
    static let runtime = Result { () throws(EngineError) in try OnnxRuntime() }

    static func session(_ name: String) throws -> OnnxSession {
        try OnnxSession(runtime.get(), modelPath: modelFolder.file("face/" + name))
    }

    static func finder() throws -> FaceFinder {
        FaceFinder(
            detector: FaceDetector(try session("face_detection.onnx")),
            mesher: FaceLandmarker(try session("face_landmarks.onnx")))
    }
}

extension Result where Failure == EngineError {
    init(_ make: () throws(EngineError) -> Success) {
        do throws(EngineError) { self = .success(try make()) } catch { self = .failure(error) }
    }
}
