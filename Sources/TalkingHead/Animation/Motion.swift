import EngineAPI
import Glibc

/// Head, lids and brows, frame by frame: a pure function of the voice and the seed.
struct Motion {
    /// What the head never stops doing, radians: it sways.
    private static let yaw: Float = 2.4 * .pi / 180
    private static let roll: Float = 1.2 * .pi / 180
    private static let pitch: Float = 1.2 * .pi / 180
    /// A stressed syllable's nod.
    private static let nod: Float = 3.6 * .pi / 180
    /// Who listens sways that much less.
    private static let listeningShare: Float = 0.45

    struct Frame: Sendable, Equatable {
        var head = HeadTurn()
        var blink: Float = 0
        var brow: Float = 0
        var feeling = Feeling()
        /// Centimetres to the image's right and down.
        var gaze = Point2()
        /// Chest raised by breath, 0…1.
        var breath: Float = 0
    }

    private let options: AnimationOptions
    private let limits: HeadLimits
    private let style: Style
    private let sways: [Sway]
    private var poses: Poses
    private var blinks: Blinks
    private var mood: Mood
    private var gaze: Gaze
    private let breathSeconds: Float
    private let breathPhase: Float

    /// - limits: how far the portrait's head may turn.
    init(_ options: AnimationOptions, limits: HeadLimits = HeadLimits()) {
        self.options = options
        self.limits = limits
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
        blinks = Blinks(
            SeededGenerator(seed: generator.next()), framesPerSecond: options.framesPerSecond)
        gaze = Gaze(SeededGenerator(seed: generator.next()))
        poses = Poses(SeededGenerator(seed: generator.next()), style: style)
        mood = Mood(options)
    }

    /// From the next frame on another feeling comes.
    mutating func show(_ expression: AnimationOptions.FacialExpression, intensity: Double) {
        mood.show(expression, intensity: intensity)
    }

    /// The next frame.
    /// - seconds: from the beginning. - end: how many are left; infinity where nobody knows.
    /// - path: how far along the head's path it is, 0…1; nil where nobody knows.
    mutating func frame(
        seconds: Float, end: Float, voice: FaceCurves.Point, path: Double? = nil
    ) -> Frame {
        var frame = Frame()
        let lids = blinks.lids(at: seconds, end: end)
        if options.blinks { frame.blink = lids }
        let nearest = smoothStep(0, 0.3, min(seconds, end))
        frame.brow = min(voice.rise * 1.6, 0.6) * Float(options.expressionScale) * nearest
        frame.feeling = mood.feeling(at: seconds, end: end, voice: voice)
        frame.gaze = Point2(gaze.way(at: seconds) * nearest, 0)
        guard !options.isStill || !options.headPath.isEmpty else { return frame }
        let weight =
            options.isStill
            ? 0 : (1 - expf(-seconds / 0.6)) * smoothStep(0, Float(FaceAnimation.endSeconds), end)
        frame.head = head(at: seconds, voice, weight * limits.share)
        if let reference = options.poseReference, !options.isStill {
            limits.follow(
                reference, at: Double(seconds), weight: weight * limits.share, &frame.head)
        }
        if let path { limits.follow(options.headPath, at: path, &frame.head) }
        frame.gaze += Gaze.held(against: frame.head)
        let breath = sinf(2 * .pi * seconds / breathSeconds + breathPhase)
        frame.breath = (0.5 + 0.5 * breath) * weight
        return frame
    }

    private mutating func head(
        at seconds: Float, _ voice: FaceCurves.Point, _ weight: Float
    ) -> HeadTurn {
        let pose = poses.pose(at: seconds, voice)
        let sway = Self.listeningShare + (1 - Self.listeningShare) * voice.ease
        func swayed(_ index: Int, _ size: Float) -> Float {
            sways[index].value(seconds) * size * sway
        }
        let yaw = limits.bounded(
            yaw: (pose[0] + swayed(0, Self.yaw * style.yaw)) * limits.wider)
        let nod = Self.nod * min(max(voice.stress, -0.5), 1) * style.nod
        let pitch = soft(pose[1] + swayed(2, Self.pitch * style.pitch) + nod, HeadLimits.pitch)
        let roll = soft(pose[2] + swayed(1, Self.roll * style.roll) - 0.2 * yaw, HeadLimits.roll)
        return HeadTurn(
            yaw: yaw * weight, pitch: pitch * weight, roll: roll * weight,
            right: (pose[3] + swayed(3, 0.2)) * weight, down: (pose[4] + swayed(4, 0.1)) * weight)
    }

