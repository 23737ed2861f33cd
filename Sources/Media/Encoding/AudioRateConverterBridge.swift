import CFFmpeg
import EngineAPI

/// Mono samples at another rate, as they come.
// SAFETY: one task at a time uses it, as `AudioRateConverting` demands; the context is its own.
final class AudioRateConverter: AudioRateConverting, @unchecked Sendable {
    private var context: OpaquePointer?

    /// - Throws: `.encoderFailed`.
    init(from: Int, to: Int) throws(EngineError) {
        var mono = AVChannelLayout()
        ff_layout(&mono, 1)
        var input = mono
        let code = swr_alloc_set_opts2(
            &context, &mono, AV_SAMPLE_FMT_FLT, Int32(to), &input, AV_SAMPLE_FMT_FLT, Int32(from),
            0,
            nil)
        try check(code, or: .encoderFailed(code: code))
        let opened = swr_init(context)
        try check(opened, or: .encoderFailed(code: opened))
    }

    deinit { swr_free(&context) }

    func convert(_ samples: [Float]) throws(EngineError) -> [Float] {
        guard !samples.isEmpty else { return [] }
        return try samples.withUnsafeBufferPointer { (buffer) throws(EngineError) in
            let bytes = UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            return try convert(bytes, count: buffer.count)
        }
    }

    func finish() throws(EngineError) -> [Float] {
        let rest = try convert(nil, count: 0)
        // A filter that was drained takes no more before it begins anew.
        let code = swr_init(context)
        try check(code, or: .encoderFailed(code: code))
        return rest
    }

    private func convert(_ input: UnsafePointer<UInt8>?, count: Int) throws(EngineError) -> [Float]
    {
        let room = Int(swr_get_out_samples(context, Int32(count)))
        guard room > 0 else { return [] }
        var made = [Float](repeating: 0, count: room)
        var written: Int32 = 0
        made.withUnsafeMutableBytes { bytes in
            var out = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var planes: UnsafePointer<UInt8>? = input
            written =
                input == nil
                ? swr_convert(context, &out, Int32(room), nil, 0)
                : swr_convert(context, &out, Int32(room), &planes, Int32(count))
        }
        try check(written, or: .encoderFailed(code: written))
        made.removeLast(room - Int(written))
        return made
    }
}
