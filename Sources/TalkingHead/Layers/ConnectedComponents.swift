/// The parts of a mask that hang together.
struct ConnectedComponents {
    struct Component {
        var area = 0
        var left = Int.max
        var top = Int.max
        var right = Int.min
        var bottom = Int.min

        var width: Int { right - left + 1 }
        var height: Int { bottom - top + 1 }
    }

    /// Of each pixel: 0 outside the mask, else the component's index and 1.
    let labels: [Int32]
    let components: [Component]

    /// - joinsCorners: whether pixels that touch at a corner only hang together.
    init(_ mask: [Bool], width: Int, height: Int, joinsCorners: Bool) {
        precondition(mask.count == width * height)
        var labels = [Int32](repeating: 0, count: mask.count)
        // Union-find over the labels of runs.
        var parents: [Int32] = [0]
        func root(_ label: Int32) -> Int32 {
            var label = label
            while parents[Int(label)] != label {
                parents[Int(label)] = parents[Int(parents[Int(label)])]
                label = parents[Int(label)]
            }
            return label
        }
        for y in 0..<height {
            for x in 0..<width where mask[y * width + x] {
                let index = y * width + x
                var label: Int32 = 0
                func join(_ other: Int32) {
                    guard other != 0 else { return }
                    let (a, b) = (root(label == 0 ? other : label), root(other))
                    parents[Int(max(a, b))] = min(a, b)
                    label = min(a, b)
                }
                if x > 0 { join(labels[index - 1]) }
                if y > 0 {
                    join(labels[index - width])
                    if joinsCorners && x > 0 { join(labels[index - width - 1]) }
                    if joinsCorners && x + 1 < width { join(labels[index - width + 1]) }
                }
                if label == 0 {
                    label = Int32(parents.count)
                    parents.append(label)
                }
                labels[index] = label
            }
        }
        var numbers = [Int32](repeating: 0, count: parents.count)
        var components: [Component] = []
        for index in labels.indices where labels[index] != 0 {
            let top = Int(root(labels[index]))
            if numbers[top] == 0 {
                components.append(Component())
                numbers[top] = Int32(components.count)
            }
            labels[index] = numbers[top]
            components[Int(numbers[top]) - 1].add(index % width, index / width)
        }
        self.labels = labels
        self.components = components
    }

    /// The mask of all components that have a pixel among those.
    func touching(_ seeds: [Bool]) -> [Bool] {
        var isKept = [Bool](repeating: false, count: components.count + 1)
        for index in labels.indices where seeds[index] { isKept[Int(labels[index])] = true }
        isKept[0] = false
        return labels.map { isKept[Int($0)] }
    }
}

extension ConnectedComponents.Component {
    fileprivate mutating func add(_ x: Int, _ y: Int) {
        area += 1
        (left, right) = (min(left, x), max(right, x))
        (top, bottom) = (min(top, y), max(bottom, y))
    }
}
