import EngineAPI

/// Finds out who speaks when: windows of voices are joined to groups that are one voice each, given
/// to them again in order, so that nobody changes for a moment only, and what is one voice after
/// all is joined.
struct SpeakerTurns {
    /// Groups of fewer windows are no speaker, where others are.
    private static let windowsMin: Float = 2
    /// By how much a voice's mean moves in the course of a recording, and the evidence from which
    /// on two groups are one: tuned on talkers that no report knows.
    private static let drift: Float = 0.2
    private static let evidenceMin: Float = -5
    /// What a change of speakers costs, as a logarithm of probability.
    private static let changeCost: Float = 4
    private static let roundsMax = 8

    private let windows: [VoiceWindow]
    private let traits: [[Float]]
    private let isFull: [Bool]
    private let statistics: VoiceStatistics
    private let choice: SpeakerChoice
    /// Which group each window is in.
    private var labels: [Int] = []

    /// - Throws: `.cancelled`, `.deadlinePassed`.
    static func turns(
        _ windows: [VoiceWindow], _ choice: SpeakerChoice, _ statistics: VoiceStatistics,
        work: WorkContext
    ) throws(EngineError) -> (turns: [SpeakerTurn], labels: [Int]) {
        guard !windows.isEmpty else { return ([], []) }
        var finder = SpeakerTurns(windows, choice, statistics)
        try finder.group(work)
        finder.assign()
        try finder.join(work)
        finder.assign()
        return (finder.turns, finder.labels)
    }

    private init(
        _ windows: [VoiceWindow], _ choice: SpeakerChoice, _ statistics: VoiceStatistics
    ) {
        self.windows = windows
        self.choice = choice
        self.statistics = statistics
        traits = VoiceScale.levelled(windows)
        let isFull = windows.map(\.isFull)
        // Nothing but short talk: it must do.
        self.isFull =
            isFull.count(where: \.self) >= 2
            ? isFull : [Bool](repeating: true, count: windows.count)
    }

    private var countMin: Int { min(choice.count ?? 1, windows.count) }
    private var countMax: Int { choice.count ?? choice.countMax }

    private mutating func group(_ work: WorkContext) throws(EngineError) {
        let full = traits.indices.filter { isFull[$0] }
        let found = try VoiceClusters.labels(
            full.map { traits[$0] }, statistics, countMin: countMin, work: work)
        labels = [Int](repeating: -1, count: windows.count)
        for (index, label) in zip(full, found) { labels[index] = label }
        let groups = groups
        for index in labels.indices where labels[index] < 0 {
            labels[index] =
                groups.min { distance(index, $0.group) < distance(index, $1.group) }?.label ?? 0
        }
    }

    /// The groups of full windows, in order of their labels.
    private var groups: [(label: Int, group: VoiceGroup)] {
        var members: [Int: [[Float]]] = [:]
        for index in labels.indices where isFull[index] && labels[index] >= 0 {
            members[labels[index], default: []].append(traits[index])
        }
        return members.sorted { $0.key < $1.key }.compactMap { label, voices in
            VoiceGroup(of: voices).map { (label, $0) }
        }
    }

