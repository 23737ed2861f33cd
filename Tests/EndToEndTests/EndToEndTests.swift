import EngineAPI
import Execution
import Foundation
import Inference
import Media
import Speech
import TalkingHead
import Testing
import Transcription

/// The real engines over the real models, wired as the program wires them.
private struct Avatar {
    let codec = FFmpegCodec(threads: 2)
    let transcriber: WhisperTranscriber
    let speaker: SpeechSynthesizer
    let animator: MeshEngine
    let samples: String

    init() {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .path
        let models = ModelDirectory(
            path: ProcessInfo.processInfo.environment["AVATAR_MODELS"] ?? root + "/.deps/models")
        let onnx = OnnxRuntimeProvider()
        samples = root + "/.deps/samples"
        transcriber = WhisperTranscriber(
            models: models, runtime: onnx.runtime, cores: ComputePermits(count: 2), coreCount: 2)
        let rateConverter: AudioRateConverterFactory = { [codec] (from, to) throws(EngineError) in
            try codec.rateConverter(fromHz: from, toHz: to)
        }
        speaker = SpeechSynthesizer(
            models: models, runtime: onnx.runtime, rateConverter: rateConverter)
        animator = MeshEngine(
            models: models, runtime: onnx.runtime, rateConverter: rateConverter, workers: 2)
    }

    func sample(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: samples + "/" + name)))
    }

    func speak(
        _ text: String
    ) async throws -> (clip: AudioClip, visemes: [TimedViseme], words: [TimedText]) {
        let spoken = Spoken()
        try await speaker.speak(SpeechRequest(text: text), work: work()) {
            clause throws(EngineError) in
            await spoken.add(clause)
        }
        return await (
            AudioClip(samples: spoken.samples, sampleRateHz: 24_000), spoken.visemes, spoken.words
        )
    }

    func hear(
        _ clip: AudioClip, language: String? = nil, alignsWords: Bool = false
    ) async throws -> Transcript {
        let encoder = try codec.encoder(.flac, sampleRateHz: clip.sampleRateHz)
        let bytes = try await encoder.add(clip.samples) + (try await encoder.finish())
        let transcript = try await codec.decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: 600, work: work())
        return try await transcriber.transcribe(
            transcript, TranscriptionRequest(language: language, alignsWords: alignsWords),
            work: work())
    }

    func work() -> WorkContext { WorkContext(within: .seconds(300)) }
}

private actor Spoken {
    var samples: [Float] = []
    var visemes: [TimedViseme] = []
    var words: [TimedText] = []
    func add(_ clause: SpokenClause) {
        words += clause.words
        samples += clause.clip.samples
        visemes += clause.visemes
    }
}

/// Words as they audio: lower case, letters and digits only.
private func words(_ text: String) -> [String] {
    text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
}

/// Word errors by Levenshtein's distance.
private func errors(_ wanted: [String], _ got: [String]) -> Int {
    var row = Array(0...got.count)
    for (i, word) in wanted.enumerated() {
        var previous = row[0]
        row[0] = i + 1
        for (j, other) in got.enumerated() {
            let cost = min(row[j + 1] + 1, row[j] + 1, previous + (word == other ? 0 : 1))
            (previous, row[j + 1]) = (row[j + 1], cost)
        }
    }
    return row[got.count]
}

private let avatar = Avatar()

@Suite(.serialized) struct EndToEndTests {
    private static let spoken =
        "And so my fellow Americans ask not what your country can do for you ask what you can do "
        + "for your country"

    @Test("eleven seconds of a speech are heard word by word", arguments: [nil, "en"])
    func hearing(language: String?) async throws {
        let clip = try await avatar.codec.decodeAudio(
            try avatar.sample("jfk.wav"), sampleRateHz: 16_000, secondsMax: 600,
            work: avatar.work())
        let transcript = try await avatar.transcriber.transcribe(
            clip, TranscriptionRequest(language: language), work: avatar.work())
        #expect(errors(words(Self.spoken), words(transcript.text)) <= 1, "\(transcript.text)")
        #expect(transcript.language == "en")
        #expect(transcript.model == (language == "en" ? "tiny.en" : "base"))
        let last = try #require(transcript.segments.last)
        #expect(last.endSeconds > 9 && last.endSeconds <= 11.01)
    }

    @Test("silence and noise are an empty text", arguments: [Float(0), 0.001, 0.05])
    func silence(level: Float) async throws {
        var generator = SystemRandomNumberGenerator()
        let samples = (0..<80_000).map { _ in Float.random(in: -1...1, using: &generator) * level }
        let transcript = try await avatar.transcriber.transcribe(
            AudioClip(samples: samples, sampleRateHz: 16_000), TranscriptionRequest(),
            work: avatar.work())
        #expect(transcript.text.isEmpty, "\(transcript.text)")
    }

