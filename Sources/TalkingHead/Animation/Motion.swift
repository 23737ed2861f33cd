import EngineAPI
import Glibc

/// Head, lids and brows of a whole video: a pure function of the voice's loudness and the seed.
enum Motion {
    /// How far the head goes, radians and centimetres. Yaw stays within 4°: beyond, hair tears.
    private static let yaw: Float = 2.6 * .pi / 180
    private static let roll: Float = 1.3 * .pi / 180
    private static let pitch: Float = 1.4 * .pi / 180
    private static let nod: Float = 2.2 * .pi / 180
    private static let yawMax: Float = 4 * .pi / 180

    struct Frame: Sendable, Equatable {
        var head = HeadTurn()
        var blink: Float = 0
        var brow: Float = 0
        /// Centimetres to the image's right.
        var gaze: Float = 0
        /// Chest raised by breath, 0…1.
        var breath: Float = 0
    }

    static func frames(
        _ count: Int, loudness: [Float], options: AnimationOptions
    ) -> [Frame] {
        var generator = SeededGenerator(seed: options.seed)
        let style = Style(options.poseStyle)
        let rate = Float(options.framesPerSecond)
        // Drawn always and in this order: leaving one out must not change the others.
        let sways = [0.16, 0.13, 0.2, 0.11, 0.17].map {
            Sway(hertz: Float($0) * style.tempo, &generator)
        }
        let blinks = blinkCurve(count, rate, &generator)
        let darts = Gaze.curve(count, rate, &generator)
        // Quiet breathing: 13 to 18 breaths a minute.
        let (breathSeconds, breathPhase) = (
            generator.uniform(3.4, 4.6), generator.uniform(0, 2 * .pi)
        )
        let voice = smoothed(loudness, 12)
        let slow = smoothed(loudness, 62)
        let quick = smoothed(loudness, 17)
        let rises = smoothed(zip(voice, slow).map { max($0 - $1, 0) }, 16)
        return (0..<count).map { index in
            let seconds = Float(index) / rate
            var frame = Frame()
            if options.blinks { frame.blink = blinks[index] }
            let place = seconds * 100
            frame.brow = min(sample(rises, at: place) * 1.6, 0.6) * Float(options.expressionScale)
            let end = Float(count - 1 - index) / rate
            frame.brow *= smoothStep(0, 0.3, min(seconds, end))
            frame.gaze = darts[index] * smoothStep(0, 0.3, min(seconds, end))
            guard !options.isStill else { return frame }
            let weight = (1 - expf(-seconds / 0.6)) * (1 - expf(-end / 0.35))
            let turn = min(max(sways[0].value(seconds) * yaw * style.yaw, -yawMax), yawMax)
            let stress = sample(quick, at: place) - sample(slow, at: place)
            frame.head = HeadTurn(
                yaw: turn * weight,
                pitch: (sways[2].value(seconds) * pitch * style.pitch + nod * stress * style.nod)
                    * weight,
                roll: (sways[1].value(seconds) * roll * style.roll + 0.25 * turn) * weight,
                right: sways[3].value(seconds) * 0.12 * weight,
                down: sways[4].value(seconds) * 0.08 * weight)
            frame.gaze += Gaze.held(against: frame.head.yaw)
            let breath = sinf(2 * .pi * seconds / breathSeconds + breathPhase)
            frame.breath = (0.5 + 0.5 * breath) * weight
            return frame
        }
    }

    /// One of the 46 motion styles: how lively each turn is. 0 is even.
    private struct Style {
        var (yaw, pitch, roll, nod, tempo): (Float, Float, Float, Float, Float) = (1, 1, 1, 1, 1)

        init(_ number: Int) {
            guard number != 0 else { return }
            var generator = SeededGenerator(seed: 0x5717_1e00 &+ UInt64(bitPattern: Int64(number)))
            yaw = generator.uniform(0.5, 1.35)
            pitch = generator.uniform(0.5, 1.4)
            roll = generator.uniform(0.4, 1.6)
            nod = generator.uniform(0.4, 1.6)
            tempo = generator.uniform(0.75, 1.3)
        }
    }

    /// Smooth noise of about unit size: five sines whose rates have no common measure soon.
    private struct Sway {
        private var waves: [(rate: Float, phase: Float, size: Float)] = []

        init(hertz: Float, _ generator: inout SeededGenerator) {
            var size: Float = 1
            for wave in 0..<5 {
                waves.append(
                    (
                        2 * .pi * hertz * (0.35 + 0.45 * Float(wave)),
                        generator.uniform(0, 2 * .pi), size * generator.uniform(0.6, 1) / 1.8
                    ))
                size *= 0.8
            }
        }

        func value(_ seconds: Float) -> Float {
            waves.reduce(0) { $0 + sinf($1.rate * seconds + $1.phase) * $1.size }
        }
    }

    /// Lids at each frame. People blink every two to six seconds while they speak; closing takes
    /// 80 ms, opening twice as long.
    private static func blinkCurve(
        _ count: Int, _ rate: Float, _ generator: inout SeededGenerator
    ) -> [Float] {
        var curve = [Float](repeating: 0, count: count)
        var start = generator.uniform(0.8, 2)
        let length = Float(count) / rate
        while start < length - 0.5 {
            let hold = generator.uniform(0.02, 0.06)
            for index in max(Int(bounded: start * rate), 0)..<count {
                let t = Float(index) / rate - start
                if t > 0.24 + hold { break }
                let value =
                    t < 0.08
                    ? smoothStep(-0.01, 0.08, t) : 1 - smoothStep(0.08 + hold, 0.24 + hold, t)
                if t >= 0 { curve[index] = max(curve[index], value) }
            }
            // The sum of two even draws: rarely very soon, rarely very late.
            start += generator.uniform(0.7, 3.2) + generator.uniform(0.7, 3.2)
        }
        return curve
    }
}
