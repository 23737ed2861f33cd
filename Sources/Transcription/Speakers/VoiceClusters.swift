import EngineAPI

/// Groups of one voice each, by joining the two that are likeliest one until none are.
enum VoiceClusters {
    /// Windows that are compared each with each: twenty minutes of speech. More are grouped by so
    /// many, then the groups.
    static let blockMax = 600
    /// Groups of a block at most.
    private static let groupsMax = 32
    /// By how much a voice's mean moves within a block, and how likely it must be one.
    private static let drift: Float = 0.1

    /// Which group each voice is in, from 0.
    /// - Parameters:
    ///   - countMin: no fewer groups are made.
    ///   - blockMax: windows that are compared each with each.
    /// - Throws: `.cancelled`, `.deadlinePassed`.
    static func labels(
        _ voices: [[Float]], _ statistics: VoiceStatistics, countMin: Int,
        blockMax: Int = blockMax, work: WorkContext
    ) throws(EngineError) -> [Int] {
        guard voices.count > blockMax else {
            return try joined(
                voices.map { VoiceGroup($0) }, statistics, countMin: countMin, work: work)
        }
        var labels: [Int] = []
        var groups: [VoiceGroup] = []
        // About equal blocks: none is so short that it tells nothing.
        let blocks = (voices.count + blockMax - 1) / blockMax
        for block in 0..<blocks {
            let part = voices[
                voices.count * block / blocks..<voices.count * (block + 1) / blocks]
            let own = try joined(
                part.map { VoiceGroup($0) }, statistics, countMin: countMin, work: work)
            let count = (own.max() ?? -1) + 1
            for group in 0..<count {
                let members = zip(part, own).filter { $0.1 == group }.map(\.0)
                if let made = VoiceGroup(of: members) { groups.append(made) }
            }
            labels += own.map { $0 + groups.count - count }
        }
        let joined = try joined(groups, statistics, countMin: countMin, work: work)
        return labels.map { joined[$0] }
    }

    private static func joined(
        _ groups: [VoiceGroup], _ statistics: VoiceStatistics, countMin: Int, work: WorkContext
    ) throws(EngineError) -> [Int] {
        var pairs = try VoicePairs(groups, statistics, drift: drift, work: work)
        while pairs.count > max(1, countMin), let (one, other, evidence) = pairs.best,
            evidence >= 0 || pairs.count > groupsMax
        {
            try work.check()
            pairs.join(one, other)
        }
        return pairs.labels
    }
}

/// Groups and the evidence of each two of them that they are one.
struct VoicePairs {
    private let statistics: VoiceStatistics
    private let drift: Float
    private var groups: [VoiceGroup]
    /// Row by row; only of groups that are there.
    private var evidence: [Float]
    private var isThere: [Bool]
    /// Of each group the one that is likeliest the same.
    private var nearest: [Int]
    private var owners: [Int]
    private var logs: [UInt32: Float] = [:]
    private(set) var count: Int

    init(
        _ groups: [VoiceGroup], _ statistics: VoiceStatistics, drift: Float, work: WorkContext
    ) throws(EngineError) {
        (self.groups, self.statistics, self.drift) = (groups, statistics, drift)
        count = groups.count
        evidence = [Float](repeating: -.infinity, count: count * count)
        isThere = [Bool](repeating: true, count: count)
        nearest = Array(0..<count)
        owners = Array(0..<count)
        for one in 0..<count {
            try work.check()
            for other in 0..<one { setEvidence(one, other) }
        }
        for group in 0..<count { findNearest(group) }
    }

    /// The two that are likeliest one; nil of fewer than two.
    var best: (one: Int, other: Int, evidence: Float)? {
        var best: (one: Int, other: Int, evidence: Float)?
        for group in groups.indices where isThere[group] && nearest[group] != group {
            let value = evidence[group * groups.count + nearest[group]]
            if best.map({ value > $0.evidence }) ?? true { best = (group, nearest[group], value) }
        }
        return best
    }

    /// Makes one of two.
    mutating func join(_ one: Int, _ other: Int) {
        groups[one].add(groups[other])
        isThere[other] = false
        count -= 1
        for index in owners.indices where owners[index] == other { owners[index] = one }
        for group in groups.indices where isThere[group] && group != one {
            setEvidence(one, group)
        }
        for group in groups.indices where isThere[group] {
            if group == one || nearest[group] == one || nearest[group] == other {
                findNearest(group)
            } else if evidence[group * groups.count + one]
                > evidence[group * groups.count + nearest[group]]
            {
                nearest[group] = one
            }
        }
    }

    /// Which group each of the first ones has come to, from 0 in the order in which they begin.
    var labels: [Int] {
        var numbers: [Int: Int] = [:]
        return owners.map { owner in
            let number = numbers[owner] ?? numbers.count
            numbers[owner] = number
            return number
        }
    }

    private mutating func setEvidence(_ one: Int, _ other: Int) {
        let value = statistics.evidence(groups[one], groups[other], drift: drift, &logs)
        // What is no number is no evidence.
        let sure = value.isFinite ? value : -.greatestFiniteMagnitude
        evidence[one * groups.count + other] = sure
        evidence[other * groups.count + one] = sure
    }

    private mutating func findNearest(_ group: Int) {
        nearest[group] = group
        var most = -Float.infinity
        for other in groups.indices where isThere[other] && other != group {
            let value = evidence[group * groups.count + other]
            if value > most { (most, nearest[group]) = (value, other) }
        }
    }
}
