import EngineAPI
import Testing

@testable import Transcription

@Suite("Chinese in one kind of characters") struct ChineseScriptTests {
    private static func script(
        _ characters: ChineseCharacters = .simplified, prompt: String = ""
    ) -> ChineseScript {
        var request = TranscriptionRequest(language: "zh", prompt: prompt)
        request.characters = characters
        return ChineseScript(request)
    }

    @Test(
        "traditional characters become simplified ones, and what both have stays",
        arguments: [
            ("若要幫助檢查並排比較", "若要帮助检查并排比较"),
            ("這個數據測試，裡面有什麼？", "这个数据测试，里面有什么？"),
            ("著名的測試 Microsoft 之後", "著名的测试 Microsoft 之后"), ("测试完成后", "测试完成后"), ("", ""),
        ])
    func simplified(_ pair: (String, String)) {
        #expect(Self.script().written(pair.0) == pair.1)
    }

    @Test(
        "a simplified text becomes a traditional one, and a traditional one stays",
        arguments: [
            ("测试完成后，这个模型", "測試完成後，這個模型"), ("皇后以干戈為號", "皇后以干戈為號"),
            ("若要幫助檢查並排比較", "若要幫助檢查並排比較"), ("Taiwan", "Taiwan"),
        ])
    func traditional(_ pair: (String, String)) {
        #expect(Self.script(.traditional).written(pair.0) == pair.1)
        #expect(Self.script(prompt: "台灣的測試").written(pair.0) == pair.1)
    }

    @Test("tokens keep their lengths, also where a character's bytes are in several")
    func tokens() {
        let bytes = Array("a據 測".utf8)
        let tokens = [bytes[..<2], bytes[2..<3], bytes[3..<6], bytes[6...]].map { Array($0) }
        let written = Self.script().written(tokens)
        #expect(written.map(\.count) == tokens.map(\.count))
        #expect(String(decoding: written.flatMap(\.self), as: UTF8.self) == "a据 测")
        #expect(Self.script().written([[0xE6], [], [0x93]]) == [[0xE6], [], [0x93]])
        #expect(Self.script().written([[UInt8]]()) == [])
    }

    @Test("the tables are of pairs of characters of three bytes, and no result changes again")
    func tables() {
        func halves(_ pairs: String) -> (from: [Unicode.Scalar], to: [Unicode.Scalar]) {
            let all = Array(pairs.unicodeScalars)
            #expect(all.count % 2 == 0 && all.allSatisfy { (0x4E00...0x9FFF).contains($0.value) })
            let places = stride(from: 0, to: all.count, by: 2)
            return (places.map { all[$0] }, places.map { all[$0 + 1] })
        }
        let simplified = halves(ChinesePairs.simplified)
        #expect(simplified.from.count == 2_785)
        #expect(Set(simplified.from).isDisjoint(with: simplified.to))
        let traditional = halves(ChinesePairs.traditional)
        let likely = halves(ChinesePairs.likelyTraditional)
        let from = traditional.from + likely.from
        #expect(from.count == 2_296 && Set(from).count == from.count)
        #expect(Set(from).isDisjoint(with: traditional.to + likely.to))
    }
}
