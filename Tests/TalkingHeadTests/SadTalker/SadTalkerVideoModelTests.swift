import EngineAPI
import Foundation
import Inference
import Media
import Testing

@testable import TalkingHead

private let orderFolder = ProcessInfo.processInfo.environment["AVATAR_VIDEO_ORDER"]

/// Makes the video that `scripts/models/sadtalker/compare.py` asks for, and keeps its frames as
/// they were drawn: before any codec. Runs where that script says what to make, and only then.
@Suite(.enabled(if: orderFolder != nil)) struct SadTalkerVideoModelTests {
    private struct Order: Decodable {
        /// A models folder with `sadtalker` and `face` in it.
        let models: String
        /// Of the video, and of what the networks draw.
        let size: Int
        let side: Int
        let preprocess: String
        let seed: UInt64
        let poseStyle: Int
        let still: Bool
        let blink: Bool
        let expressionScale: Double
        /// Whether the face is only looked for.
        let pointsOnly: Bool
    }

    private struct Report: Encodable {
        /// 478, x and y in the portrait's pixels.
        var points: [[Float]] = []
        /// The part of the portrait that is drawn: left, top, right, bottom.
        var cut: [Int] = []
        var place: [Int] = []
        /// The portrait's own, 73.
        var coefficients: [Double] = []
        var width = 0
        var height = 0
        var frames = 0
        var milliseconds: [String: Double] = [:]
        /// Of the whole process, at its peak.
        var memoryBytes = 0
    }

    @Test("the video that was ordered is made, and its frames are kept")
    func makes() async throws {
        let folder = URL(fileURLWithPath: try #require(orderFolder))
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appendingPathComponent(name)))
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let order = try decoder.decode(Order.self, from: Data(try bytes("order.json")))
        var options = AnimationOptions()
        options.framing = try #require(AnimationOptions.Framing(rawValue: order.preprocess))
        (options.sidePixels, options.seed) = (order.size, order.seed)
        (options.poseStyle, options.isStill) = (order.poseStyle, order.still)
        (options.blinks, options.expressionScale) = (order.blink, order.expressionScale)
        let codec = FFmpegCodec(threads: 1)
        let work = WorkContext(within: .seconds(7_200))
        let portrait = try await codec.decodeImage(
            try bytes("portrait.png"), sideMax: 4_096, work: work)
        var report = Report()
        let points = try Models.finder().find(in: portrait, at: nil, work: work).mesh.points
        report.points = points.map { [$0.x, $0.y] }
        let geometry = PortraitGeometry(portrait, points.map(\.plane), options)
        func corners(_ rect: PixelRect) -> [Int] { [rect.left, rect.top, rect.right, rect.bottom] }
        (report.cut, report.place) = (corners(geometry.cut), corners(geometry.place))
        (report.width, report.height) = (geometry.width, geometry.height)
        if !order.pointsOnly {
            report.coefficients = try coefficients(
                order, portrait, points.map(\.plane), geometry, folder, work)
            let voice = try await codec.decodeAudio(
                try bytes("voice.wav"), sampleRateHz: 16_000, secondsMax: 600, work: work)
            try await make(order, options, portrait, voice, folder, &report, work)
            #expect(report.frames > 0)
        }
        report.memoryBytes = peakBytes()
        try JSONEncoder().encode(report).write(to: folder.appendingPathComponent("report.json"))
    }

    /// The portrait's, and what the reconstruction saw: planes of 224 × 224.
    private func coefficients(
        _ order: Order, _ portrait: Image, _ points: [Point2], _ geometry: PortraitGeometry,
        _ folder: URL, _ work: WorkContext
    ) throws -> [Double] {
        let side = order.side
        let square = portrait.resized(geometry.cut, width: side, height: side)
        let fit = try FaceAlignment.fit(
            FaceAlignment.five(geometry.inCut(points, side: side)), height: side)
        let aligned = FaceAlignment.planes(square, fit)
        try Data(aligned.map { UInt8(bounded: ($0 * 255).rounded()) })
            .write(to: folder.appendingPathComponent("aligned.rgb"))
        let models = ModelDirectory(path: order.models)
        let network = try LoadedNetwork(
            .reconstruction, path: models.file(SadTalkerNetwork.reconstruction.file),
            Models.runtime.get(), threads: 2)
        let shape = [1, 3, FaceAlignment.side, FaceAlignment.side]
        let found = try network.run([Tensor(aligned, shape: shape)], until: work)[0]
        return Coefficients.portrait(found, fit)
    }

    private func make(
        _ order: Order, _ options: AnimationOptions, _ portrait: Image, _ voice: AudioClip,
        _ folder: URL, _ report: inout Report, _ work: WorkContext
    ) async throws {
        let found = SadTalkerEngine(
            models: ModelDirectory(path: order.models),
            runtime: { () throws(EngineError) in try Models.runtime.get() },
            rateConverter: rateConverter,
            threads: ProcessInfo.processInfo.activeProcessorCount)
        let engine = try #require(found)
        let session = try await engine.open(portrait, options, work: work)
        try await session.add(VoicePiece(clip: voice))
        try await session.finish()
        var (frames, used) = (Data(), VideoFrame?.none)
        while let frame = try await session.next(reusing: used) {
            frames.append(contentsOf: frame.rgb)
            report.frames += 1
            used = frame
        }
        for stage in await session.close() { report.milliseconds[stage.name] = stage.milliseconds }
        try frames.write(to: folder.appendingPathComponent("frames.rgb"))
    }

    /// `VmHWM`.
    private func peakBytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
