import EngineAPI

/// From an order to what the face does in every frame: a pure function of order and reader.
enum Performance {
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.runtimeRefused`.
    static func expressions(
        _ order: AnimationOrder, reader: any ShapeReading, work: Work
    ) throws(EngineError) -> [Expression] {
        let heard = order.voice.resampled(to: MouthEar.rateHz)
        try work.check()
        let rows: [SIMD16<Float>]
        if let visemes = order.visemes {
            rows = SpokenShapes.rows(visemes, frames: MouthEar.frames(heard.samples.count))
        } else {
            rows = try reader.shapes(heard.samples, work: work)
        }
        return expressions(rows, Loudness.curve(heard.samples), order)
    }

    static func expressions(
        _ rows: [SIMD16<Float>], _ loudness: [Float], _ order: AnimationOrder
    ) -> [Expression] {
        let options = order.options
        let frames = max(
            Int((order.voice.seconds * Double(options.framesPerSecond)).rounded(.up)), 1)
        let mouths = MouthCurves.curves(
            rows, loudness: loudness, frames: frames, framesPerSecond: options.framesPerSecond,
            scale: Float(options.expressionScale))
        let eases = MouthCurves.ease(
            rows, frames: frames, framesPerSecond: options.framesPerSecond)
        let motions = Motion.frames(frames, loudness: loudness, options: options)
        return (0..<frames).map { frame in
            let motion = motions[frame]
            return Expression(
                mouth: mouths[frame], ease: eases[frame], blink: motion.blink, brow: motion.brow,
                gaze: motion.gaze, head: motion.head)
        }
    }
}
