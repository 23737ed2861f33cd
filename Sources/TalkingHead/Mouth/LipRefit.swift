import EngineAPI

/// Finds the lower lip of mouths whose landmarks lie on what is seen between the lips. Of a wide
/// mouth, a narrow one, or one that shows its tongue, landmarks may take tongue or teeth for the
/// lower lip: what lies below them would stay there as the lips meet, and the mouth would be seen
/// open still. So the face is drawn with its lips shut and looked at again: where lips are seen
/// apart, the lower lip lies below, and the place is carried back to the portrait.
struct LipRefit: Sendable {
    /// What is looked at has this side; the face fills it but for a margin.
    private static let side = 256
    /// Lips so far apart in the portrait (centimetres) are worth the look.
    private static let partedGap: Float = 0.25
    /// Lips that are seen so far apart, in distances of the outer corners of the eyes, are open.
    private static let openGap: Float = 0.011
    private static let roundsMax = 4
    /// Of the way from their inner edge to the next ring of landmarks, lips that meet turn in so
    /// much.
    private static let turnedPart: Float = 0.25
    /// Of the gap that was seen before, a better fit leaves this part at most.
    private static let better: Float = 0.85

    /// The landmarks of a face in the middle of a square image.
    let look: @Sendable (Image) throws(EngineError) -> [Point3]

    init(look: @escaping @Sendable (Image) throws(EngineError) -> [Point3]) { self.look = look }

    init(_ mesher: FaceLandmarker) {
        look = { image throws(EngineError) in
            let side = Float(image.width)
            let whole = RegionOfInterest(centre: Point2(repeating: side / 2), side: side)
            return try mesher.mesh(within: whole, in: Pyramid(image)).points
        }
    }

    /// - landmarks: in pixels of the portrait.
    func refined(_ landmarks: [Point3], of portrait: Image) throws(EngineError) -> [Point3] {
        let rig = Rig(landmarks: landmarks)
        guard rig.restGap > Self.partedGap else { return landmarks }
        let window = FaceLandmarker.window(around: landmarks)
        guard window.side > 1 else { return landmarks }
        let face = Self.cut(window, of: portrait)
        let scale = Float(Self.side) / window.side
        let (into, back) = (window.map.inverse, window.map)
        var points = landmarks.map { point in
            let plane = into.apply(point.plane + 0.5) * Float(Self.side) - 0.5
            return Point3(plane.x, plane.y, point.z * scale)
        }
        let first = points
        var best = points
        var least = Float.infinity
        for round in 0...Self.roundsMax {
            let shut = ShutFace(face, points)
            let seen = try look(shut.image)
            guard seen.count >= Landmark.count else { break }
            let gap = Self.gap(seen)
            guard gap < least * Self.better else { break }
            (best, least) = (points, gap)
            guard gap > Self.openGap, round < Self.roundsMax else { break }
            points = LowerLip(points, of: shut).lowered(to: seen)
        }
        var made = landmarks
        for index in made.indices where best[index] != first[index] {
            let plane = back.apply((best[index].plane + 0.5) / Float(Self.side)) - 0.5
            made[index] = Point3(plane.x, plane.y, made[index].z)
        }
        turnIn(&made)
        return made
    }

    /// Lips that meet turn their inner edges in: what is wet of them, and what is left of teeth
    /// beside them, is not seen then.
    private func turnIn(_ points: inout [Point3]) {
        for rings in [Landmark.upperLip, Landmark.lowerLip] {
            for column in 1..<10 {
                let (inner, next) = (rings[0][column], rings[1][column])
                points[inner] += (points[next] - points[inner]) * Self.turnedPart
            }
        }
    }

    private static func cut(_ window: RegionOfInterest, of portrait: Image) -> Image {
        let view = Pyramid(portrait).view(window, side: side, extendsBorder: true)
        return Image(width: side, height: side, rgb: view.map { UInt8(bounded: $0 + 0.5) })
    }

    /// How far lips are apart in their middle, in distances of the outer corners of the eyes.
    static func gap(_ points: [Point3]) -> Float {
        let corners = Landmark.eyeCorners
        let eyes = (points[corners.left] - points[corners.right]).plane.length
        let gaps = (4...6).map { column -> Float in
            let upper = points[Landmark.upperLip[0][column]]
            return (upper - points[Landmark.lowerLip[0][column]]).plane.length
        }
        return gaps.reduce(0, +) / Float(gaps.count) / max(eyes, 1)
    }
}

/// A portrait's face as a frame shows it at p, b and m.
struct ShutFace {
    let rig: Rig
    let image: Image
    /// Where its landmarks have gone.
    let placed: [Point2]

