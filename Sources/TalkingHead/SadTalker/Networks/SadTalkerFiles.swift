import EngineAPI
import Inference

/// Which of SadTalker's files the models folder has. None of them is ours: an operator exports them
/// by `scripts/models/sadtalker`.
struct SadTalkerFiles: Sendable {
    static let folder = "sadtalker"

    let models: ModelDirectory

    private var names: [String] {
        models.names(in: Self.folder).filter { $0.hasSuffix(".onnx") }
    }

    /// Whether there is any file of it: then the engine is known, and what else it needs and lacks
    /// is an error that says so.
    var isInstalled: Bool { !names.isEmpty }

    /// Whether a video can be made: everything of one size, and one of the mappings.
    var isComplete: Bool {
        let alike: [SadTalkerNetwork] = [.expressions, .headMotion, .reconstruction]
        return (alike + mappings).allSatisfy { models.has($0.file) }
            && sides.contains { side in
                models.has(SadTalkerNetwork.keypoints(side: side).file)
                    && models.has(SadTalkerNetwork.appearance(side: side).file)
            }
    }

    /// Those that are there: of `crop` and `resize`, of `full`, or of both; never none, so that
    /// whoever opens them says what is missing.
    var mappings: [SadTalkerNetwork] {
        let all = [SadTalkerNetwork.mapping(.crop), .mapping(.full)]
        let found = all.filter { models.has($0.file) }
        return found.isEmpty ? [all[0]] : found
    }

    /// Pixels a side that there is a renderer for, ascending. Such as no network of this kind has,
    /// whose features are a quarter as wide, are somebody's else.
    var sides: [Int] {
        let found = names.compactMap { name -> Int? in
            guard name.hasPrefix("renderer_") else { return nil }
            return Int(name.dropFirst("renderer_".count).prefix { $0 != "." })
        }
        return Set(found).filter { (Self.sideMin...Self.sideMax).contains($0) && $0 % 4 == 0 }
            .sorted()
    }

    private static let sideMin = 64
    private static let sideMax = 1024

    /// The smallest that shows so many pixels, or else the largest.
    /// - Throws: `.modelMissing` where there is none at all.
    func side(for pixels: Int) throws(EngineError) -> Int {
        let sides = try presentSides()
        return sides.first { $0 >= pixels } ?? sides[sides.count - 1]
    }

    /// As `sides`, but never none.
    /// - Throws: `.modelMissing`.
    func presentSides() throws(EngineError) -> [Int] {
        let sides = sides
        guard sides.isEmpty else { return sides }
        let usual = SadTalkerNetwork.renderer(side: 256, isQuantised: false)
        throw .modelMissing(path: models.path + "/" + usual.file)
    }

    /// On a CPU the one in 8 bits, where it is there; it runs nowhere else.
    func renderer(side: Int, isOnCPU: Bool) -> SadTalkerNetwork {
        let exact = SadTalkerNetwork.renderer(side: side, isQuantised: false)
        let quantised = SadTalkerNetwork.renderer(side: side, isQuantised: true)
        return models.has(quantised.file) && (isOnCPU || !models.has(exact.file))
            ? quantised : exact
    }
}
