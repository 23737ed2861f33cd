import EngineAPI
import Testing

@testable import TalkingHead

/// The order of a mouth's movements, on faces of all kinds.
@Suite struct RigMouthTests {
    /// A random face: turned, its lips apart by so many centimetres, smiling, every point a little
    /// off.
    private static func landmarks(
        _ generator: inout SeededGenerator, yaw: Float, gap: Float, smile: Float
    ) -> [Point3] {
        var mean = MeanFace.points
        let lower = Set(Landmark.lowerLip.flatMap { $0.dropFirst().dropLast() })
        let corners = Landmark.upperLip.flatMap { [$0[0], $0[10]] }
        for index in mean.indices {
            let isJaw = mean[index].y > mean[Landmark.lowerLipEdge].y
            if lower.contains(index) || isJaw { mean[index].y += gap }
            mean[index] += Point3(
                generator.uniform(-0.04, 0.04), generator.uniform(-0.04, 0.04),
                generator.uniform(-0.04, 0.04))
        }
        for corner in corners {
            mean[corner].x *= 1 + 0.25 * smile
            mean[corner].y -= 0.4 * smile
        }
        let turn = Matrix3.turn(
            yaw: yaw, pitch: generator.uniform(-0.25, 0.25), roll: generator.uniform(-0.4, 0.4))
        let pose = Similarity(scale: 9, rotation: turn, shift: Point3(170, 160, 0))
        return mean.map(pose.apply)
    }

    private static func shape(_ generator: inout SeededGenerator, close: Float) -> MouthShape {
        var channels = SIMD8<Float>()
        for channel in 0..<8 { channels[channel] = generator.uniform(0, 1) }
        (channels[5], channels[6]) = (close, close < 1 ? channels[6] : 0)
        return MouthShape(channels)
    }

    private static func rigs() -> [Rig] {
        var generator = SeededGenerator(seed: 77)
        var made: [Rig] = []
        for yaw in [-0.7, -0.35, 0, 0.35, 0.7] as [Float] {
            for (gap, smile) in [(0, 0), (0.4, 0), (0.8, 1), (2.5, 0.6), (-0.2, 0)]
                as [(Float, Float)]
            {
                let points = landmarks(&generator, yaw: yaw, gap: gap, smile: smile)
                made.append(Rig(landmarks: points, teethPart: generator.uniform(0, 1)))
            }
        }
        return made
    }

    private static func gaps(_ points: [Point3]) -> [Float] {
        zip(Landmark.upperLip[0], Landmark.lowerLip[0]).map { (points[$0] - points[$1]).length }
    }

    @Test("a closure makes the inner lips one line, whatever the portrait and the rest do")
    func closureIsOneLine() {
        var generator = SeededGenerator(seed: 5)
        for rig in Self.rigs() {
            for _ in 0..<4 {
                let shape = Self.shape(&generator, close: 1)
                let ease = generator.uniform(0, 1)
                let made = rig.deformed(Expression(mouth: shape, ease: ease))
                #expect(Self.gaps(made).allSatisfy { $0 < 1e-3 }, "\(Self.gaps(made))")
                #expect(made.allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite })
            }
        }
    }

    @Test("half a closure is on its way, and more of it is closer")
    func closureIsGradual() {
        for rig in Self.rigs() where rig.restGap > 0.3 {
            let steps = ([0, 0.3, 0.5, 0.7, 0.85, 1] as [Float]).map { amount in
                let shape = MouthShape([0.4, 0, 0, 0, 0, amount, 0, 0])
                return Self.gaps(rig.deformed(Expression(mouth: shape, ease: 1)))[5]
            }
            #expect(steps == steps.sorted(by: >), "\(steps)")
        }
    }

    @Test("mouths end in points, far corners too")
    func cornersArePoints() {
        var generator = SeededGenerator(seed: 6)
        for rig in Self.rigs() {
            let rest = Self.gaps(rig.rest)
            let shape = Self.shape(&generator, close: 0)
            let made = Self.gaps(rig.deformed(Expression(mouth: shape, ease: 1)))
            for (outer, inner) in [(1, 2), (9, 8)] {
                let most = max(0.5 * made[inner], 0.13 * rest[outer]) + 1e-3
                #expect(made[outer] <= most, "\(made)")
            }
            #expect(made[0] == 0 && made[10] == 0)
        }
    }

