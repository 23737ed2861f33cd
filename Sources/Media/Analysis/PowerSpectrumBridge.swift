import CFFmpeg
import EngineAPI

/// Power spectra of 512 real samples, by FFmpeg's transform of real values.
package final class PowerSpectrum: Sendable {
    /// Samples that are transformed at once.
    package static let size = 512
    /// Bins from 0 Hz to half of the sampling rate.
    package static let bins = size / 2 + 1

    private let transform = Mutex(RealTransformHandle(count: size))

    /// Makes the transform's tables, once.
    package init() {}

    /// The squared magnitude of each bin, unscaled.
    /// - samples: `size` of them, windowed.
    package func powers(_ samples: [Float]) -> [Float] {
        precondition(samples.count == Self.size)
        return transform.withLock { $0.powers(samples) }
    }
}

/// Owns an `AVTXContext` and its aligned buffers; freed with the value.
private struct RealTransformHandle: ~Copyable {
    private let count: Int
    private var context: OpaquePointer?
    private let transform: av_tx_fn
    private let input: UnsafeMutablePointer<Float>
    /// Real and imaginary parts in turn, a bin more than half of the samples.
    private let output: UnsafeMutablePointer<Float>

    init(count: Int) {
        self.count = count
        var context: OpaquePointer?
        var transform: av_tx_fn?
        var scale: Float = 1
        let code = av_tx_init(&context, &transform, AV_TX_FLOAT_RDFT, 0, Int32(count), &scale, 0)
        // Powers of two are always there; nothing else is asked for.
        guard code >= 0, let transform,
            let input = av_malloc(count * MemoryLayout<Float>.stride),
            let output = av_malloc((count + 2) * MemoryLayout<Float>.stride)
        else { preconditionFailure("no transform of \(count) values: \(code)") }
        (self.context, self.transform) = (context, transform)
        self.input = input.assumingMemoryBound(to: Float.self)
        self.output = output.assumingMemoryBound(to: Float.self)
    }

    deinit {
        av_free(input)
        av_free(output)
        var context = context
        av_tx_uninit(&context)
    }

    func powers(_ samples: [Float]) -> [Float] {
        samples.withUnsafeBufferPointer { samples in
            guard let first = samples.baseAddress else { return }
            input.update(from: first, count: count)
        }
        transform(context, output, input, MemoryLayout<Float>.stride)
        return (0...count / 2).map { bin in
            // The last bin's imaginary part is zero, and not written.
            let imaginary = bin == count / 2 ? 0 : output[2 * bin + 1]
            let real = output[2 * bin]
            return real * real + imaginary * imaginary
        }
    }
}
