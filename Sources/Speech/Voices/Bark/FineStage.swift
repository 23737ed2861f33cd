import EngineAPI
import Inference

/// From the codes of the first codebooks to those of all, one codebook after the other over a
/// stretch of frames; stretches overlap.
struct FineStage {
    let network: BarkNetwork
    let settings: BarkSettings

    private var part: BarkSettings.Fine { settings.fine }

    /// - coarse: a row for each of the first codebooks, not empty.
    /// - Returns: a row for each codebook.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.deadlineTooShort`, `.modelDamaged`,
    ///   `.runtimeRefused`.
    func codes(
        _ coarse: [[Int]], behind history: BarkHistory, _ generator: inout SeededGenerator,
        until work: WorkContext
    ) throws(EngineError) -> [[Int]] {
        let frames = coarse[0].count
        let filler = settings.codebook_size
        let before = min(history.codes.map(\.count).min() ?? 0, part.history_max)
        var rows: [[Int]] = []
        for book in 0..<part.codebooks {
            let own =
                book < coarse.count ? coarse[book] : Array(repeating: filler, count: frames)
            rows.append(Array(history.codes[book].suffix(before)) + own)
        }
        // The network sees both ways, and was taught with stretches of one length.
        let length = max(before + frames, part.input_length)
        for book in rows.indices {
            rows[book] += Array(repeating: filler, count: length - rows[book].count)
        }
        let hop = part.history_max
        let beyond = frames - (part.input_length - before)
        let runs = max(0, (beyond + hop - 1) / hop) + 1
        let books = coarse.count..<part.codebooks
        var forecast = WorkForecast()
        for run in 0..<runs {
            let start = min(run * hop, length - part.input_length)
            let fill = min(before + run * hop, length - hop)
            for book in books {
                let started = ContinuousClock.now
                try tell(book, &rows, from: start, fill: fill, &generator, work)
                let left = (runs - run) * books.count - (book - books.lowerBound) - 1
                try forecast.add(.now - started, stepsLeft: left, work: work)
            }
        }
        return rows.map { Array($0[before..<before + frames]) }
    }

    /// Fills a codebook's row from a frame on to the end of the stretch.
    private func tell(
        _ book: Int, _ rows: inout [[Int]], from start: Int, fill: Int,
        _ generator: inout SeededGenerator, _ work: WorkContext
    ) throws(EngineError) {
        let stretch = start..<start + part.input_length
        let codes = rows.flatMap { $0[stretch].map(Int64.init) }
        let outputs = try network.session.run(
            [
                (
                    name: "codes",
                    tensor: Tensor(codes, shape: [part.codebooks, part.input_length])
                ),
                (name: "codebook", tensor: Tensor([Int64(book)], shape: [1])),
            ], outputs: ["logits"], until: work)
        let size = settings.codebook_size
        let scores = try network.scores(outputs[0].floats, count: part.input_length * size)
        let sampling = BarkSettings.Sampling(temperature: part.temperature, topK: 0)
        for frame in fill..<stretch.upperBound {
            let at = (frame - start) * size
            rows[book][frame] = TokenSampler.choose(
                scores[at..<at + size], sampling, &generator)
        }
    }
}

/// From the codes of all codebooks to samples: EnCodec's decoder.
struct CodecStage {
    let network: BarkNetwork
    let settings: BarkSettings

    /// Its first layer mirrors six frames.
    private static let framesMin = 8

    /// - codes: a row for each codebook, not empty.
    /// - Returns: samples that are heard without being cut, −1…1.
    /// - Throws: `.cancelled`, `.deadlinePassed`, `.modelDamaged`, `.runtimeRefused`.
    func samples(_ codes: [[Int]], until work: WorkContext) throws(EngineError) -> [Float] {
        let frames = codes[0].count
        let length = max(frames, Self.framesMin)
        // The last frame again, where there are too few.
        let flat = codes.flatMap { row in
            row.map(Int64.init)
                + Array(repeating: Int64(row[frames - 1]), count: length - frames)
        }
        let outputs = try network.session.run(
            [(name: "codes", tensor: Tensor(flat, shape: [codes.count, length]))],
            outputs: ["samples"], until: work)
        let made = try network.scores(
            outputs[0].floats, count: length * settings.frame_samples)
        return made.prefix(frames * settings.frame_samples).map { min(max($0, -1), 1) }
    }
}
