import CLinux
import EngineAPI
import Execution

/// espeak-ng, opened at run time where a voice needs it: it is under the GPL, and neither linked
/// nor shipped. Its state is the process's and no two threads may use it at once.
enum EspeakHandle {
    static let library = "libespeak-ng.so.1"

    private typealias Initialize =
        @convention(c) (Int32, Int32, UnsafePointer<CChar>?, Int32) -> Int32
    private typealias SetVoice = @convention(c) (UnsafePointer<CChar>?) -> Int32
    private typealias ToPhonemes =
        @convention(c) (UnsafeMutablePointer<UnsafeRawPointer?>?, Int32, Int32) -> UnsafePointer<
            CChar
        >?

    private struct Functions {
        let setVoice: SetVoice
        let toPhonemes: ToPhonemes
        var language = ""
    }

    /// nil until the library was opened; its functions may be used with the lock held only.
    private static let opened = Mutex<Functions?>(nil)

    /// AUDIO_OUTPUT_SYNCHRONOUS: no audio device is opened.
    private static let synchronous: Int32 = 2
    /// espeakINITIALIZE_DONT_EXIT: without its data it would end the process.
    private static let stays: Int32 = 0x8000
    private static let utf8: Int32 = 1
    /// espeakPHONEMES_IPA.
    private static let ipa: Int32 = 2

    /// The international phonetic alphabet for a clause, words parted by spaces; "" for none.
    /// - language: a voice of espeak-ng, as "de" or "pt-br".
    /// - Throws: `.readerMissing`, `.languageUnknown`.
    static func phonemes(_ text: String, language: String) throws(EngineError) -> String {
        try opened.withLock { (opened) throws(EngineError) in
            var functions: Functions
            if let opened { functions = opened } else { functions = try open(language) }
            if functions.language != language {
                // Its voices are named "fr" and "en-us"; "fr-fr" is only a language of "fr".
                let names = [language.lowercased(), LanguageTag.primary(language)]
                let isKnown = names.contains { $0.withCString { functions.setVoice($0) } == 0 }
                guard isKnown else {
                    opened = functions
                    throw .languageUnknown(code: language, model: "espeak-ng")
                }
                functions.language = language
            }
            opened = functions
            return read(text, functions)
        }
    }

    private static func open(_ language: String) throws(EngineError) -> Functions {
        guard let library = linux_load(library),
            let initialize = linux_symbol(library, "espeak_Initialize"),
            let setVoice = linux_symbol(library, "espeak_SetVoiceByName"),
            let toPhonemes = linux_symbol(library, "espeak_TextToPhonemes"),
            unsafeBitCast(initialize, to: Initialize.self)(synchronous, 0, nil, stays) > 0
        else { throw .readerMissing(library: EspeakHandle.library, language: language) }
        return Functions(
            setVoice: unsafeBitCast(setVoice, to: SetVoice.self),
            toPhonemes: unsafeBitCast(toPhonemes, to: ToPhonemes.self))
    }

    /// The library takes a clause at a time and moves the pointer on; nil is the end.
    private static func read(_ text: String, _ functions: Functions) -> String {
        let bytes = Array(text.utf8CString)
        return bytes.withUnsafeBytes { buffer in
            var place = buffer.baseAddress
            var parts: [String] = []
            // Each call takes a byte at least.
            for _ in 0...buffer.count {
                guard place != nil else { break }
                if let part = functions.toPhonemes(&place, utf8, ipa) {
                    parts.append(String(cString: part))
                }
            }
            return parts.joined(separator: " ")
        }
    }
}
