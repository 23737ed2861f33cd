import EngineAPI

/// Makes captions that people can read of a transcript's words.
///
/// The words are shared out by dynamic programming: of all ways to cut them into captions that keep
/// to the limits, the one whose cuts lie at sentences, pauses and clauses, whose captions are
/// neither crumbs nor crammed, and that leaves each the time to be read. `CaptionTiming` then says
/// from when to when each is shown.
struct CaptionMaker {
    private let limits: CaptionLimits
    private let hasWideLanguage: Bool
    private let atoms: [CaptionAtom]

    /// Seconds of silence that no caption stays over.
    private static let pauseMax = 3.0

    /// - namesSpeakers: a turn begins with its speaker's name, as text.
    static func captions(
        of transcript: Transcript, _ limits: CaptionLimits, namesSpeakers: Bool = true
    ) -> [Caption] {
        CaptionMaker(transcript, limits, namesSpeakers).captions()
    }

    private init(_ transcript: Transcript, _ limits: CaptionLimits, _ namesSpeakers: Bool) {
        let hasWideLanguage = CaptionLimits.wideLanguages.contains(transcript.language)
        self.limits = limits
        self.hasWideLanguage = hasWideLanguage
        atoms = CaptionAtom.atoms(of: transcript.segments, namesSpeakers: namesSpeakers) {
            isWide in
            limits.length(isWide: isWide || hasWideLanguage)
        }
    }

    private func captions() -> [Caption] {
        let ranges = cuts()
        let lines = ranges.map(lines)
        let spoken = ranges.map { atoms[$0.lowerBound].start...atoms[$0.upperBound - 1].end }
        var captions = CaptionTiming.captions(lines, spoken: spoken)
        for (index, range) in ranges.enumerated() {
            captions[index].speaker = atoms[range.lowerBound].speaker
        }
        return captions
    }

    // MARK: captions

    /// The cheapest way to cut the atoms into captions.
    private func cuts() -> [Range<Int>] {
        guard !atoms.isEmpty else { return [] }
        var best = [Double](repeating: .infinity, count: atoms.count + 1)
        var from = [Int](repeating: 0, count: atoms.count + 1)
        best[0] = 0
        for end in 1...atoms.count {
            var characters = 0
            for start in stride(from: end - 1, through: 0, by: -1) {
                characters += atoms[start].width
                let range = start..<end
                if range.count > 1 {
                    guard characters <= CaptionLimits.charactersMax,
                        atoms[end - 1].end - atoms[start].start <= CaptionLimits.secondsMax,
                        atoms[start].pauseSeconds <= Self.pauseMax, !atoms[start + 1].isTurn,
                        fits(range)
                    else { break }
                }
                let cost = best[start] + cost(range, characters: characters)
                if cost < best[end] { (best[end], from[end]) = (cost, start) }
            }
        }
        var ranges: [Range<Int>] = []
        var end = atoms.count
        while end > 0 {
            ranges.append(from[end]..<end)
            end = from[end]
        }
        return ranges.reversed()
    }

    private func cost(_ range: Range<Int>, characters: Int) -> Double {
        let inner = atoms[range].dropLast()
        var cost = 1 + atoms[range.upperBound - 1].breakCost
        for atom in inner {
            if atom.breakCost == 0 { cost += 0.4 }
            if atom.pauseSeconds >= 0.6 { cost += 0.8 + 0.8 * atom.pauseSeconds }
        }
        // A word alone is a crumb; so are two characters of a script without words.
        let words = 1 + inner.indices.count { atoms[$0 + 1].hasBlankBefore }
        let isWide = atoms[range].contains { $0.text.contains(where: \.isUnspaced) }
        if words == 1, !isWide || characters <= 3 { cost += 6 }
        if characters < 12, !isWide { cost += 0.6 }
        let room =
            range.upperBound < atoms.count
            ? atoms[range.upperBound].start - atoms[range.lowerBound].start : .infinity
        let needed = max(
            CaptionLimits.secondsMin, Double(characters) / CaptionLimits.charactersPerSecondMax)
        return cost + 3 * max(0, needed - room)
    }

    // MARK: lines

    private func lineLength(_ range: Range<Int>) -> Int {
        limits.length(
            isWide: hasWideLanguage
                || atoms[range].contains { $0.text.contains(where: CaptionAtom.isWide) })
    }

    private func fits(_ range: Range<Int>) -> Bool {
        let length = lineLength(range)
        return atoms[range].allSatisfy { $0.text.count <= length }
            && lineCount(range, length) <= limits.linesMax
    }

    /// The fewest lines that hold the atoms, each as full as it gets.
    private func lineCount(_ range: Range<Int>, _ length: Int) -> Int {
        var count = 1
        var width = 0
        for index in range {
            let atom = atoms[index]
            let added = width == 0 ? atom.text.count : atom.width
            if width + added > length, width > 0 {
                count += 1
                width = atom.text.count
            } else {
                width += added
            }
        }
        return count
    }

    /// A caption's lines: as few as hold it, of about the same length, broken at clauses.
    private func lines(_ range: Range<Int>) -> [String] {
        let length = lineLength(range)
        let count = lineCount(range, length)
        guard count > 1, range.count > 1 else { return [text(range)] }
        let ideal = Double(text(range).count) / Double(count)
        var best = [[Double]](
            repeating: [Double](repeating: .infinity, count: range.count + 1), count: count + 1)
        var from = best.map { $0.map { _ in 0 } }
        best[0][0] = 0
        for line in 1...count {
            for end in 1...range.count {
                var width = 0
                for start in stride(from: end - 1, through: 0, by: -1) {
                    let atom = atoms[range.lowerBound + start]
                    width += atom.text.count
                    if width > length { break }
                    let unevenness = (Double(width) - ideal) / Double(length)
                    let cut =
                        end < range.count ? atoms[range.lowerBound + end - 1].breakCost * 0.25 : 0
                    let cost = best[line - 1][start] + unevenness * unevenness * 3 + cut
                    if cost < best[line][end] { (best[line][end], from[line][end]) = (cost, start) }
                    width += atom.hasBlankBefore ? 1 : 0
                }
            }
        }
        var lines: [String] = []
        var end = range.count
        for line in stride(from: count, to: 0, by: -1) {
            let start = from[line][end]
            lines.append(text(range.lowerBound + start..<range.lowerBound + end))
            end = start
        }
        return lines.reversed()
    }

    private func text(_ range: Range<Int>) -> String {
        var text = ""
        for index in range {
            if atoms[index].hasBlankBefore, !text.isEmpty { text += " " }
            text += atoms[index].text
        }
        return text
    }
}
