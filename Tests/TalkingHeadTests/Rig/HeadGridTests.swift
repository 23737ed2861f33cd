import EngineAPI
import Testing

@testable import TalkingHead

struct HeadGridTests {
    private let rig = Nobody.rig
    /// A person down to the lower border, as wide as the head, wider below.
    private static let coverage: FloatImage = {
        var made = FloatImage(width: Nobody.width, height: Nobody.height)
        for y in 60..<Nobody.height {
            let half = y < 260 ? 70 : 110
            for x in 158 - half...158 + half { made.values[y * Nobody.width + x] = 1 }
        }
        return made
    }()

    private func grid(isDivided: Bool = true) -> HeadGrid {
        HeadGrid(
            rig: rig, width: Nobody.width, height: Nobody.height,
            coverage: isDivided ? Self.coverage : nil)
    }

    private func nodes(_ grid: HeadGrid, _ expression: Expression) -> [Point2] {
        let head = expression.head
        return grid.place(
            rig.deformed(expression), .turn(yaw: head.yaw, pitch: head.pitch, roll: head.roll),
            expression)
    }

    private func turned() -> Expression {
        var expression = Expression()
        expression.head = HeadTurn(yaw: 0.15, pitch: 0.1, roll: 0.1, right: 1, down: 0.5)
        return expression
    }

    @Test func `At rest every node is where the portrait has it`() {
        for isDivided in [true, false] {
            let grid = grid(isDivided: isDivided)
            #expect(nodes(grid, .rest) == grid.rest)
        }
    }

