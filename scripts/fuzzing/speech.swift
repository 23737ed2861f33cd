// Compiled together with what makes phonemes of a text by scripts/fuzz, as one module.
import EngineAPI

/// The reading of words that no table has needs a network; here they are spelt as they are.
final class OOVPronouncer {
    init(_ tables: VoiceTables) {}

    func prepare() {}

    func reading(_ word: String) -> String? { word }
}

/// What comes after phonemes: of it only the length of a rest is asked for.
enum ClauseTrim {
    static func pauseSeconds(_ end: BreakKind, isLast: Bool) -> Double { 0.3 }
}

// SAFETY: libFuzzer calls from one thread only.
nonisolated(unsafe) private let reader: EnglishFrontend? = {
    do {
        let tables = try VoiceTables(path: ".deps/models/hibari/hibari.tables")
        let alphabet = PhonemeAlphabet(tables)
        let front = FrontEnd(tables, unknown: OOVPronouncer(tables))
        return EnglishFrontend(front, alphabet) { alphabet.id($0) != nil }
    } catch {
        return nil
    }
}()

/// libFuzzer's entry: a text, or SSML, is made into clauses of phonemes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let reader else { fatalError("no tables: run scripts/setup") }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(EngineError) {
        let text = String(decoding: input, as: UTF8.self)
        var plan = try SpeechPlan(SpeechRequest(text: text), reader: reader)
        while let clause = try plan.next() {
            precondition(clause.phonemes.count <= ClauseSplitter.phonemesMax)
        }
    } catch {
        return 0
    }
    return 0
}
