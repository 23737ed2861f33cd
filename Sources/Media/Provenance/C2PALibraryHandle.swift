import CLinux
import EngineAPI

/// The C interface of the Content Authenticity Initiative's library (MIT or Apache-2.0), which the
/// wheel `c2pa-python` brings. Opened at run time by who signs or verifies; nothing is linked to
/// it.
// SAFETY: addresses of code in a library that is never closed.
struct C2PALibrary: @unchecked Sendable {
    /// By this name: in `lib` beside the program, or where the loader looks.
    static let name = "libc2pa_c.so"

    typealias Pointer = UnsafeMutableRawPointer
    typealias Text = UnsafePointer<CChar>
    typealias Read =
        @convention(c) (Pointer?, UnsafeMutablePointer<UInt8>?, Int) -> Int
    typealias Seek = @convention(c) (Pointer?, Int, Int32) -> Int
    typealias Write = @convention(c) (Pointer?, UnsafePointer<UInt8>?, Int) -> Int
    typealias Flush = @convention(c) (Pointer?) -> Int

    /// `struct C2paSignerInfo`.
    struct SignerInfo {
        var algorithm: Text?
        var certificates: Text?
        var key: Text?
        var timestampAddress: Text?
    }

    let makeStream: @convention(c) (Pointer?, Read, Seek, Write, Flush) -> Pointer?
    let releaseStream: @convention(c) (Pointer?) -> Void
    let error: @convention(c) () -> UnsafeMutablePointer<CChar>?
    let free: @convention(c) (UnsafeRawPointer?) -> Int32
    let makeSettings: @convention(c) () -> Pointer?
    let updateSettings: @convention(c) (Pointer?, Text?, Text?) -> Int32
    let makeContextBuilder: @convention(c) () -> Pointer?
    let setSettings: @convention(c) (Pointer?, Pointer?) -> Int32
    let buildContext: @convention(c) (Pointer?) -> Pointer?
    let makeBuilder: @convention(c) (Pointer?) -> Pointer?
    let define: @convention(c) (Pointer?, Text?) -> Pointer?
    /// Of a `SignerInfo`.
    let makeSigner: @convention(c) (UnsafeRawPointer?) -> Pointer?
    let sign:
        @convention(c) (Pointer?, Text?, Pointer?, Pointer?, Pointer?, UnsafeMutableRawPointer?)
            -> Int64
    let makeReader: @convention(c) (Pointer?) -> Pointer?
    let readStream: @convention(c) (Pointer?, Text?, Pointer?) -> Pointer?
    let readerReport: @convention(c) (Pointer?) -> UnsafeMutablePointer<CChar>?

    /// - Throws: `.libraryMissing`.
    init() throws(EngineError) {
        guard let library = linux_load(Self.name) else {
            throw .libraryMissing(name: Self.name)
        }
        func find<Function>(_ symbol: String, as type: Function.Type) throws(EngineError)
            -> Function
        {
            guard let found = linux_symbol(library, symbol) else {
                throw .libraryMissing(name: "\(Self.name) (\(symbol))")
            }
            return unsafeBitCast(found, to: type)
        }
        typealias Library = C2PALibrary
        makeStream = try find(
            "c2pa_create_stream",
            as: (@convention(c) (Pointer?, Read, Seek, Write, Flush) -> Pointer?).self)
        releaseStream = try find(
            "c2pa_release_stream", as: (@convention(c) (Pointer?) -> Void).self)
        error = try find(
            "c2pa_error", as: (@convention(c) () -> UnsafeMutablePointer<CChar>?).self)
        free = try find("c2pa_free", as: (@convention(c) (UnsafeRawPointer?) -> Int32).self)
        makeSettings = try find("c2pa_settings_new", as: (@convention(c) () -> Pointer?).self)
        updateSettings = try find(
            "c2pa_settings_update_from_string",
            as: (@convention(c) (Pointer?, Text?, Text?) -> Int32).self)
        makeContextBuilder = try find(
            "c2pa_context_builder_new", as: (@convention(c) () -> Pointer?).self)
        setSettings = try find(
            "c2pa_context_builder_set_settings",
            as: (@convention(c) (Pointer?, Pointer?) -> Int32).self)
        buildContext = try find(
            "c2pa_context_builder_build", as: (@convention(c) (Pointer?) -> Pointer?).self)
        makeBuilder = try find(
            "c2pa_builder_from_context", as: (@convention(c) (Pointer?) -> Pointer?).self)
        define = try find(
            "c2pa_builder_with_definition",
            as: (@convention(c) (Pointer?, Text?) -> Pointer?).self)
        makeSigner = try find(
            "c2pa_signer_from_info",
            as: (@convention(c) (UnsafeRawPointer?) -> Pointer?).self)
        sign = try find(
            "c2pa_builder_sign",
            as: (@convention(c) (
                Pointer?, Text?, Pointer?, Pointer?, Pointer?, UnsafeMutableRawPointer?
            ) -> Int64).self)
        makeReader = try find(
            "c2pa_reader_from_context", as: (@convention(c) (Pointer?) -> Pointer?).self)
        readStream = try find(
            "c2pa_reader_with_stream",
            as: (@convention(c) (Pointer?, Text?, Pointer?) -> Pointer?).self)
        readerReport = try find(
            "c2pa_reader_json",
            as: (@convention(c) (Pointer?) -> UnsafeMutablePointer<CChar>?).self)
    }

    /// The library's last words on this thread, as in "ManifestNotFound: no JUMBF data found".
    func lastError() -> String {
        guard let text = error() else { return "" }
        defer { _ = free(text) }
        return String(cString: text)
    }

    /// What a builder or a reader works by.
    /// - settings: JSON.
    /// - Returns: nil where the library refuses them. Whoever asked frees it.
    func context(settings text: String) -> Pointer? {
        guard let settings = makeSettings() else { return nil }
        defer { _ = free(settings) }
        guard updateSettings(settings, text, "json") == 0, let builder = makeContextBuilder()
        else { return nil }
        guard setSettings(builder, settings) == 0 else {
            _ = free(builder)
            return nil
        }
        return buildContext(builder)
    }
}