    /// One of the 46 motion styles: how lively each turn is, and how often one comes. 0 is even.
    fileprivate struct Style {
        var (yaw, pitch, roll, nod, tempo): (Float, Float, Float, Float, Float) = (1, 1, 1, 1, 1)
        /// How the head is held while it speaks, radians.
        var (tilt, chin): (Float, Float) = (0, 0)

        init(_ number: Int) {
            guard number != 0 else { return }
            var generator = SeededGenerator(seed: 0x5717_1e00 &+ UInt64(bitPattern: Int64(number)))
            yaw = generator.uniform(0.35, 1.3)
            pitch = generator.uniform(0.4, 1.5)
            roll = generator.uniform(0.3, 1.7)
            nod = generator.uniform(0.3, 1.7)
            tempo = generator.uniform(0.65, 1.45)
            tilt = generator.uniform(-2.2, 2.2) * .pi / 180
            chin = generator.uniform(-1.5, 1.5) * .pi / 180
        }
    }

    /// Where the head is held: people turn at the borders of what they say, and hold on to that
    /// until the next. Yaw, pitch, roll (radians), right and down (centimetres).
    private struct Poses {
        private static let yaw: Float = 6.4 * .pi / 180
        private static let pitch: Float = 1.8 * .pi / 180
        private static let roll: Float = 2 * .pi / 180
        private static let right: Float = 0.4
        private static let down: Float = 0.2
        /// Between two turns at least, and at most while somebody speaks.
        private static let apartSeconds: Float = 1.6
        private static let heldSecondsMax: Float = 4.5
        /// A wider turn takes longer: its speed grows less than its size.
        private static let secondsForRadian: Float = 3
        /// Who listens turns seldom, and little.
        private static let listeningSeconds: Float = 6
        private static let listeningShare: Float = 0.4
        /// A dip of the voice parts two phrases.
        private static let dip: Float = -0.12

        private var generator: SeededGenerator
        private let style: Style
        private var (from, to) = (SIMD8<Float>(), SIMD8<Float>())
        private var start: Float = 0
        private var seconds: Float = 0.8
        private var hasDipped = true
        private var side: Float

        init(_ generator: SeededGenerator, style: Style) {
            self.generator = generator
            self.style = style
            side = self.generator.uniform(0, 1) < 0.5 ? -1 : 1
        }

        /// - time: seconds, no less than in the call before.
        mutating func pose(at time: Float, _ voice: FaceCurves.Point) -> SIMD8<Float> {
            let isSpeaking = voice.ease > 0.5
            if voice.stress < Self.dip { hasDipped = true }
            let held = (time - start) * style.tempo
            let isBorder = isSpeaking && hasDipped && voice.stress > 0
            if held >= Self.apartSeconds && isBorder
                || held >= (isSpeaking ? Self.heldSecondsMax : Self.listeningSeconds)
            {
                turn(at: time, isSpeaking: isSpeaking)
            }
            return pose(at: time)
        }

        private func pose(at time: Float) -> SIMD8<Float> {
            from + (to - from) * smoothStep(0, seconds, time - start)
        }

        private mutating func turn(at time: Float, isSpeaking: Bool) {
            from = pose(at: time)
            start = time
            hasDipped = false
            let pace = generator.uniform(0.5, 1) / style.tempo
            // Mostly to the other side.
            if generator.uniform(0, 1) < 0.75 { side = -side }
            let share = isSpeaking ? 1 : Self.listeningShare
            func way(_ size: Float) -> Float { generator.uniform(-1, 1) * size * share }
            to = SIMD8(
                side * generator.uniform(0.4, 1) * Self.yaw * style.yaw * share,
                way(Self.pitch * style.pitch) + style.chin * share,
                way(Self.roll * style.roll) + style.tilt * share,
                way(Self.right), way(Self.down), 0, 0, 0)
            seconds = pace + abs(to[0] - from[0]) * Self.secondsForRadian
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
        /// A lid that is shut is seen to be so: for a frame at least.
        private let holdMin: Float
        private var start: Float
        private var hold: Float

        init(_ generator: SeededGenerator, framesPerSecond: Int) {
            self.generator = generator
            holdMin = 1 / Float(framesPerSecond)
            start = self.generator.uniform(0.8, 2)
            hold = max(self.generator.uniform(0.02, 0.06), holdMin)
        }

        /// - seconds: no less than in the call before. - end: how many are left.
        mutating func lids(at seconds: Float, end: Float) -> Float {
            let endSeconds = Float(FaceAnimation.endSeconds)
            // More than one is over where nobody asked for a while.
            while seconds - start > 0.24 + hold, seconds - start + end > endSeconds {
                // The sum of two even draws: rarely very soon, rarely very late.
                start += generator.uniform(0.7, 3.2) + generator.uniform(0.7, 3.2)
                hold = max(generator.uniform(0.02, 0.06), holdMin)
            }
            let t = seconds - start
            // None begins shortly before the end.
            guard t >= 0, t + end > endSeconds else { return 0 }
            return t < 0.08
                ? smoothStep(-0.01, 0.08, t) : 1 - smoothStep(0.08 + hold, 0.24 + hold, t)
        }
    }
}

/// Bends a value towards a limit, smoothly.
func soft(_ value: Float, _ most: Float) -> Float { most * tanhf(value / most) }
