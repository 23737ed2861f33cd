import EngineAPI
import Testing

@testable import Speech

/// Every stage beside `transformers`, on a tiny model, the likeliest token always.
@Suite struct BarkParityModelTests {
    private let folder: BarkFolder
    private let reference: BarkReference

    init() throws {
        folder = try BarkFolder()
        reference = try BarkReference.read()
    }

    private let ample = WorkContext(within: .seconds(120))

    private func history(
        _ one: BarkReference.Case, _ networks: BarkNetworks
    ) throws -> BarkHistory {
        var history = try networks.history(one.voice ? "en_speaker_1" : nil)
        if one.carried ?? false {
            let before = try #require(
                reference.cases.first { $0.voice && $0.carried == nil && $0.text != one.text })
            history.append(before.semantic, before.fine, networks.settings)
        }
        return history
    }

    @Test("tokens of meaning, codes of both stages and samples are those of transformers")
    func stages() throws {
        defer { folder.remove() }
        #expect(reference.cases.count == 4)
        for one in reference.cases {
            if let probability = one.end_probability {
                try folder.change("\"end_probability\": 0", "\"end_probability\": \(probability)")
            }
            let networks = try folder.networks()
            let made = try BarkSentence(
                try networks.opened(ample), behind: try history(one, networks), seed: 0,
                until: ample
            ).said(networks.tokenizer.ids(one.text))
            #expect(made.semantic == one.semantic)
            let settings = networks.settings
            let turns = made.codes[0].indices.flatMap { frame in
                (0..<settings.coarse.codebooks).map { book in
                    settings.semantic.vocabulary + book * settings.codebook_size
                        + made.codes[book][frame]
                }
            }
            #expect(turns == one.coarse)
            #expect(made.codes == one.fine)
            #expect(made.samples.count == one.count)
            for (place, value) in zip(one.at, one.values) {
                #expect(abs(Double(made.samples[place]) - value) < 2e-5)
            }
            let sum = made.samples.reduce(0) { $0 + Double(abs($1)) }
            #expect(abs(sum - one.absolute_sum) < 1e-4 * one.absolute_sum + 1e-3)
        }
    }

    @Test("a history that windows share is read once, and the codes are the same")
    func sharesPast() throws {
        defer { folder.remove() }
        let networks = try folder.networks()
        let stages = try networks.opened(ample)
        var generator = SeededGenerator(seed: 0)
        let one = reference.cases[0]
        // Nobody's history: each window begins as the one before until the history is full.
        let codes = try stages.coarse.codes(
            one.semantic, behind: try networks.history(nil), &generator, until: ample)
        #expect(codes == Array(one.fine.prefix(2)))
        let short = try stages.coarse.codes(
            Array(one.semantic.prefix(4)), behind: try networks.history(nil), &generator,
            until: ample)
        #expect(short[0].count == 6 && short[0] == short[0].map { min($0, 15) })
    }

    @Test("what is said at any temperature depends on the seed alone")
    func seeds() throws {
        defer { folder.remove() }
        try folder.change("\"temperature\": 0,", "\"temperature\": 0.9,")
        let networks = try folder.networks()
        let stages = try networks.opened(ample)
        func said(_ seed: UInt64) throws -> BarkSentence.Said {
            try BarkSentence(
                stages, behind: try networks.history("en_speaker_1"), seed: seed, until: ample
            ).said(networks.tokenizer.ids("Hello, my name is Ada."))
        }
        let first = try said(1)
        #expect(try said(1) == first)
        #expect(try said(2).semantic != first.semantic)
        #expect(first.semantic.allSatisfy { $0 < networks.settings.semantic.vocabulary })
        #expect(first.codes.flatMap(\.self).allSatisfy { $0 < networks.settings.codebook_size })
    }

    @Test("of one frame to some the codec makes as many samples as are due")
    func shortest() throws {
        defer { folder.remove() }
        let networks = try folder.networks()
        let codec = try networks.opened(ample).codec
        for frames in [1, 2, 7, 8, 9] {
            let codes = [[Int]](repeating: Array(0..<frames), count: 8)
            let samples = try codec.samples(codes, until: ample)
            #expect(samples.count == frames * 320)
            #expect(samples.allSatisfy { abs($0) <= 1 })
        }
    }
}