    @Test("a laugh shuts with its jaw, a smile with shut teeth keeps it, and lips never cross")
    func jawShutsFirst() {
        var generator = SeededGenerator(seed: 8)
        let laugh = Self.landmarks(&generator, yaw: 0, gap: 2, smile: 0.5)
        let (open, shut) = (
            Rig(landmarks: laugh, teethPart: 0.2), Rig(landmarks: laugh, teethPart: 1)
        )
        #expect(open.sealed.jawAngle < -0.03 && open.sealed.jawAngle < shut.sealed.jawAngle)
        let smile = Self.landmarks(&generator, yaw: 0, gap: 0.5, smile: 1)
        #expect(Rig(landmarks: smile, teethPart: 1).sealed.jawAngle == 0)
        for rig in Self.rigs() {
            var points = rig.rest
            rig.rotateJaw(rig.sealed.jawAngle, &points)
            let least = (2..<9).map {
                points[Landmark.lowerLip[0][$0]].y - points[Landmark.upperLip[0][$0]].y
            }.min()
            let before = (2..<9).map {
                rig.rest[Landmark.lowerLip[0][$0]].y - rig.rest[Landmark.upperLip[0][$0]].y
            }.min()
            #expect(least ?? 0 >= min(before ?? 0, 0) - 0.35)
            let (low, high) = (rig.rest[13].y, points[14].y)
            #expect(rig.sealed.y > min(low, high) - 0.5 && rig.sealed.y < max(low, high) + 0.5)
        }
    }

    @Test("lips of a wide-open mouth are as thick shut as open")
    func wideLipsKeepTheirShape() {
        var generator = SeededGenerator(seed: 12)
        for gap in [2.2, 3, 3.6] as [Float] {
            let points = Self.landmarks(&generator, yaw: 0, gap: gap, smile: 0)
            let rig = Rig(landmarks: points, teethPart: 0.2)
            let shut = MouthShape([0.06, 0, 0, 0, 0, 1, 0, 0])
            let made = rig.deformed(Expression(mouth: shut, ease: 1))
            for column in 3...7 {
                let (inner, outer) = (Landmark.lowerLip[0][column], Landmark.lowerLip[3][column])
                let open = rig.rest[outer].y - rig.rest[inner].y
                let closed = made[outer].y - made[inner].y
                #expect(abs(closed - open) < 0.25, "\(open) \(closed)")
            }
        }
    }

    @Test("below a mouth that was open wide skin does not fold as it shuts, and the chin is one")
    func wideMouthsChinStays() {
        var generator = SeededGenerator(seed: 21)
        let shut = MouthShape([0.06, 0, 0, 0, 0, 1, 0, 0])
        for gap in [2.2, 3] as [Float] {
            let points = Self.landmarks(&generator, yaw: 0, gap: gap, smile: 0)
            let rig = Rig(landmarks: points, teethPart: 0.2)
            let made = rig.deformed(Expression(mouth: shut, ease: 1))
            let lip = rig.rest[Landmark.lowerLip[3][5]].y
            let corners = FaceTriangles.corners.map(Int.init)
            func area(_ at: Int, _ points: [Point3]) -> Float {
                let start = points[corners[at]]
                let one = points[corners[at + 1]] - start
                let other = points[corners[at + 2]] - start
                return one.x * other.y - one.y * other.x
            }
            for at in stride(from: 0, to: corners.count, by: 3) {
                let isChin = (0..<3).allSatisfy {
                    let point = rig.rest[corners[at + $0]]
                    return point.y > lip && abs(point.x - rig.mouth.x) < 1.5
                }
                guard isChin, abs(area(at, rig.rest)) > 0.02 else { continue }
                #expect(area(at, made) * area(at, rig.rest) > 0, "\(gap) \(at)")
            }
            let chin = [148, 152, 377].map { made[$0].y - rig.rest[$0].y }
            #expect((chin.max() ?? 0) - (chin.min() ?? 0) < 0.2, "\(chin)")
        }
    }

    @Test("the upper lip of a laugh is hardly thicker shut than open")
    func laughsUpperLipStaysThin() {
        var generator = SeededGenerator(seed: 13)
        for gap in [1.4, 2.2, 3] as [Float] {
            let points = Self.landmarks(&generator, yaw: 0, gap: gap, smile: 1)
            let rig = Rig(landmarks: points, teethPart: 0.8)
            let shut = MouthShape([0.06, 0, 0, 0, 0, 1, 0, 0])
            let made = rig.deformed(Expression(mouth: shut, ease: 1))
            for column in 3...7 {
                let (inner, outer) = (Landmark.upperLip[0][column], Landmark.upperLip[3][column])
                let open = rig.rest[inner].y - rig.rest[outer].y
                let closed = made[inner].y - made[outer].y
                #expect(closed < open + 0.3 * rig.restGap, "\(open) \(closed)")
            }
        }
    }

