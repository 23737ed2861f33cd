import EngineAPI
import Glibc

/// Lays the moved head, hair, neck and shoulders over the plate.
struct HeadCompositor: Sendable {
    /// Less than that, pixels, is no movement: a cell is copied as it is.
    static let leastWay: Float = 1.0 / 64

    private let grid: HeadGrid
    private let portrait: Image
    /// What is behind the person, packed RGB.
    let plate: [UInt8]

    init(grid: HeadGrid, portrait: Image, plate: [UInt8]) {
        (self.grid, self.portrait, self.plate) = (grid, portrait, plate)
    }

    /// - nodes: where the grid's are, pixels. - person: colours with coverage.
    func draw(_ nodes: [Point2], on canvas: Canvas, _ person: Sampler) {
        plate.withUnsafeBufferPointer { plate in
            portrait.rgb.withUnsafeBufferPointer { rgb in
                memcpy(canvas.pixels, plate.baseAddress!, plate.count)
                let (plate, rgb) = (plate.baseAddress!, rgb.baseAddress!)
                for row in 0..<grid.rows - 1 {
                    for column in 0..<grid.columns - 1 {
                        draw(row, column, nodes, on: canvas, person, plate, rgb)
                    }
                }
            }
        }
    }

    @inline(__always)
    private func draw(
        _ row: Int, _ column: Int, _ nodes: [Point2], on canvas: Canvas, _ person: Sampler,
        _ plate: UnsafePointer<UInt8>, _ rgb: UnsafePointer<UInt8>
    ) {
        let content = grid.contents[row * (grid.columns - 1) + column]
        guard content != .nothing, content != .hidden else { return }
        let a = row * grid.columns + column
        let (b, c, d) = (a + 1, a + grid.columns, a + grid.columns + 1)
        func hasMoved(_ node: Int) -> Bool {
            let way = nodes[node] - grid.rest[node]
            return abs(way.x) > Self.leastWay || abs(way.y) > Self.leastWay
        }
        guard hasMoved(a) || hasMoved(b) || hasMoved(c) || hasMoved(d) else {
            return copy(from: grid.rest[a], to: grid.rest[d], on: canvas, rgb)
        }
        let over = content == .edge ? plate : nil
        let source = grid.source
        canvas.draw(
            cell: (nodes[a], nodes[b], nodes[c], nodes[d]),
            from: (source[a], source[b], source[c], source[d]), person, over: over)
    }

    /// A rectangle of the portrait; its pixels are those that a triangle there would draw.
    private func copy(
        from low: Point2, to high: Point2, on canvas: Canvas, _ rgb: UnsafePointer<UInt8>
    ) {
        let left = max(Int(bounded: low.x.rounded(.up)), 0)
        // The last cell's far edge is the last pixel.
        let right = min(
            Int(bounded: high.x.rounded(.up)) + (high.x >= Float(canvas.width - 1) ? 1 : 0),
            canvas.width)
        let top = max(Int(bounded: low.y.rounded(.up)), 0)
        let bottom = min(
            Int(bounded: high.y.rounded(.up)) + (high.y >= Float(canvas.height - 1) ? 1 : 0),
            canvas.height)
        guard left < right, top < bottom else { return }
        for y in top..<bottom {
            let at = (y * canvas.width + left) * 3
            memcpy(canvas.pixels + at, rgb + at, (right - left) * 3)
        }
    }
}
