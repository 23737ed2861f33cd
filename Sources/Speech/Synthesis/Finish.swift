import SignalProcessing

/// What is done to a voice's spectra so that its audio is as loud as others' and not sharp.
struct Finish: Sendable {
    /// Factor to the samples.
    var gain: Float = 1
    /// Above this the high part of a frame's spectrum is made softer; nil leaves it.
    var sibilanceMax: Float?
    /// Factor to the free branch: what is neither pulse nor shaped noise, most of it in hisses.
    var freeGain: Float = 1

    /// Hisses are measured from 4 kHz on, and softened from 5 kHz on, wholly from 9 kHz on: what
    /// tells one from another lies below. A bin has 20 Hz.
    private static let highBin = 200
    private static let softBins = 250...450

    /// Brings the high part of frames down to the bound where it is stronger. Hisses lie there;
    /// vowels have a twentieth of the bound. What is under it is left as it is: softening more of
    /// the hisses by less takes away as many sharp steps, and sounds duller.
    /// - re, im: the bins of eight frames, 601 long.
    @inline(__always)
    func tame(_ re: UnsafeMutablePointer<Lanes>, _ im: UnsafeMutablePointer<Lanes>) {
        guard let sibilanceMax else { return }
        var power = Lanes()
        for bin in Finish.highBin..<AcousticModel.bins {
            power += re[bin] * re[bin] + im[bin] * im[bin]
        }
        let bound = sibilanceMax * sibilanceMax
        guard power.max() > bound else { return }
        var gain = Lanes(repeating: 1)
        for lane in 0..<Lanes.scalarCount where power[lane] > bound {
            gain[lane] = (bound / power[lane]).squareRoot()
        }
        // From nothing at the first soft bin to the whole gain at the last.
        let step = (gain - 1) / Float(Finish.softBins.count - 1)
        var factor = Lanes(repeating: 1)
        for bin in Finish.softBins {
            re[bin] *= factor
            im[bin] *= factor
            factor += step
        }
        for bin in Finish.softBins.upperBound + 1..<AcousticModel.bins {
            re[bin] *= gain
            im[bin] *= gain
        }
    }
}
