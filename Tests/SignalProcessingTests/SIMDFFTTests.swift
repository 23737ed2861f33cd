import Glibc
import SignalProcessing
import Testing

@Suite struct SIMDFFTTests {
    @Test("the transform is Fourier's", arguments: [4, 30, 60, 400, 600])
    func transform(_ count: Int) {
        let fft = SIMDFFT(count: count)
        let re = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
        let im = UnsafeMutablePointer<Lanes>.allocate(capacity: count)
        defer {
            re.deallocate()
            im.deallocate()
        }
        func value(_ n: Int, _ lane: Int) -> Double { sin(Double(n * n + lane) * 0.37) }
        for n in 0..<count {
            (re[n], im[n]) = (Lanes(), Lanes())
            for lane in 0..<8 { re[n][lane] = Float(value(n, lane)) }
        }
        fft.transform(re, im)
        for k in stride(from: 0, to: count, by: max(1, count / 7)) {
            for lane in [0, 5] {
                var (a, b) = (0.0, 0.0)
                for n in 0..<count {
                    let angle = -2 * Double.pi * Double(k * n % count) / Double(count)
                    a += value(n, lane) * cos(angle)
                    b += value(n, lane) * sin(angle)
                }
                #expect(abs(Double(re[k][lane]) - a) < 1e-3)
                #expect(abs(Double(im[k][lane]) - b) < 1e-3)
            }
        }
    }
}
