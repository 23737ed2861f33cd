import EngineAPI

/// What those who speak are called: those who are known by their names, the others A, B, … in the
/// order in which they are heard.
struct SpeakerNames {
    private var names: [Int: String] = [:]

    /// How alike a known voice and one that is heard must sound, as the cosine between their
    /// means: the same talker in noise or a room is at .67 or more, others are seldom over .27.
    private static let likenessMin: Float = 0.5

    /// - known: how those sound who are known, in their order; empty where nothing was heard.
    init(_ choice: SpeakerChoice, known: [[Float]], _ windows: [VoiceWindow], _ labels: [Int]) {
        var members: [Int: [[Float]]] = [:]
        for (window, label) in zip(windows, labels) {
            members[label, default: []].append(window.voice)
        }
        // The likeliest pair first; each is in one.
        let voices = members.compactMapValues { VoiceGroup(of: $0)?.mean }
        let pairs = voices.flatMap { label, voice in
            known.enumerated().map { (label, $0, Self.likeness(voice, $1)) }
        }.sorted { ($0.2, $1.0, $1.1) > ($1.2, $0.0, $0.1) }
        var told: Set<Int> = []
        for (label, place, likeness) in pairs
        where likeness >= Self.likenessMin && names[label] == nil && !told.contains(place) {
            names[label] = choice.known[place].name
            told.insert(place)
        }
        let taken = Set(choice.known.map(\.name))
        var letter = 0
        for label in labels where names[label] == nil {
            // A name may be a letter too.
            while taken.contains(Self.letters(letter)) { letter += 1 }
            names[label] = Self.letters(letter)
            letter += 1
        }
    }

    func name(_ speaker: Int) -> String { names[speaker] ?? Self.letters(0) }

    private static func likeness(_ one: [Float], _ other: [Float]) -> Float {
        guard one.count == other.count else { return 0 }
        let power = [one, other].map { $0.reduce(0) { $0 + $1 * $1 } }
        guard power[0] > 0, power[1] > 0 else { return 0 }
        return zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } / (power[0] * power[1]).squareRoot()
    }

    /// A … Z, AA, AB, ….
    static func letters(_ index: Int) -> String {
        let last = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index % 26)))
        return index < 26 ? last : letters(index / 26 - 1) + last
    }
}
