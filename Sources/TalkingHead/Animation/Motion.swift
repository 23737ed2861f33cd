import EngineAPI
import Glibc

/// Head, lids and brows, frame by frame: a pure function of the voice and the seed.
struct Motion {
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
        /// Centimetres to the image's right and down.
        var gaze = Point2()
        /// Chest raised by breath, 0…1.
        var breath: Float = 0
    }

    private let options: AnimationOptions
    private let style: Style
    private let sways: [Sway]
    private var blinks: Blinks
    private var gaze: Gaze
    private let breathSeconds: Float
    private let breathPhase: Float

    init(_ options: AnimationOptions) {
        self.options = options
        let style = Style(options.poseStyle)
        self.style = style
        var generator = SeededGenerator(seed: options.seed)
        // Drawn always and in this order: leaving one out must not change the others. What draws
        // as time goes on has a generator of its own.
        sways = [0.16, 0.13, 0.2, 0.11, 0.17].map {
            Sway(hertz: Float($0) * style.tempo, &generator)
        }
        // Quiet breathing: 13 to 18 breaths a minute.
        breathSeconds = generator.uniform(3.4, 4.6)
        breathPhase = generator.uniform(0, 2 * .pi)
        blinks = Blinks(SeededGenerator(seed: generator.next()))
        gaze = Gaze(SeededGenerator(seed: generator.next()))
    }

    /// The next frame.
    /// - seconds: from the beginning. - end: how many are left; infinity where nobody knows.
    mutating func frame(seconds: Float, end: Float, voice: FaceCurves.Point) -> Frame {
        var frame = Frame()
        let lids = blinks.lids(at: seconds, end: end)
        if options.blinks { frame.blink = lids }
        let nearest = smoothStep(0, 0.3, min(seconds, end))
        frame.brow = min(voice.rise * 1.6, 0.6) * Float(options.expressionScale) * nearest
        frame.gaze = Point2(gaze.way(at: seconds) * nearest, 0)
        guard !options.isStill else { return frame }
        let weight =
            (1 - expf(-seconds / 0.6)) * smoothStep(0, Float(FaceAnimation.endSeconds), end)
        let turn = min(
            max(sways[0].value(seconds) * Self.yaw * style.yaw, -Self.yawMax), Self.yawMax)
        let pitch = sways[2].value(seconds) * Self.pitch * style.pitch
        frame.head = HeadTurn(
            yaw: turn * weight,
            pitch: (pitch + Self.nod * voice.stress * style.nod) * weight,
            roll: (sways[1].value(seconds) * Self.roll * style.roll + 0.25 * turn) * weight,
            right: sways[3].value(seconds) * 0.12 * weight,
            down: sways[4].value(seconds) * 0.08 * weight)
        frame.gaze += Gaze.held(against: frame.head)
        let breath = sinf(2 * .pi * seconds / breathSeconds + breathPhase)
        frame.breath = (0.5 + 0.5 * breath) * weight
        return frame
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

    /// Lids. People blink every two to six seconds while they speak; closing takes 80 ms, opening
    /// twice as long.
    private struct Blinks {
        private var generator: SeededGenerator
        private var start: Float
        private var hold: Float

        init(_ generator: SeededGenerator) {
            self.generator = generator
            start = self.generator.uniform(0.8, 2)
            hold = self.generator.uniform(0.02, 0.06)
        }

        /// - seconds: no less than in the call before. - end: how many are left.
        mutating func lids(at seconds: Float, end: Float) -> Float {
            let endSeconds = Float(FaceAnimation.endSeconds)
            // More than one is over where nobody asked for a while.
            while seconds - start > 0.24 + hold, seconds - start + end > endSeconds {
                // The sum of two even draws: rarely very soon, rarely very late.
                start += generator.uniform(0.7, 3.2) + generator.uniform(0.7, 3.2)
                hold = generator.uniform(0.02, 0.06)
            }
            let t = seconds - start
            // None begins shortly before the end.
            guard t >= 0, t + end > endSeconds else { return 0 }
            return t < 0.08
                ? smoothStep(-0.01, 0.08, t) : 1 - smoothStep(0.08 + hold, 0.24 + hold, t)
        }
    }
}
