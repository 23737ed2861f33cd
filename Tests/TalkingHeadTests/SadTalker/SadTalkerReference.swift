import EngineAPI
import Foundation
import Inference
import Testing

@testable import TalkingHead

/// Small networks with the inputs and outputs of the real ones, and what each stage of a video
/// makes of them by the statement in numpy that was proved against the original.
/// `scripts/models/sadtalker/tiny.py` writes both.
enum SadTalkerReference {
    static let side = 64
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Networks")

    /// One way through all stages.
    struct Film: Decodable {
        struct Input: Decodable {
            let samples: Int
            let placement: [Double]
            let seed: UInt64
            let style: Int
            let expression_scale: Double
        }
        struct Noise: Decodable {
            let words: [String]
            let normals: [Float]
        }
        let input: Input
        let noise: Noise
        let source, mel, expressions, head, windows, windows_still, windows_30fps: Facts
        let canonical, points, frames, last_frame, pasted: Facts
        let blink: [Float]
        let stretches: [[Int]]
        let degrees: [Facts]
        let fit: [Double]
        let square: [Int]
    }

    static func film(_ framing: AnimationOptions.Framing) throws -> Film {
        let bytes = try Data(contentsOf: folder.appendingPathComponent("reference.json"))
        let all = try JSONDecoder().decode([String: Film].self, from: bytes)
        return try #require(all[framing.rawValue])
    }

    /// Enough of an array to find the first stage that goes astray.
    struct Facts: Decodable {
        let shape: [Int]
        let sum: Double
        let absolute_sum: Double
        let at: [Int]
        let values: [Double]

        /// - within: of the largest value.
        func expect(
            _ found: [Double], within tolerance: Double,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let where_ = sourceLocation
            guard found.count == shape.reduce(1, *) else {
                Issue.record("\(found.count) values, not \(shape)", sourceLocation: where_)
                return
            }
            let largest = found.reduce(0) { max($0, abs($1)) }
            // They are written with seven digits behind the point.
            let bound = tolerance * largest + 1e-7
            for (index, value) in zip(at, values) {
                #expect(
                    abs(found[index] - value) <= bound, "at \(index): \(found[index]), \(value)",
                    sourceLocation: where_)
            }
            let (all, absolute) = (found.reduce(0, +), found.reduce(0) { $0 + abs($1) })
            #expect(abs(all - sum) <= tolerance * absolute_sum, sourceLocation: where_)
            #expect(
                abs(absolute - absolute_sum) <= tolerance * absolute_sum, sourceLocation: where_)
        }

        func expect(
            _ found: [Float], within tolerance: Double,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            expect(
                found.map(Double.init), within: tolerance, sourceLocation: sourceLocation)
        }
    }

    static func open(_ network: SadTalkerNetwork) throws(EngineError) -> LoadedNetwork {
        try LoadedNetwork(
            network, path: folder.appendingPathComponent("\(network.name).onnx").path,
            Models.runtime.get(), threads: 1)
    }

    /// A wave over the index, 0…1.
    static func ramp(_ count: Int) -> [Float] {
        (0..<count).map { Float((sin(Double($0) * 0.37) + 1) / 2) }
    }

    /// A wave over the index as an image, planar, row by row: 0…1 times `scale`, whole parts.
    static func rampImage(width: Int, height: Int, scale: Double) -> Image {
        let values = (0..<width * height * 3).map {
            UInt8(bounded: Double(Float((sin(Double($0) * 0.37) + 1) / 2)) * scale)
        }
        return Image(width: width, height: height, rgb: values)
    }

    /// Samples by integers only: three waves of whole periods, with a pause.
    static func hum(_ count: Int) -> [Float] {
        (0..<count).map { i in
            guard i / 2400 % 3 != 2 else { return 0 }
            let saw = (i * 7 % 1600 - 800) * 4
            let chirp = (i * i / 97 % 401 - 200) * 8
            return Float(saw + chirp + (i % 73 - 36) * 60) / 32768
        }
    }
}
