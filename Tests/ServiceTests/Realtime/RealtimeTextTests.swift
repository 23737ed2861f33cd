import EngineAPI
import Testing

@testable import Service

struct PartialTranscriptTests {
    @Test func `Only what two readings agree on is told, and never the last words`() {
        var partial = PartialTranscript()
        #expect(partial.add("And so my") == nil)
        #expect(partial.add("And so my fellow") == "And")
        #expect(partial.add("And so my fellow Americans") == " so")
        #expect(partial.add("And so my fellow Americans, ask") == " my")
    }

    @Test func `Case and punctuation make no difference`() {
        var partial = PartialTranscript()
        _ = partial.add("well, this is it")
        #expect(partial.add("Well this is. It was") == "Well this")
    }

    @Test func `A reading that changes its mind takes nothing back`() {
        var partial = PartialTranscript()
        _ = partial.add("one two three four")
        #expect(partial.add("one two three four") == "one two")
        #expect(partial.add("nine two three four five six") == nil)
        #expect(partial.add("nine two three four five six") == nil)
        #expect(partial.add("one two three four five six") == nil)
        #expect(partial.add("one two three four five six") == " three four")
    }

    @Test func `Scripts without blanks are told sign by sign`() {
        var partial = PartialTranscript()
        _ = partial.add("今日はいい天気")
        #expect(partial.add("今日はいい天気です") == "今日はいい")
    }
}

struct SpokenTextFilterTests {
    private func filtered(_ pieces: [String]) -> String {
        var filter = SpokenTextFilter()
        return pieces.map { filter.add($0) }.joined() + filter.finish()
    }

    static let cases: [(String, String)] = [
        ("Plain text, 2 < 3 and a [note].", "Plain text, 2 < 3 and a note."),
        ("<think>Secret.</think>Said.", "Said."),
        ("A <think>b\nc</think>d <thin> e", "A d <thin> e"),
        ("**Bold** and `code`.", "Bold and code."),
        ("A [link](http://x.test/y) here", "A link here"),
        ("# Title\n- one\n- two\n> said", " Title\n one\n two\n said"),
        ("```swift\nlet x\n```\nDone.", "let x\nDone."),
        ("Hi \u{1F600}! \u{2764}\u{FE0F} 5 © 1", "Hi !  5 © 1"),
        ("well-known, 3-4", "well-known, 3-4"),
        ("<think>never closed", ""),
        ("ends in ](", "ends in "),
        ("a]b]c", "abc"),
    ]

    @Test(arguments: cases)
    func `Thoughts, marks and emoji are taken out`(_ text: String, _ wanted: String) {
        #expect(filtered([text]) == wanted)
    }

    @Test(arguments: cases)
    func `However the text was cut`(_ text: String, _ wanted: String) {
        #expect(filtered(text.map(String.init)) == wanted)
        for cut in 0...text.count {
            #expect(filtered([String(text.prefix(cut)), String(text.dropFirst(cut))]) == wanted)
        }
    }
}

struct ChatStreamTests {
    private static let stream = """
        data: {"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        : a comment
        event: message
        data: {"choices":[{"delta":{"content":"Hé"},"finish_reason":null}]}

        data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":\
        {"name":"f","arguments":"{"}}]}}]}

        data: no JSON at all

        data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}

        data: [DONE]


        """
    private static let wanted: [ChatDelta] = [
        .text("Hé"), .call(index: 0, id: "c1", name: "f", arguments: "{"), .finish("stop"),
        .usage(input: 11, output: 7, total: 18), .end,
    ]

    @Test func `A stream is read whole, byte by byte, and split at each offset`() {
        for text in [Self.stream, Self.stream.replacing("\n", with: "\r\n")] {
            let bytes = Array(text.utf8)
            var whole = ChatStreamParser()
            #expect(whole.add(bytes) == Self.wanted)
            var single = ChatStreamParser()
            #expect(bytes.flatMap { single.add([$0]) } == Self.wanted)
            for cut in bytes.indices {
                var halves = ChatStreamParser()
                let both =
                    halves.add(Array(bytes[..<cut])) + halves.add(Array(bytes[cut...]))
                #expect(both == Self.wanted)
            }
        }
    }

    @Test func `An endless line is no chat`() {
        var parser = ChatStreamParser()
        _ = parser.add([UInt8](repeating: 0x61, count: ChatStreamParser.lineBytesMax + 1))
        #expect(parser.isBroken)
    }
}

struct ChatRequestTests {
    private func messages(_ items: [ConversationItem]) -> [JSONValue] {
        let request = ChatRequest(
            model: "m", instructions: "Be kind.", items: items, tools: [], toolChoice: "auto")
        let fields = EventFieldsTests.object(request.body)
        return fields?.values["messages"]?.elements ?? []
    }

    private func said(_ role: String, _ text: String) -> ConversationItem {
        ConversationItem(
            id: "item_\(text.hashValue)", content: .message(role: role, [.text(text)]))
    }

    @Test func `Items become messages; silent ones are left out`() {
        let heard = ConversationItem(
            id: "a", content: .message(role: "user", [.audio(transcript: "Hello.")]))
        let silent = ConversationItem(
            id: "b", content: .message(role: "user", [.audio(transcript: nil)]))
        let all = messages([heard, silent, said("assistant", "Hi.")])
        #expect(all.map { $0.at("role")?.text } == ["system", "user", "assistant"])
        #expect(all[1].at("content")?.text == "Hello.")
    }

    @Test func `Calls in a row are one message, and go with their outputs`() {
        func call(_ id: String) -> ConversationItem {
            ConversationItem(id: id, content: .call(id: id, name: "f", arguments: "{}"))
        }
        func output(_ id: String) -> ConversationItem {
            ConversationItem(id: "o" + id, content: .callOutput(id: id, output: "x"))
        }
        let all = messages([call("1"), call("2"), output("1"), output("2"), call("3")])
        #expect(all.count == 4)
        #expect(all[1].at("tool_calls")?.elements?.count == 2)
        #expect(all[3].at("tool_call_id")?.text == "2")
    }

    @Test func `The oldest falls off: by number and by length`() {
        let many = (0..<200).map { said("user", "text \($0)") }
        #expect(ChatRequest.newest(many).count == RealtimeSettings.historyItemsMax)
        #expect(ChatRequest.newest(many).last?.text == "text 199")
        let long = (0..<4).map { _ in said("user", String(repeating: "x", count: 30_000)) }
        #expect(ChatRequest.newest(long).count == 2)
    }
}
