import EngineAPI
import Testing

@testable import TalkingHead

/// What is painted of a mouth: lips, teeth, the line between lips.
@Suite struct MouthTests {
    private typealias Sitter = MouthSitter

    private static let toothy = Sitter(inside: [225, 215, 200])
    private static let hollow = Sitter(inside: [40, 15, 15], gap: 0.8)

    @Test("teeth are told from tongues and from darkness")
    func findsTeeth() {
        #expect(Self.toothy.mouth.bareness > 0.9)
        #expect(Self.hollow.mouth.bareness == 0)
        #expect(Sitter(inside: [190, 95, 90]).mouth.bareness == 0)
        let part = PortraitMouth.teethPart(
            Self.toothy.image, Self.toothy.points, Self.toothy.colours)
        #expect(part > 0.9)
        #expect(Self.toothy.rig.sealed.jawAngle > -0.015)
        #expect(Self.hollow.rig.sealed.jawAngle < -0.02)
    }

    @Test("the lips' layer takes away what is seen between them, and nothing outside its box")
    func lipLayerFills() {
        for sitter in [Self.toothy, Self.hollow] {
            #expect(sitter.mouth.showsInside)
            let (own, filled) = (sitter.pixels, sitter.texture(1))
            let box = sitter.mouth.box
            var changed = 0
            for index in own.indices {
                let (x, y) = (index % sitter.image.width, index / sitter.image.width)
                let isInBox =
                    (box.left..<box.left + box.width).contains(x)
                    && (box.top..<box.top + box.height).contains(y)
                if !isInBox { #expect(filled[index] == own[index]) }
                if filled[index] != own[index] { changed += 1 }
            }
            #expect(changed > 100)
            let hole = sitter.mouth.hole
            for index in hole.values.indices where hole.values[index] > 0.5 {
                let (x, y) = (box.left + index % box.width, box.top + index / box.width)
                let colour = filled[y * sitter.image.width + x]
                // Lips, a little darker towards the line.
                #expect(abs(colour.x - 140) < 25 && abs(colour.y - 66) < 16, "\(colour)")
            }
            #expect(sitter.texture(0) == own)
            let half = sitter.texture(0.5)
            let worst = half.indices.map { (half[$0] - (own[$0] + filled[$0]) * 0.5).length }.max()
            #expect(worst ?? 9 < 2)
        }
    }

    @Test("what is dark at the corners of a mouth stays as its lips meet, teeth do not")
    func cornersStay() {
        let scale = Self.toothy.rig.pose.scale
        let corner = Self.toothy.mouth.inner[10] + Point2(0.75 * scale, 0)
        var image = Self.toothy.image
        for y in 0..<image.height {
            for x in 0..<image.width
            where (Point2(Float(x), Float(y)) - corner).length < 0.12 * scale {
                for channel in 0..<3 { image.rgb[(y * image.width + x) * 3 + channel] = 40 }
            }
        }
        let sitter = Sitter(Self.toothy, showing: image)
        let at = Int(bounded: corner.y) * image.width + Int(bounded: corner.x)
        #expect(sitter.texture(1)[at].luminance < 1.3 * sitter.pixels[at].luminance)
        let middle = (Self.toothy.points[13] + Self.toothy.points[14]) * 0.5
        let tooth = Int(bounded: middle.y) * image.width + Int(bounded: middle.x)
        #expect(sitter.texture(1)[tooth].luminance < 0.6 * sitter.pixels[tooth].luminance)
    }

    @Test("a mouth that is open at rest keeps its inside until its lips meet or it speaks")
    func ownInsideStays() {
        func interior(_ sitter: Sitter) -> MouthInterior {
            MouthInterior(
                rig: sitter.rig, colours: sitter.colours, mouth: sitter.mouth,
                points: sitter.points, grain: Grain(amount: 0, blur: 0))
        }
        let (open, shut) = (
            interior(Self.toothy), interior(Sitter(inside: [150, 70, 70], gap: -0.33))
        )
        let speaking = MouthShape(Viseme.aa.mouth)
        #expect(open.presence(.rest) == 0 && shut.presence(.rest) == 0)
        #expect(open.presence(Expression(ease: 0.5)) == 0)
        #expect(open.presence(Expression(mouth: speaking, ease: 1)) == 1)
        #expect(open.presence(Expression(mouth: MouthShape(Viseme.PP.mouth))) == 1)
        #expect(shut.presence(Expression(mouth: speaking)) == 1)
        let steps = (0...50).map { open.presence(Expression(ease: Float($0) / 50)) }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 <= $1 && $1 - $0 < 0.12 })
    }

    @Test("generic teeth beside the portrait's own are as light as those")
    func teethAreAlike() {
        for own in [[235, 228, 215], [170, 165, 160]] as [[UInt8]] {
            let sitter = Sitter(inside: own, gap: 0.9)
            let inside = InteriorColours(sitter.colours, sitter.mouth)
            let rows = TeethRows(sitter.mouth, sitter.colours, inside, sitter.rig)
            #expect(rows.isOwn)
            func light(_ x: Float) -> Float {
                let at = DentalArch.texel(x, 0.4)
                return rows.upper.withBilinear { $0(at.x, at.y) }.w > 0.9
                    ? rows.upper.withBilinear { row in
                        let texel = row(at.x, at.y)
                        return Point3(texel.x, texel.y, texel.z).luminance
                    } : 0
            }
            let part = light(3.2) / light(0.43)
            #expect((0.78...1.1).contains(part), "\(own) \(part)")
        }
    }

    @Test("shut lips and thin dark slits have no layer")
    func shutLipsStay() {
        #expect(Sitter(inside: [150, 70, 70], gap: -0.33).layer.isEmpty)
        let slit = Sitter(inside: [30, 10, 10], gap: -0.1)
        #expect(slit.mouth.isParted && !slit.mouth.showsInside && slit.layer.isEmpty)
    }

    @Test("a place on the arch of teeth is found again in a frame, however the head turns")
    func archIsFixed() {
        for yaw in [-0.3, 0, 0.3] as [Float] {
            let sitter = Sitter(inside: [225, 215, 200], yaw: yaw)
            let mesh = sitter.mesh
            for head in [
                HeadTurn(), HeadTurn(yaw: 0.15, pitch: 0.08, roll: -0.1, right: 1, down: 0),
            ] {
                let placed = mesh.place(Expression(ease: 1, head: head))
                let frame = MouthFrame(
                    sitter.rig, placed, upper: Landmark.upperLip[0].map { placed.points[$0] },
                    lower: Landmark.lowerLip[0].map { placed.points[$0] })
                for x in stride(from: Float(-2), through: 2, by: 0.5) {
                    for y in [-0.4, 0, 0.3] as [Float] {
                        let point = TeethRows.point(sitter.rig, x, sitter.rig.sealed.y + y)
                        let pixel = sitter.rig.project(sitter.rig.turned(point, placed.turn, head))
                        let found = frame.onArch(frame.local(pixel))
                        #expect((found - Point2(x, y)).length < 0.06, "\(found) for \(x) \(y)")
                    }
                }
            }
        }
    }

    @Test("a row of teeth has its edges, gaps and gums where teeth have them")
    func archIsARow() {
        for (row, scale) in [(DentalArch.upper, Float(1)), (DentalArch.lower, 0.7)] {
            func texel(_ x: Float, _ above: Float) -> SIMD4<Float> {
                let at = DentalArch.texel(x, above)
                return row.withBilinear { $0(at.x, at.y) }
            }
            for x in [0.43, 1.19, -0.43, -1.19] as [Float] {
                #expect(texel(x * scale, 0.5).w > 0.99 && texel(x * scale, -0.12).w < 0.01)
                let gum = texel(x * scale, 1.2)
                #expect(gum.x > 1.5 * gum.y)
            }
            #expect(texel(0, 0.4).y < 0.85 * texel(0.43 * scale, 0.4).y)
            #expect(row.values.allSatisfy { (0...1.1).contains($0) })
            let place = DentalArch.place(100, 30)
            #expect((DentalArch.texel(place.x, place.y) - Point2(100, 30)).length < 1e-3)
        }
    }

    @Test("teeth take the portrait's own colour, or the light of its skin")
    func teethTakeColour() {
        func front(_ sitter: Sitter) -> (TeethRows, Point3) {
            let inside = InteriorColours(sitter.colours, sitter.mouth)
            let rows = TeethRows(sitter.mouth, sitter.colours, inside, sitter.rig)
            let at = DentalArch.texel(0.43, 0.5)
            let texel = rows.upper.withBilinear { $0(at.x, at.y) }
            return (rows, Point3(texel.x, texel.y, texel.z))
        }
        let (own, colour) = front(Sitter(inside: [225, 215, 170], gap: 0.9))
        #expect(own.isOwn)
        #expect((colour - Point3(225, 215, 170)).length < 20, "\(colour)")
        for skin in [[200, 150, 130], [110, 75, 60]] as [[UInt8]] {
            let (rows, colour) = front(Sitter(inside: [40, 15, 15], skin: skin, gap: 0.8))
            #expect(!rows.isOwn)
            let light = Point3(Float(skin[0]), Float(skin[1]), Float(skin[2])).luminance
            #expect((0.9...1.25).contains(colour.luminance / light), "\(colour)")
        }
        let marble = Sitter(
            inside: [40, 40, 40], skin: [150, 150, 150], lips: [120, 120, 120], gap: 0.8)
        let (_, stone) = front(marble)
        #expect(marble.colours.isGrey && stone.max() - stone.min() < 1)
    }

    @Test("what an open mouth shows of its inside, tongue and cavity take on")
    func insideIsItsOwn() {
        let shut = Sitter(inside: [150, 80, 80], gap: 0)
        #expect(shut.mouth.inside == nil)
        let open = Sitter(inside: [150, 80, 80], gap: 1.6)
        #expect(open.mouth.inside != nil)
        let (usual, own) = (
            InteriorColours(shut.colours, shut.mouth), InteriorColours(open.colours, open.mouth)
        )
        let flesh = Point3(150, 80, 80)
        let hue = { (colour: Point3) in colour / colour.luminance }
        #expect((hue(own.tongue) - hue(flesh)).length < 0.05, "\(own.tongue)")
        #expect(own.cavity.luminance < 0.7 * own.tongue.luminance)
        #expect(own.cavity.luminance > usual.cavity.luminance)
    }

    @Test("a portrait that shows its teeth shows a strip of them below the line of shut lips")
    func ownTeethShow() {
        for gap in [0.5, 0.9, 1.6] as [Float] {
            let sitter = Sitter(inside: [225, 215, 170], gap: gap)
            let inside = InteriorColours(sitter.colours, sitter.mouth)
            let rows = TeethRows(sitter.mouth, sitter.colours, inside, sitter.rig)
            #expect(rows.isOwn && rows.edge - sitter.rig.sealed.y > 0.33)
        }
    }

    @Test("own teeth that lie in shade at their edges are lit there, by a sixth at most")
    func lowerPartsAreLit() {
        func edge(shade: Float) -> Float {
            var sitter = Sitter(inside: [225, 215, 170], gap: 0.9)
            let plain = sitter.mouth
            var image = sitter.image
            let line = sitter.rig.project(sitter.rig.rest[Landmark.innerLips.lower])
            for index in plain.hole.values.indices where plain.hole.values[index] > 0.5 {
                let x = index % plain.box.width + plain.box.left
                let y = index / plain.box.width + plain.box.top
                guard Float(y) > line.y - 0.7 * sitter.rig.pose.scale else { continue }
                for channel in 0..<3 {
                    let at = (y * image.width + x) * 3 + channel
                    image.rgb[at] = UInt8(bounded: Float(image.rgb[at]) * shade)
                }
            }
            sitter = Sitter(sitter, showing: image)
            let inside = InteriorColours(sitter.colours, sitter.mouth)
            let rows = TeethRows(sitter.mouth, sitter.colours, inside, sitter.rig)
            #expect(rows.isOwn)
            let at = DentalArch.texel(0.43, 0.15)
            let texel = rows.upper.withBilinear { $0(at.x, at.y) }
            return Point3(texel.x, texel.y, texel.z).luminance
        }
        let even = edge(shade: 1)
        #expect(abs(edge(shade: 0.9) - even) < 0.04 * even)
        #expect(edge(shade: 0.75) < 0.9 * even)
    }

    @Test("lips that cross between their points become one line there, others stay")
    func crossedLipsMeet() {
        let upper = (0..<9).map { Point2(Float($0), 10) }
        let lower = (0..<9).map { Point2(Float($0), $0 % 3 == 0 ? 12 : 9) }
        let made = uncrossed(upper, lower, Point2(0, 1))
        for index in upper.indices {
            if index % 3 == 0 {
                #expect(made.upper[index] == upper[index] && made.lower[index] == lower[index])
            } else {
                #expect(made.upper[index] == made.lower[index])
                #expect(abs(made.upper[index].y - 9.5) < 1e-5)
            }
        }
        let turned = uncrossed(upper, lower, Point2(0, -1))
        #expect(turned.upper[0] == turned.lower[0] && turned.upper[1] == upper[1])
    }

    @Test("of lips that nearly meet the gap is even, without dashes; open ones stay")
    func nearlyShutLipsAreEven() {
        func lips(_ gap: (Int) -> Float) -> (upper: [Point2], lower: [Point2]) {
            (
                (0..<61).map { Point2(Float($0), 10) },
                (0..<61).map { Point2(Float($0), 10 + gap($0)) }
            )
        }
        let dashed = lips { $0 % 4 < 2 ? 0 : 1 }
        let made = evened(dashed)
        let gaps = zip(made.upper, made.lower).map { $1.y - $0.y }.dropFirst(9).dropLast(9)
        #expect(gaps.allSatisfy { abs($0 - 0.5) < 0.06 }, "\(gaps)")
        let open = lips { $0 % 4 < 2 ? 5 : 6 }
        let same = evened(open)
        #expect(same.upper == open.upper && same.lower == open.lower)
    }

    @Test("what is painted stays within the lips")
    func paintsWithinLips() {
        for sitter in [Self.toothy, Self.hollow] {
            let interior = MouthInterior(
                rig: sitter.rig, colours: sitter.colours, mouth: sitter.mouth,
                points: sitter.points, grain: Grain(amount: 0.02, blur: 0.5))
            let mesh = sitter.mesh
            for viseme in [Viseme.aa, .PP, .SS, .FF, .nn] {
                let expression = Expression(mouth: MouthShape(viseme.mouth), ease: 1)
                let placed = mesh.place(expression)
                var rgb = sitter.image.rgb
                rgb.withUnsafeMutableBufferPointer {
                    interior.draw(
                        expression, placed,
                        on: Canvas(
                            pixels: $0.baseAddress!, width: sitter.image.width,
                            height: sitter.image.height))
                }
                let lips = (Landmark.upperLip[0] + Landmark.lowerLip[0]).map { placed.points[$0] }
                let low = lips.reduce(Point2(repeating: .infinity), pointwiseMin) - 5
                let high = lips.reduce(Point2(repeating: -.infinity), pointwiseMax) + 5
                var changed = 0
                for index in 0..<rgb.count / 3
                where rgb[3 * index..<3 * index + 3] != sitter.image.rgb[3 * index..<3 * index + 3]
                {
                    let at = Point2(
                        Float(index % sitter.image.width), Float(index / sitter.image.width))
                    changed += 1
                    #expect(at.x > low.x && at.y > low.y && at.x < high.x && at.y < high.y)
                }
                #expect(changed > 20, "\(viseme)")
                if viseme == .aa { #expect(changed > 400) }
            }
        }
    }

    @Test("noise is told from texture, and takes light neither away nor gives any")
    func grain() {
        var generator = SeededGenerator(seed: 2)
        let noisy = FloatImage(
            (0..<80 * 80).map { _ in
                let sum = (0..<12).reduce(Float(0)) { sum, _ in sum + generator.uniform(0, 1) }
                return 150 * (1 + 0.03 * (sum - 6))
            }, width: 80, height: 80)
        let everywhere = [Bool](repeating: true, count: 80 * 80)
        let amount = Grain.amount(noisy, where: everywhere)
        #expect((0.02...0.035).contains(amount), "\(amount)")
        let flat = FloatImage(width: 80, height: 80, repeating: 150)
        #expect(Grain.amount(flat, where: everywhere) == 0)
        let grain = Grain(amount: 0.03, blur: 1)
        let values = (0..<4_096).map { grain.at($0 % 64, $0 / 64) }
        #expect(abs(values.reduce(0, +) / 4_096) < 1e-3)
        let spread = (values.reduce(0) { $0 + $1 * $1 } / 4_096).squareRoot()
        #expect(abs(spread - 0.03) < 0.004 && grain.at(-5, 70) == grain.at(59, 6))
        #expect(Grain(amount: 0, blur: 1).at(3, 3) == 0)
    }
}
