// Compiled together with Media's sources by scripts/fuzz, as one module.
import EngineAPI

/// libFuzzer's entry: the first byte picks audio or image, the second how the audio is read.
/// Whatever the bytes are, samples are in range, the same however they are read, and an image is
/// as large as it says; and the memory that was charged is given back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let (file, step) = (Array(input[2...]), 1 + Int(input[1]) * 97)
    FFmpegLog.silence()
    if input[0] % 2 == 0 {
        let whole = samples(of: file, step: .max)
        // What stops at the deadline is no fault of the reading.
        if input[0] % 8 == 0 {
            precondition(whole == samples(of: file, step: step), "read in \(step)s it is another")
        }
    } else {
        image(file)
    }
    return 0
}

private func work() -> WorkContext {
    WorkContext(within: .seconds(60), memory: MemoryAccount(MemoryBudget(bytesMax: 512 << 20)))
}

private func samples(of file: [UInt8], step: Int) -> [Float] {
    let work = work()
    var samples: [Float] = []
    do throws(EngineError) {
        let decoder = try AudioDecoder(file, sampleRateHz: 16_000, secondsMax: 20, work: work)
        while true {
            let more = try decoder.read(min(step, 400_000))
            samples += more
            if more.count < min(step, 400_000) { break }
        }
    } catch {
        samples = []
    }
    for sample in samples {
        precondition(sample.magnitude <= SampleRange.bearable, "a sample is \(sample)")
    }
    precondition(work.memory.bytesHeld == 0, "a decoder that is gone holds memory")
    return samples
}

private func image(_ file: [UInt8]) {
    let work = work()
    do throws(EngineError) {
        let image = try decodeImage(file, sideMax: 1_024, work: work)
        precondition(image.rgb.count == image.width * image.height * 3)
        precondition(work.memory.bytesHeld == image.rgb.count)
    } catch {
        precondition(work.memory.bytesHeld == 0, "an image that is not there holds memory")
    }
}
