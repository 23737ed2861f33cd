import EngineAPI
import Testing

@testable import Speech

/// Stage by stage against the voice's own package.
@Suite struct ParityModelTests {
    /// Where ours is better on purpose; the reference's text on the left.
    static let better: [String: String] = [
        // Sums are written out, so that a currency never reaches the next number.
        "On March third, 2024, exactly 1,250 people paid $9.99 each.":
            "On March third, 2024, exactly 1,250 people paid 9 dollars and 99 cents each.",
        "The temperature rose from -2 to 14 within twenty-four hours.":
            "The temperature rose from minus 2 to 14 within twenty-four hours.",
        "C++ and C hashtag are programming languages.":
            "C plus plus and C sharp are programming languages.",
        "Add 2 one half cups of flour, 250 milliliters of milk, and 3 eggs.":
            "Add 2 and a half cups of flour, 250 milliliters of milk, and 3 eggs.",
        "His email is john.smith@example.com.": "His email is john dot smith at example dot com.",
        "Visit https://example.com/docs for more info.":
            "Visit example dot com slash docs for more info.",
        "Today is the 21st of April, and the score was 3-2.":
            "Today is the 21st of April, and the score was 3 to 2.",
    ]

    @Test("normalised text is the reference's")
    func normalized() throws {
        let front = try Voice.front()
        for sentence in try HibariReference().sentences {
            let text = String(front.normalizer.normalized(sentence.text.scalars))
            #expect(text == ParityModelTests.better[sentence.normalized] ?? sentence.normalized)
        }
    }

    @Test("tokens and tags are the reference's")
    func tokens() throws {
        let front = try Voice.front()
        // Addresses no longer reach the tokeniser whole.
        for sentence in try HibariReference().sentences
        where !sentence.normalized.contains("https:") {
            let pieces = front.tokenizer.pieces(sentence.normalized.scalars)
            let tags = front.tagger.tags(pieces.map(\.text))
            let made = zip(pieces, tags).map { [$0.text, $1, $0.hasSpace ? "1" : "0"] }
            #expect(made == sentence.tokens)
        }
    }

    /// Names that CMUdict knows and the reference guesses at; curly quotation marks, which ours
    /// gives to the network as it gives straight ones; a verb that the reference takes for a noun.
    private static let named = ["Kowalski", "Tanaka", "Curly quotes", "Photosynthesis converts"]

    @Test("phonemes are the reference's")
    func phonemes() throws {
        let front = try Voice.front()
        for sentence in try HibariReference().sentences
        where ParityModelTests.better[sentence.normalized] == nil
            && !ParityModelTests.named.contains(where: sentence.normalized.contains)
        {
            let reading = try front.reading(sentence.normalized)
            #expect(reading == sentence.phonemes, "\(sentence.normalized)")
        }
    }

    @Test("ids, durations and frames of the network are the reference's")
    func network() throws {
        let alphabet = PhonemeAlphabet(try Voice.tables())
        let model = try Voice.model()
        for clause in try HibariReference().clauses {
            let ids = [0] + clause.phonemes.unicodeScalars.compactMap(alphabet.id) + [0]
            #expect(ids == clause.ids)
            let (count, durations) = try model.withFrames(ids, speed: 1) {
                ($0.count, Array($0.durations))
            }
            #expect(durations == clause.durations)
            #expect(count == clause.frames)
        }
    }

    @Test("the sound without noise is the reference's, sample by sample")
    func samples() throws {
        let model = try Voice.model()
        let vocoder = Vocoder()
        let clauses = try HibariReference().clauses.filter { !$0.stretches.isEmpty }
        #expect(clauses.count == 3)
        for clause in clauses {
            let made = try model.withFrames(clause.ids, speed: 1) {
                vocoder.samples($0, noise: nil)
            }
            var (both, own, theirs) = (0.0, 0.0, 0.0)
            for (start, samples) in clause.stretches {
                for (index, sample) in samples.enumerated() {
                    let (a, b) = (Double(made[start + index]), Double(sample))
                    (both, own, theirs) = (both + a * b, own + a * a, theirs + b * b)
                }
            }
            // On the reference's kind of processor (VNNI) they differ in the last of 16 bits, and
            // this is 1. Others multiply the network's bytes in another way: the package itself
            // has other samples there. The first Zen has .93.
            #expect(both / (own * theirs).squareRoot() > 0.9)
        }
    }

    @Test("the sound without noise is as loud as the reference's")
    func loudness() throws {
        let model = try Voice.model()
        let vocoder = Vocoder()
        for clause in try HibariReference().clauses {
            let samples = try model.withFrames(clause.ids, speed: 1) {
                vocoder.samples($0, noise: nil)
            }
            #expect(samples.count == clause.frames * 300)
            // Processors without VNNI multiply the network's bytes in another way, which moves the
            // level by up to 1.2 %; a branch left out moves it by more than 10 %.
            let level = Level(samples).meanSquareRoot
            #expect(abs(level / clause.level - 1) < 0.03)
        }
    }
}

/// Figures of a stretch of sound.
struct Level {
    private(set) var peak: Float = 0
    private(set) var meanSquareRoot: Float = 0

    init(_ samples: some Collection<Float>) {
        var sum = 0.0
        for sample in samples {
            peak = max(peak, abs(sample))
            sum += Double(sample) * Double(sample)
        }
        if !samples.isEmpty { meanSquareRoot = Float((sum / Double(samples.count)).squareRoot()) }
    }

    /// The largest difference of two samples that follow one another.
    static func step(_ samples: [Float]) -> Float {
        zip(samples, samples.dropFirst()).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
}
