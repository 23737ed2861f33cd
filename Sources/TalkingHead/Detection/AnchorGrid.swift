/// The boxes that MediaPipe's detectors tell changes of; their centres lie on grids.
enum AnchorGrid {
    /// - grids: cells along a side, and anchors in each, in the order of the detector's outputs.
    /// - Returns: the centres, 0…1.
    static func centres(_ grids: [(cells: Int, perCell: Int)]) -> [Point2] {
        var centres: [Point2] = []
        for (cells, perCell) in grids {
            for y in 0..<cells {
                for x in 0..<cells {
                    let centre = (Point2(Float(x), Float(y)) + 0.5) / Float(cells)
                    centres += [Point2](repeating: centre, count: perCell)
                }
            }
        }
        return centres
    }
}