    private func distance(_ index: Int, _ group: VoiceGroup) -> Float {
        zip(traits[index], group.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    /// Gives each window to a group by the likeliest way through all of them (Viterbi), until that
    /// changes nothing.
    private mutating func assign() {
        for _ in 0..<Self.roundsMax {
            var groups = groups
            let large = groups.filter { $0.group.count >= Self.windowsMin }
            // Nobody is left out where it is known how many speak.
            if large.count >= max(1, countMin) { groups = large }
            if large.isEmpty, countMin == 1,
                let largest = groups.max(by: { $0.group.count < $1.group.count })
            {
                groups = [largest]
            }
            let path = path(groups.map(\.group)).map { groups[$0].label }
            if path == labels { return }
            labels = path
        }
    }

    private func path(_ groups: [VoiceGroup]) -> [Int] {
        guard groups.count > 1 else { return labels.map { _ in 0 } }
        var best = [Float](repeating: 0, count: groups.count)
        var from = [Int](repeating: 0, count: labels.count * groups.count)
        for index in labels.indices {
            let leader = best.indices.max { best[$0] < best[$1] } ?? 0
            let changed = best[leader] - Self.changeCost
            for group in groups.indices {
                let stays = index == 0 || best[group] >= changed
                from[index * groups.count + group] = stays ? group : leader
                let fit = -0.5 * VoiceStatistics.share * distance(index, groups[group])
                best[group] = (stays ? best[group] : changed) + fit
            }
        }
        var path = [Int](repeating: 0, count: labels.count)
        var group = best.indices.max { best[$0] < best[$1] } ?? 0
        for index in labels.indices.reversed() {
            path[index] = group
            group = from[index * groups.count + group]
        }
        return path
    }

    /// Joins groups that are one voice, and more where there are too many.
    private mutating func join(_ work: WorkContext) throws(EngineError) {
        let groups = groups
        var pairs = try VoicePairs(
            groups.map(\.group), statistics, drift: Self.drift, work: work)
        while pairs.count > countMin, let (one, other, evidence) = pairs.best,
            evidence >= Self.evidenceMin && choice.count == nil || pairs.count > countMax
        {
            pairs.join(one, other)
        }
        let joined = Dictionary(
            zip(groups.map(\.label), pairs.labels), uniquingKeysWith: { first, _ in first })
        labels = labels.map { joined[$0] ?? 0 }
    }

    /// Windows of one speaker in a row; two windows meet in the middle of what they share, or of
    /// the silence between them.
    private var turns: [SpeakerTurn] {
        var turns: [SpeakerTurn] = []
        for (index, window) in windows.enumerated() {
            if let last = turns.indices.last, turns[last].speaker == labels[index] {
                turns[last].range = turns[last].range.lowerBound..<window.range.upperBound
                continue
            }
            var start = window.range.lowerBound
            if let last = turns.indices.last {
                let before = windows[index - 1].range
                let cut =
                    before.upperBound <= start
                    ? (before.upperBound + start) / 2
                    : (before.lowerBound + before.upperBound + start + window.range.upperBound) / 4
                turns[last].range =
                    turns[last].range
                    .lowerBound..<max(
                        cut, turns[last].range.lowerBound)
                start = turns[last].range.upperBound
            }
            turns.append(
                SpeakerTurn(
                    range: start..<max(start, window.range.upperBound), speaker: labels[index]))
        }
        return turns
    }
}

/// Brings the voices of one recording to the usual scale: in a room they vary more than by
/// telephone, which moves them nearer to each other too.
enum VoiceScale {
    /// Half the mean square between windows that follow each other, in recordings of any kind.
    private static let usual: Float = 1
    /// So many windows are taken for usual beforehand.
    private static let prior: Float = 8
    /// Windows that follow one another by no more than this.
    private static let pauseMax = 3 * 1_600
    private static let reach = 3

    static func levelled(_ windows: [VoiceWindow]) -> [[Float]] {
        var found: [Float] = []
        for (index, window) in windows.enumerated() where window.isFull {
            for next in windows.dropFirst(index + 1).prefix(reach) where next.isFull {
                let pause = next.range.lowerBound - window.range.upperBound
                guard pause >= -1_600, pause <= pauseMax else { continue }
                found.append(meanSquare(window.traits, next.traits) / 2)
            }
        }
        guard !found.isEmpty else { return windows.map(\.traits) }
        found.sort()
        let middle = (found[found.count / 2] + found[(found.count - 1) / 2]) / 2
        let count = Float(found.count)
        let relation = (middle * count + usual * prior) / (count + prior) / usual
        guard relation.isFinite, relation > 0 else { return windows.map(\.traits) }
        let gain = 1 / relation.squareRoot().squareRoot()
        return windows.map { $0.traits.map { $0 * gain } }
    }

    private static func meanSquare(_ one: [Float], _ other: [Float]) -> Float {
        zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(max(1, one.count))
    }
}