    @Test("a language that nobody speaks is an error, and so is a model that is not here")
    func unknown() async throws {
        let clip = AudioClip(samples: [Float](repeating: 0, count: 16_000), sampleRateHz: 16_000)
        await #expect(throws: EngineError.languageUnknown(code: "zz", model: "base")) {
            try await avatar.transcriber.transcribe(
                clip, TranscriptionRequest(language: "zz"), work: avatar.work())
        }
        await #expect(throws: EngineError.self) {
            try await avatar.transcriber.transcribe(
                clip, TranscriptionRequest(model: "../hibari/hibari", detectsSpeech: false),
                work: avatar.work())
        }
    }

    @Test("twenty sentences are spoken, and heard again with at most 8 % of their words wrong")
    func roundTrip() async throws {
        var wrong = 0
        var total = 0
        var mishaps: [String] = []
        for sentence in Self.sentences {
            let speech = try await avatar.speak(sentence.text)
            let transcript = try await avatar.hear(speech.clip, language: "en")
            let wanted = words(sentence.transcript)
            let count = errors(wanted, words(transcript.text))
            if count > 0 { mishaps.append("\(sentence.text) → \(transcript.text)") }
            wrong += count
            total += wanted.count
        }
        let share = Double(wrong) / Double(total)
        #expect(share <= 0.08, "\(wrong) of \(total) words: \(mishaps.joined(separator: "; "))")
    }

    /// The voice's own times are the truth here.
    @Test("words are heard when they were said", arguments: ["en", nil])
    func wordTimes(language: String?) async throws {
        var (near, total) = (0, 0)
        for sentence in Self.sentences.prefix(8) {
            let speech = try await avatar.speak(sentence.text)
            let transcript = try await avatar.hear(
                speech.clip, language: language, alignsWords: true)
            let said = speech.words.filter { !words($0.text).isEmpty }
            let got = transcript.segments.flatMap(\.words)
            // Where another word was heard there is nothing to compare.
            guard said.flatMap({ words($0.text) }) == got.flatMap({ words($0.text) }),
                said.count == got.count
            else { continue }
            for (one, other) in zip(said, got) {
                total += 1
                if abs(one.startSeconds - other.startSeconds) <= 0.15 { near += 1 }
                #expect(other.endSeconds >= other.startSeconds)
            }
        }
        #expect(total > 40 && Double(near) >= 0.75 * Double(total), "\(near) of \(total)")
    }

    @Test("words leave before the audio is over, and are the same that are told at the end")
    func streaming() async throws {
        let speech = try await avatar.speak(
            Self.sentences.map(\.text).joined(separator: " "))
        let encoder = try avatar.codec.encoder(.flac, sampleRateHz: 24_000)
        // Long enough that not all of it can be read while its first pieces are being heard,
        // however slow that is.
        let repeats = 3
        var bytes: [UInt8] = []
        for _ in 0..<repeats { bytes += try await encoder.add(speech.clip.samples) }
        bytes += try await encoder.finish()
        let audio = try await avatar.codec.reader(bytes, secondsMax: 600, work: avatar.work())
        let counting = CountingReader(audio)
        let reported = Reported()
        let transcript = try await avatar.transcriber.transcribe(
            counting, TranscriptionRequest(language: "en"), work: avatar.work()
        ) { segments throws(EngineError) in
            await reported.add(segments, at: await counting.seconds)
        }
        #expect(await reported.segments == transcript.segments)
        let share = await reported.firstSeconds / transcript.seconds
        #expect(share < 1, "first words after \(share) of \(transcript.seconds) s was read")
        #expect(abs(transcript.seconds - Double(repeats) * speech.clip.seconds) < 0.1)
    }

    @Test("a transcript does not depend on how the audio was cut", arguments: [true, false])
    func sessionCuts(deliversEarly: Bool) async throws {
        let speech = try await avatar.speak(
            Self.sentences.prefix(5).map(\.text).joined(separator: " "))
        let samples = AudioClip(
            samples: speech.clip.samples, sampleRateHz: 24_000
        ).resampledForTest(to: 16_000)
        func transcript(cuts: [Int]) async throws -> Transcript {
            var request = TranscriptionRequest(language: "en")
            request.deliversEarly = deliversEarly
            let session = try await avatar.transcriber.open(request, work: avatar.work())
            let feeding = Task {
                for (start, end) in zip([0] + cuts, cuts + [samples.count]) {
                    try await session.add(Array(samples[start..<end]))
                }
                session.finish(throwing: nil)
            }
            var transcript: Transcript?
            while let event = try await session.next() {
                if case .finished(let whole) = event { transcript = whole }
            }
            try await feeding.value
            return try #require(transcript)
        }
        var generator = SeededGenerator(seed: 9)
        let whole = try await transcript(cuts: [])
        #expect(!whole.text.isEmpty)
        for count in [7, 40] {
            let cuts = (0..<count).map { _ in Int.random(in: 0...samples.count, using: &generator) }
            #expect(try await transcript(cuts: cuts.sorted()) == whole)
        }
    }

    private actor CountingReader: AudioSource {
        private let audio: any AudioSource
        private var count = 0
        var seconds: Double { Double(count) / 16_000 }
        init(_ audio: any AudioSource) { self.audio = audio }
        func read(_ wanted: Int) async throws(EngineError) -> [Float] {
            let samples = try await audio.read(wanted)
            count += samples.count
            return samples
        }
    }

    private actor Reported {
        var segments: [TranscriptSegment] = []
        var firstSeconds = 0.0
        func add(_ more: [TranscriptSegment], at seconds: Double) {
            if segments.isEmpty { firstSeconds = seconds }
            segments += more
        }
    }

    @Test("a portrait says a text: the video is as long as the speech")
    func video() async throws {
        let portrait = try await avatar.codec.decodeImage(
            try avatar.sample("astronaut.png"), sideMax: 4_096, work: avatar.work())
        let speech = try await avatar.speak("Hello, I am the portrait.")
        var options = AnimationOptions()
        options.sidePixels = 256
        let session = try await avatar.animator.open(portrait, options, work: avatar.work())
        var settings = VideoSettings()
        (settings.width, settings.height) = (session.canvas.width, session.canvas.height)
        settings.sampleRateHz = speech.clip.sampleRateHz
        let encoder = try avatar.codec.videoEncoder(settings, work: avatar.work())
        try await session.add(VoicePiece(clip: speech.clip, visemes: speech.visemes))
        try await session.finish()
        try await encoder.add(speech.clip.samples)
        #expect(abs(Double(await session.frameCount) / 25 - speech.clip.seconds) < 0.1)
        var used: VideoFrame?
        while let frame = try await session.next(reusing: used) {
            #expect(try await encoder.add(frame).isEmpty)
            used = frame
        }
        let bytes = try await encoder.finish()
        _ = (await session.close(), await encoder.close())
        #expect(bytes[4..<8].elementsEqual("ftyp".utf8))
        let audio = try await avatar.codec.decodeAudio(
            bytes, sampleRateHz: 16_000, secondsMax: 60, work: avatar.work())
        #expect(abs(audio.seconds - speech.clip.seconds) < 0.1)
        let transcript = try await avatar.transcriber.transcribe(
            audio, TranscriptionRequest(language: "en"), work: avatar.work())
        #expect(words(transcript.text).contains("portrait"), "\(transcript.text)")
    }

    /// What is written, and what it sounds like in Whisper's spelling.
    private static let sentences: [(text: String, transcript: String)] = [
        "The quick brown fox jumps over the lazy dog near the river bank.",
        "She sells sea shells by the sea shore, and the shells are beautiful.",
        "Please remember to bring your passport and your ticket tomorrow morning.",
        "It was a bright cold day in April, and the clocks were striking.",
        "The committee has decided to postpone the meeting until further notice.",
        "How much wood would a woodchuck chuck if a woodchuck could chuck wood?",
        "My grandmother used to tell us stories about the old country.",
        "Scientists have discovered a new species of butterfly in the rain forest.",
        "The train to London leaves from platform nine every evening.",
        "Could you tell me the way to the nearest hospital, please?",
        "We are happy to announce that our new product is available today.",
        "The weather will be sunny in the morning and cloudy in the afternoon.",
        "He opened the window, looked outside, and smiled at the children.",
        "Music is the universal language of mankind, said the poet.",
        "The doctor told him to drink more water and to sleep well.",
        "Everything should be made as simple as possible, but not simpler.",
        "I have a dream that one day this nation will rise up.",
        "The library opens early and closes late on weekdays.",
        "They walked along the beach and watched the sunset together.",
        "Thank you very much for listening, and have a wonderful day.",
    ].map { ($0, $0) }
}

extension AudioClip {
    /// The nearest samples, which is good enough here.
    fileprivate func resampledForTest(to rateHz: Int) -> [Float] {
        (0..<samples.count * rateHz / sampleRateHz).map { samples[$0 * sampleRateHz / rateHz] }
    }
}
