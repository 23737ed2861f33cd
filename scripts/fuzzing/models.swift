// Compiled together with the parsers of model files by scripts/fuzz, as one module.
import EngineAPI
import Glibc

/// libFuzzer's entry; how a file begins tells what it is read as.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 8 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    switch input[0] {
    case UInt8(ascii: "l"): whisper(input)
    case UInt8(ascii: "H"): tables(input)
    case UInt8(ascii: "{"): _ = try? ModelManifest(json: input, source: "fuzz")
    case UInt8(ascii: "P"), 0x93: styles(input)
    default: network(input)
    }
    return 0
}

/// The parameters, then 64 KB of filters that nobody wants to fuzz, then the vocabulary and tensors.
private func whisper(_ input: [UInt8]) {
    let headBytes = 56
    guard input.count > headBytes else { return check(input) }
    check(input[..<headBytes] + [UInt8](repeating: 0, count: 80 * 201 * 4) + input[headBytes...])
}

private func check(_ bytes: [UInt8]) {
    var file = WhisperFile(byteCount: bytes.count) { offset, count in
        Array(bytes[offset..<offset + count])
    }
    try? file.check()
}

/// A file in memory that stays open; the tables are mapped from it.
private let scratch = {
    let path = "/dev/shm/fuzz-tables-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
    unlink(path)
    return descriptor
}()

private func tables(_ input: [UInt8]) {
    ftruncate(scratch, input.count)
    _ = input.withUnsafeBytes { pwrite(scratch, $0.baseAddress, $0.count, 0) }
    guard let tables = try? VoiceTables(path: "/proc/self/fd/\(scratch)") else { return }
    for table in [tables.lexicon, tables.rules, tables.features, tables.tagdict] {
        for key in ["", "a", "the", "x1", String(repeating: "k", count: 40)] {
            _ = table.pair(key)
            guard let range = table.find(key) else { continue }
            for at in range { _ = tables.file.short(at) }
        }
    }
}

private func styles(_ input: [UInt8]) {
    guard let file = StyleFile(input) else { return }
    for name in file.names.prefix(8) + [""] { _ = file.table(name)?.row(3) }
}

private func network(_ input: [UInt8]) {
    guard let graph = try? OnnxGraph(input, path: "fuzz") else { return }
    _ = graph.changed(outputs: ["avatar.other"], isSeeded: true)
}
