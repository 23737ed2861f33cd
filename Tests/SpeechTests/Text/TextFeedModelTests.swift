import EngineAPI
import Foundation
import Testing

@testable import Speech

/// Text that is spoken while it is written.
@Suite struct TextFeedModelTests {
    private static func rules() throws -> HashedTable { Voice.reader(try Voice.front()).rules }

    private static func parts(_ pieces: [String]) throws -> [String] {
        var feed = TextFeed(rules: try rules())
        var parts: [String] = []
        for piece in pieces {
            feed.add(piece)
            while let part = feed.next() { parts.append(part) }
        }
        feed.flush()
        while let part = feed.next() { parts.append(part) }
        return parts
    }

    private static let texts = [
        "Hello there. How are you today? I am fine, thank you very much! See you at 3.15 p.m. Then.",
        "Dr. Smith paid $3.50 on Jan. 5, 2024 to the U.S. Army. It was, he said, \"fine.\" Was it?",
        "In the beginning of the long story that nobody knew, there was a word; and it stayed.",
        "First:\n- one item\n- another item, longer\n\nA new paragraph here… and on it goes — so on.",
        "1. Open the file.\n2. Read e.g. the first line.\n3. Close it. J. R. R. Tolkien wrote No. 5.",
        "No mark at the end", "   ", "Visit example.com or www.a.org. Bye.",
    ]

    @Test("parts do not depend on how the text was cut", arguments: texts)
    func cuts(text: String) throws {
        let whole = try Self.parts([text])
        #expect(
            whole.joined() == text || whole.joined() == text.trimmingCharacters(in: .whitespaces))
        #expect(try Self.parts(text.map(String.init)) == whole)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<40 {
            var (pieces, rest) = ([String](), Substring(text))
            while !rest.isEmpty {
                let count = Int.random(in: 1...12, using: &generator)
                pieces.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try Self.parts(pieces) == whole)
        }
    }

    @Test(
        "a part ends with a sentence, not with a short form or within a number",
        arguments: [
            ("Hello there. How are you? ", ["Hello there. ", "How are you? "]),
            (
                "Ask Dr. Smith at 3.15 p.m. today. Go on.",
                ["Ask Dr. Smith at 3.15 p.m. today. ", "Go on."]
            ),
            ("It costs $3.50. We buy it.", ["It costs $3.50. ", "We buy it."]),
            (
                "When the long day had come to its end, they went home. Then, later, they slept.",
                [
                    "When the long day had come to its end, ", "they went home. ",
                    "Then, later, they slept.",
                ]
            ),
        ])
    func ends(text: String, expected: [String]) throws {
        #expect(try Self.parts([text]) == expected)
    }

    @Test("a sentence leaves as soon as the next has begun")
    func early() throws {
        var feed = TextFeed(rules: try Self.rules())
        feed.add("Good morning to you.")
        #expect(feed.next() == nil)
        feed.add(" ")
        #expect(feed.next() == nil)
        feed.add("I")
        #expect(feed.next() == "Good morning to you. ")
    }

    @Test("text without an end is parted at a space")
    func endless() throws {
        let parts = try Self.parts([String(repeating: "word ", count: 1_000)])
        #expect(parts.count >= 4 && parts.allSatisfy { $0.hasSuffix(" ") && $0.count <= 1_201 })
    }

    @Test("speech of text in pieces is the same however it was cut")
    func speech() async throws {
        let text = "Hello there, my friend. It is ten past three."
        func samples(_ pieces: [String]) async throws -> [Float] {
            var request = SpeechRequest(text: "")
            request.arrivesInPieces = true
            let session = try await Voice.engine.open(
                request, work: WorkContext(within: .seconds(60)))
            let feeding = Task {
                for piece in pieces { try await session.add(piece) }
                session.finish(throwing: nil)
            }
            var samples: [Float] = []
            while let clause = try await session.next() { samples += clause.clip.samples }
            try await feeding.value
            return samples
        }
        let whole = try await samples([text])
        #expect(whole.count > 24_000)
        #expect(try await samples(text.map(String.init)) == whole)
        #expect(
            try await samples(["Hello there, my fri", "end. It is t", "en past three."]) == whole)
    }

    @Test("a speech without words says so, and one that is broken off ends")
    func nothing() async throws {
        var request = SpeechRequest(text: "")
        request.arrivesInPieces = true
        let work = WorkContext(within: .seconds(60))
        let empty = try await Voice.engine.open(request, work: work)
        empty.finish(throwing: nil)
        await #expect(throws: EngineError.nothingToSpeak) { try await empty.next() }
        let broken = try await Voice.engine.open(request, work: work)
        try await broken.add("Hello the")
        broken.finish(throwing: .inputEnded)
        await #expect(throws: EngineError.inputEnded) {
            while try await broken.next() != nil {}
        }
    }
}
