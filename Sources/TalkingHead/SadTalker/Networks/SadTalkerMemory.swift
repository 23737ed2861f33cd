import EngineAPI

/// What a video of SadTalker's holds, so that it can be charged before it is taken.
enum SadTalkerMemory {
    /// Of its file's bytes: weights are kept as they are and once more as the products want them.
    private static let copiesOfWeights = 2
    /// What one run of the renderer takes at 256 pixels a side, as
    /// `scripts/models/sadtalker/bench.py` shows; it grows with the area. The portrait's networks,
    /// which have gone by then, take less.
    private static let runBytesAt256 = 768 << 20
    private static let bytesPerPixel = 48
    /// What one run of the reconstruction takes.
    private static let reconstructionRunBytes = 64 << 20

    /// What reading a video's coefficients takes.
    static func reconstructionBytes(in files: SadTalkerFiles) -> Int {
        files.models.bytes(of: SadTalkerNetwork.reconstruction.file) * copiesOfWeights
            + reconstructionRunBytes
    }

    /// - networks: those that are held while frames are drawn.
    static func bytes(
        _ networks: [SadTalkerNetwork], in files: SadTalkerFiles, side: Int,
        _ geometry: PortraitGeometry
    ) -> Int {
        let weights = networks.reduce(0) { $0 + files.models.bytes(of: $1.file) }
        let run = runBytesAt256 / (256 * 256) * side * side
        return weights * copiesOfWeights + run
            + geometry.width * geometry.height * bytesPerPixel
    }
}