    /// - landmarks: in the portrait's pixels.
    init(_ portrait: Image, _ landmarks: [Point3]) {
        let (width, height) = (portrait.width, portrait.height)
        let points = landmarks.map(\.plane)
        let colours = FaceColours(portrait, points)
        let rig = Rig(
            landmarks: landmarks, teethPart: PortraitMouth.teethPart(portrait, points, colours))
        let mesh = RigMesh(rig: rig, width: width, height: height, coverage: nil)
        let mouth = PortraitMouth(
            portrait, points, colours, scale: rig.pose.scale, gap: rig.restGap)
        let grain = Grain(amount: 0, blur: 0)
        let interior = MouthInterior(
            rig: rig, colours: colours, mouth: mouth, points: points, grain: grain)
        let layers = PersonLayers(undivided: portrait)
        let head = HeadCompositor(grid: mesh.grid, portrait: portrait, plate: layers.plate)
        var texture = FrameTexture(SourceImage(layers.person, width: width, height: height))
        LipLayer(mouth, colours, grain, scale: rig.pose.scale).draw(1, into: &texture)
        let shut = Expression(mouth: MouthShape(Viseme.PP.mouth), ease: 1)
        let placed = mesh.place(shut)
        var rgb = portrait.rgb
        rgb.withUnsafeMutableBufferPointer { pixels in
            let canvas = Canvas(pixels: pixels.baseAddress!, width: width, height: height)
            texture.image.withSampler { sampler in
                head.draw(placed.nodes, on: canvas, sampler)
                mesh.drawFace(placed, on: canvas, sampler, over: head.plate)
                interior.draw(shut, placed, on: canvas)
            }
        }
        (self.rig, self.placed) = (rig, placed.points)
        image = Image(width: width, height: height, rgb: rgb)
    }
}

/// The lower lip's landmarks in the portrait, and how they give way.
private struct LowerLip {
    private let points: [Point3]
    private let shut: ShutFace
    /// To the face's right and down in the image, a centimetre long.
    private let right: Point2
    private let down: Point2

    /// A ring of the lip keeps at least this part of its distance to the next one.
    private static let leastPart: Float = 0.3
    /// What lies below gives way less and less, but not faster than this.
    private static let steepest: Float = 0.8
    /// A triangle keeps at least this part of its area.
    private static let leastArea: Float = 0.05
    private static let unfoldings = 6
    private static let lips = Set(Landmark.upperLip.joined()).union(Landmark.lowerLip.joined())

    init(_ points: [Point3], of shut: ShutFace) {
        (self.points, self.shut) = (points, shut)
        let (pose, unit) = (shut.rig.pose, { (axis: Point2) in axis / max(axis.length, 1e-6) })
        right = unit(pose.rotation.columns.0.plane)
        down = unit(pose.rotation.columns.1.plane)
    }

    private func height(_ point: Point2) -> Float { (point * down).sum() }
    private func across(_ point: Point2) -> Float { (point * right).sum() }

    /// The landmarks with the lower lip where it is seen in the shut face; never higher up.
    func lowered(to seen: [Point3]) -> [Point3] {
        let rings = Landmark.lowerLip
        let chains = Chains(points.map(\.plane), shut.placed, right: right, down: down)
        let wanted = rings.map { chains.ways(to: $0.map { seen[$0].plane }, from: $0) }
        var ways = [Float](repeating: 0, count: points.count)
        for column in 1..<10 {
            var above = -Float.infinity
            var before: Float = 0
            for ring in 0..<4 {
                let landmark = rings[ring][column]
                let here = height(points[landmark].plane)
                var there = here + wanted[ring][column]
                if ring > 0 { there = max(there, above + (here - before) * Self.leastPart) }
                ways[landmark] = there - here
                (above, before) = (there, here)
            }
        }
        giveWay(&ways)
        unfold(&ways)
        return points.indices.map { moved($0, by: ways[$0]) }
    }

    private func moved(_ landmark: Int, by way: Float) -> Point3 {
        points[landmark] + Point3(down.x * way, down.y * way, 0)
    }

    /// What lies between the lip and the chin makes room.
    private func giveWay(_ ways: inout [Float]) {
        let outer = Landmark.lowerLip[3]
        guard outer.contains(where: { ways[$0] > 0 }) else { return }
        let order = outer.sorted { across(points[$0].plane) < across(points[$1].plane) }
        let places = order.map { across(points[$0].plane) }
        let heights = order.map { height(points[$0].plane) }
        let lipWays = order.map { ways[$0] }
        let chin = height(points[Landmark.chin].plane)
        for landmark in 0..<Landmark.count where !Self.lips.contains(landmark) {
            let at = points[landmark].plane
            let edge = interpolate(across(at), places, heights)
            let way = interpolate(across(at), places, lipWays)
            guard way > 0, height(at) > edge else { continue }
            let reach = max(chin - edge, way / Self.steepest)
            ways[landmark] = way * max(1 - (height(at) - edge) / reach, 0)
        }
    }