    @Test("lips that are less than half a pixel apart are drawn as one line, others where they are")
    func nearlyShutLipsMeet() {
        for rig in Self.rigs() where rig.restGap > 0.3 {
            let mesh = RigMesh(rig: rig, width: 340, height: 340, coverage: nil)
            let rest = zip(mesh.place(.rest).points, mesh.source).map { ($0 - $1).length }
            #expect(rest.allSatisfy { $0 < 1e-2 })
            for amount in [0.9, 0.96, 0.99] as [Float] {
                let shape = MouthShape([0.1, 0, 0, 0, 0, amount, 0, 0])
                let placed = mesh.place(Expression(mouth: shape, ease: 1))
                for column in 1..<10 {
                    let (upper, lower) = (
                        Landmark.upperLip[0][column], Landmark.lowerLip[0][column]
                    )
                    let gap = (placed.points[upper] - placed.points[lower]).length
                    #expect(gap == 0 || gap >= 0.5)
                }
            }
        }
    }

    @Test("f and v leave a strip of teeth over the lower lip, wherever the jaw is")
    func tuckShowsTeeth() {
        for rig in Self.rigs() {
            let shape = MouthShape([0.2, 0, 0.1, 0.25, 0, 0, 1, 0])
            let made = rig.deformed(Expression(mouth: shape, ease: 1))
            let lips = Landmark.innerLips
            let gap = made[lips.lower].y - made[lips.upper].y
            #expect(gap < 0.24, "\(gap)")
        }
    }

    @Test("a mouth moves nothing above the nose")
    func upperFaceStays() {
        var generator = SeededGenerator(seed: 9)
        for rig in Self.rigs() {
            let shape = Self.shape(&generator, close: generator.uniform(0, 0.9))
            let made = rig.deformed(Expression(mouth: shape, ease: 1))
            for landmark in Landmark.leftEye.upper + Landmark.rightEye.upper + [10, 168] {
                #expect((made[landmark] - rig.rest[landmark]).length < 0.02)
            }
        }
    }

    @Test("between lips that nearly meet no pixel stays empty")
    func seamHasNoHoles() {
        let (width, height) = (Nobody.width, Nobody.height)
        var generator = SeededGenerator(seed: 31)
        let points = Self.landmarks(&generator, yaw: 0, gap: 0.6, smile: 0.5)
        let mesh = RigMesh(
            rig: Rig(landmarks: points, teethPart: 0.8), width: width, height: height,
            coverage: nil)
        // Bright lips on black: a pixel that comes from anywhere else is dark.
        func lips(_ ring: Int, _ points: [Point2]) -> AlphaMask {
            let outline =
                Landmark.upperLip[ring] + Landmark.lowerLip[ring].dropFirst().dropLast().reversed()
            let polygon = outline.map { points[$0] }
            var mask = AlphaMask(around: polygon, margin: 6, width: width, height: height)
            mask.fill(polygon)
            return mask
        }
        let own = lips(3, mesh.source)
        var image = Image(width: width, height: height, rgb: Nobody.image.rgb.map { _ in 0 })
        for y in own.rows {
            for x in own.columns where own[x, y] > 0 {
                for channel in 0..<3 { image.rgb[(y * width + x) * 3 + channel] = 200 }
            }
        }
        let texture = SourceImage(image)
        for step in 0..<24 {
            let close = 0.97 + 0.03 * Float(step % 6) / 5
            let head = HeadTurn(
                yaw: generator.uniform(-0.1, 0.1), pitch: generator.uniform(-0.1, 0.1),
                roll: generator.uniform(-0.1, 0.1))
            let shape = MouthShape([0.06, 0.1, 0, 0, 0, close, 0, 0])
            let placed = mesh.place(Expression(mouth: shape, ease: 1, head: head))
            var rgb = [UInt8](repeating: 0, count: width * height * 3)
            rgb.withUnsafeMutableBufferPointer { pixels in
                let canvas = Canvas(pixels: pixels.baseAddress!, width: width, height: height)
                texture.withSampler {
                    mesh.drawFace(placed, on: canvas, $0, over: Nobody.image.rgb)
                }
            }
            let mask = lips(2, placed.points)
            for y in mask.rows {
                for x in mask.columns where mask[x, y] > 0.999 {
                    #expect(rgb[(y * width + x) * 3] > 150, "\(step): \(x), \(y)")
                }
            }
        }
    }
}
