import CFFmpeg
import Glibc

@main struct Bench {
    static func main() {
        for count in [480, 512, 600] {
            let (ours, theirs) = (ours(count), theirs(count))
            print("\(count) values, eight frames: ours \(ours) µs, FFmpeg's \(theirs) µs")
        }
    }

    /// The best of ten rounds.
    static func microseconds(_ body: () -> Void) -> Double {
        (0..<10).map { _ in
            let started = ContinuousClock.now
            for _ in 0..<4 { body() }
            return (ContinuousClock.now - started) / .microseconds(4)
        }.min() ?? 0
    }

    static func ours(_ count: Int) -> Double {
        let fft = SIMDFFT(count: count)
        let re = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
        let im = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
        defer {
            re.deallocate()
            im.deallocate()
        }
        re.initialize(repeating: Lanes(), count: count)
        im.initialize(repeating: Lanes(), count: count)
        return microseconds {
            for index in 0..<count { re[index] = Lanes(repeating: sinf(Float(index))) }
            fft.transform(re, im)
        }
    }

    /// Without what its layout, one frame after the other, would cost the vocoder.
    static func theirs(_ count: Int) -> Double {
        var context: OpaquePointer?
        var transform: av_tx_fn?
        var scale: Float = 1
        let code = av_tx_init(&context, &transform, AV_TX_FLOAT_FFT, 0, Int32(count), &scale, 0)
        guard code >= 0, let transform, let input = av_calloc(2 * count, 4),
            let output = av_calloc(2 * count, 4)
        else { return .infinity }
        defer {
            av_free(input)
            av_free(output)
            av_tx_uninit(&context)
        }
        let values = input.assumingMemoryBound(to: Float.self)
        return microseconds {
            for index in 0..<2 * count { values[index] = sinf(Float(index)) }
            for _ in 0..<8 { transform(context, output, input, 8) }
        }
    }
}
