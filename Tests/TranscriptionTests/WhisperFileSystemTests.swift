import EngineAPI
import Foundation
import Inference
import Testing

@testable import Transcription

/// whisper.cpp itself on damaged files.
@Suite struct WhisperFileSystemTests {
    /// In a process of its own: whisper.cpp ends it where the check let something through.
    @Test("what passes is loaded and decodes, whatever the weights are")
    func loads() async {
        await #expect(processExitsWith: .success) {
            let path = "/tmp/whisper-file-test-\(getpid()).bin"
            defer { unlink(path) }
            var seed: UInt64 = 11
            func random(_ bound: Int) -> Int {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(seed >> 33) % bound
            }
            var places = Array(stride(from: 56, to: 1_024, by: 31))
            for _ in 0..<40 { places.append(random(WhisperBytes.model.bytes.count)) }
            for at in places {
                let bytes = changed(at, by: UInt8(1 << random(8)))
                guard fault(bytes) == nil else { continue }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                let context = try WhisperContext(ModelFileReader(path: path), device: nil)
                let state = try WhisperStateHandle(context)
                let samples = (0..<16_000).map { Float($0 % 50) / 100 - 0.25 }
                var options = DecodeOptions()
                (options.language, options.tokensMax, options.window) = ("en", 4, 256)
                options.beamWidth = at % 2 == 0 ? 3 : 0
                // That it fails is well; that the process lives is what counts.
                _ = try? state.decode(
                    samples[...], options,
                    work: WorkContext(within: .seconds(300)))
            }
        }
    }
}