    /// Skin that a lip would pass goes along with it.
    private func unfold(_ ways: inout [Float]) {
        let corners = FaceTriangles.corners.map(Int.init)
        func area(_ at: Int, _ point: (Int) -> Point2) -> Float {
            let start = point(corners[at])
            let (one, other) = (point(corners[at + 1]) - start, point(corners[at + 2]) - start)
            return one.x * other.y - one.y * other.x
        }
        for _ in 0..<Self.unfoldings {
            var isFlat = true
            for at in stride(from: 0, to: corners.count, by: 3) {
                let triangle = corners[at..<at + 3]
                let most = triangle.map { ways[$0] }.max() ?? 0
                guard most > 0 else { continue }
                let before = area(at) { points[$0].plane }
                let after = area(at) { moved($0, by: ways[$0]).plane }
                guard after * before < Self.leastArea * before * before else { continue }
                let skin = triangle.filter { !Self.lips.contains($0) && ways[$0] < most }
                for landmark in skin { ways[landmark] = most }
                if !skin.isEmpty { isFlat = false }
            }
            if isFlat { break }
        }
    }
}

/// Where a place below the line of shut lips comes from, column by column of the lower lip.
private struct Chains {
    /// A lip that was too high was seen too high as well: it goes a little further.
    private static let beyond: Float = 1.25

    private let points: [Point2]
    private let right: Point2
    private let down: Point2
    /// Of each column of the inner lip, in order across the shut face: its place there, and its
    /// index.
    private let places: [Float]
    private let columns: [Float]
    /// Heights of the rings in the shut face and in the portrait, and of what is below them.
    private let shut: [[Float]]
    private let open: [[Float]]

    init(_ points: [Point2], _ placed: [Point2], right: Point2, down: Point2) {
        (self.points, self.right, self.down) = (points, right, down)
        let outer = Landmark.lowerLip[3]
        let order = outer.indices.sorted {
            (placed[outer[$0]] * right).sum() < (placed[outer[$1]] * right).sum()
        }
        places = order.map { (placed[outer[$0]] * right).sum() }
        columns = order.map(Float.init)
        let chin = Landmark.chin
        func heights(_ points: [Point2]) -> [[Float]] {
            let rings = Landmark.lowerLip.map { ring in
                ring.map { (points[$0] * down).sum() }
            }
            // All of what is below goes as the middle does.
            let below = (points[chin] * down).sum() - rings[3][5]
            return rings + [rings[3].map { $0 + max(below, 1) }]
        }
        var shut = heights(placed)
        for ring in 1..<shut.count {
            for column in 0..<11 {
                shut[ring][column] = max(shut[ring][column], shut[ring - 1][column] + 1e-2)
            }
        }
        (self.shut, open) = (shut, heights(points))
    }

    /// How far down each column of a ring lies from where it is thought to be, as it is seen in the
    /// shut face; 0 at the corners, and never less.
    func ways(to seen: [Point2], from ring: [Int]) -> [Float] {
        var found: [(column: Float, way: Float)] = [(0, 0)]
        for index in 1..<10 {
            let column = interpolate((seen[index] * right).sum(), places, columns)
            func at(_ rows: [[Float]]) -> [Float] {
                let whole = min(Int(bounded: column), 9)
                let part = column - Float(whole)
                return rows.map { $0[whole] + ($0[whole + 1] - $0[whole]) * part }
            }
            let height = interpolate((seen[index] * down).sum(), at(shut), at(open))
            let whole = min(Int(bounded: column), 9)
            let (one, other) = (points[ring[whole]], points[ring[whole + 1]])
            let here = ((one + (other - one) * (column - Float(whole))) * down).sum()
            found.append((column, max(height - here, 0) * Self.beyond))
        }
        found.append((10, 0))
        found.sort { $0.column < $1.column }
        let (xs, ys) = (found.map(\.column), found.map(\.way))
        let ways = (0..<11).map { interpolate(Float($0), xs, ys) }
        return ways.indices.map { index in
            guard index > 0, index < 10 else { return 0 }
            return ways[index] / 2 + (ways[index - 1] + ways[index + 1]) / 4
        }
    }
}