    @Test func `Nodes lie on the borders and mirror beyond them`() {
        let grid = grid()
        #expect(grid.rest.count == grid.columns * grid.rows)
        for (rest, source) in zip(grid.rest, grid.source) {
            #expect(source.x >= 0 && source.x <= Float(Nobody.width - 1))
            #expect(source.y >= 0 && source.y <= Float(Nobody.height - 1))
            let isInside =
                rest.x >= 0 && rest.y >= 0 && rest.x <= Float(Nobody.width - 1)
                && rest.y <= Float(Nobody.height - 1)
            if isInside { #expect((rest - source).length < 1e-3) }
        }
    }

    @Test func `A screaming chin below its outline follows the jaw, a silent one's neck less`() {
        func share(gap: Float) -> Float {
            var landmarks = MeanFace.points
            let lower = Set(Landmark.lowerLip.flatMap { $0.dropFirst().dropLast() })
            for index in landmarks.indices where lower.contains(index) {
                landmarks[index].y += gap
            }
            let pose = Nobody.rig.pose
            let rig = Rig(landmarks: landmarks.map(pose.apply))
            let grid = HeadGrid(
                rig: rig, width: Nobody.width, height: Nobody.height, coverage: nil)
            var points = rig.rest
            for landmark in points.indices { points[landmark].y -= 1 }
            let moved = grid.place(points, .turn(yaw: 0, pitch: 0, roll: 0), Expression())
            let below = rig.project(rig.rest[Landmark.chin] + Point3(0, 1.2, 0))
            let node = grid.rest.indices.min {
                (grid.rest[$0] - below).length < (grid.rest[$1] - below).length
            }!
            return (grid.rest[node] - moved[node]).length / rig.pose.scale
        }
        #expect(share(gap: 3.5) > share(gap: 0.5) + 0.15)
        #expect(abs(share(gap: 0.5) - share(gap: 0)) < 0.05)
    }

    @Test func `The head turns, shoulders stay`() {
        let grid = grid()
        let moved = nodes(grid, turned())
        let chin = rig.project(rig.rest[Landmark.chin])
        for (index, rest) in grid.rest.enumerated() {
            let way = (moved[index] - rest).length
            if rest.y > chin.y + 7 * rig.pose.scale { #expect(way < 0.01) }
            let isHair = rest.y > 40 && rest.y < 80 && abs(rest.x - 158) < 60
            if isHair { #expect(way > 5) }
        }
    }

    @Test func `No cell folds over at the farthest turns`() {
        let grid = grid()
        for sign: Float in [-1, 1] {
            var expression = Expression()
            expression.head = HeadTurn(
                yaw: sign * 0.157, pitch: sign * 0.1, roll: -sign * 0.1, right: sign, down: 0.3)
            let moved = nodes(grid, expression)
            for row in 0..<grid.rows - 1 {
                for column in 0..<grid.columns - 1
                where grid.contents[row * (grid.columns - 1) + column] != .nothing {
                    let a = row * grid.columns + column
                    let (p, q) = (moved[a + 1] - moved[a], moved[a + grid.columns] - moved[a])
                    #expect(p.x * q.y - p.y * q.x > 0, "row \(row), column \(column)")
                }
            }
        }
    }

    @Test func `Without a matte the head moves and what is far from it stays`() {
        let grid = grid(isDivided: false)
        let moved = nodes(grid, turned())
        #expect((moved[0] - grid.rest[0]).length < 1e-3)
        #expect((moved[grid.columns - 1] - grid.rest[grid.columns - 1]).length < 1e-3)
        #expect(zip(moved, grid.rest).contains { ($0 - $1).length > 5 })
        #expect(grid.contents.allSatisfy { $0 == .person })
    }

    @Test func `Breath lifts what is below the chin and nothing above it`() {
        let grid = grid()
        let chin = rig.project(rig.rest[Landmark.chin])
        var lifted = 0
        for (rest, moved) in zip(grid.rest, nodes(grid, Expression(breath: 1))) {
            if rest.y < chin.y { #expect(moved == rest) }
            if rest.y > chin.y + 8 * rig.pose.scale {
                #expect(rest.y - moved.y > 0.4 && rest.y - moved.y < 1)
                lifted += 1
            }
        }
        #expect(lifted > 10)
    }

    @Test func `A cell knows whether it shows the person`() {
        let grid = grid()
        #expect(grid.contents.contains(.nothing) && grid.contents.contains(.edge))
        #expect(grid.contents.contains(.person))
        for row in 0..<grid.rows - 1 {
            for column in 0..<grid.columns - 1 {
                let a = row * grid.columns + column
                let middle = (grid.source[a] + grid.source[a + grid.columns + 1]) * 0.5
                let at = Int(bounded: middle.y) * Nobody.width + Int(bounded: middle.x)
                switch grid.contents[row * (grid.columns - 1) + column] {
                case .nothing: #expect(Self.coverage.values[at] == 0)
                case .person: #expect(Self.coverage.values[at] == 1)
                case .edge, .hidden: break
                }
            }
        }
    }

    @Test func `Cells that are left out lie under the face whatever it does`() {
        var generator = SeededGenerator(seed: 3)
        for yaw: Float in [-0.5, 0, 0.4] {
            let rig = Rig(landmarks: Nobody.landmarks(yaw: yaw))
            let mesh = RigMesh(
                rig: rig, width: Nobody.width, height: Nobody.height, coverage: nil)
            let hidden = mesh.grid.contents.indices.filter { mesh.grid.contents[$0] == .hidden }
            #expect(hidden.count > 20)
            let portrait = SourceImage(Nobody.image)
            for _ in 0..<24 {
                var channels = SIMD8<Float>()
                for channel in 0..<8 { channels[channel] = generator.uniform(0, 1.25) }
                var expression = Expression(mouth: MouthShape(channels), brow: 1)
                expression.feeling.smile = generator.uniform(0, 1)
                expression.feeling.surprise = generator.uniform(0, 1)
                expression.head = HeadTurn(
                    yaw: generator.uniform(-0.184, 0.184), pitch: generator.uniform(-0.1, 0.1),
                    roll: generator.uniform(-0.1, 0.1), right: generator.uniform(-1, 1))
                let placed = mesh.place(expression)
                // No colour of the portrait is black.
                var pixels = [UInt8](repeating: 0, count: Nobody.width * Nobody.height * 3)
                pixels.withUnsafeMutableBufferPointer { buffer in
                    let canvas = Canvas(
                        pixels: buffer.baseAddress!, width: Nobody.width, height: Nobody.height)
                    portrait.withSampler {
                        mesh.drawFace(placed, on: canvas, $0, over: Nobody.image.rgb)
                    }
                }
                for cell in hidden {
                    let (row, column) = (
                        cell / (mesh.grid.columns - 1), cell % (mesh.grid.columns - 1)
                    )
                    let corner = row * mesh.grid.columns + column
                    for a: Float in stride(from: 0, through: 1, by: 0.25) {
                        let left = placed.nodes[corner] * (1 - a) + placed.nodes[corner + 1] * a
                        let below = corner + mesh.grid.columns
                        let right = placed.nodes[below] * (1 - a) + placed.nodes[below + 1] * a
                        for b: Float in stride(from: 0, through: 1, by: 0.25) {
                            let at = left * (1 - b) + right * b
                            let x = Int(bounded: at.x.rounded())
                            let index = (Int(bounded: at.y.rounded()) * Nobody.width + x) * 3
                            #expect(pixels[index] > 0)
                        }
                    }
                }
            }
        }
    }
}
