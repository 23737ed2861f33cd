/// The range that decoded samples are in when they leave.
///
/// Only float formats can leave it. A file may hold floats of another scale than ±1 (a recording
/// saved as float without a division: ±32 768), single wild values from damage, or no numbers at
/// all. The rule works on the decoder's frames in order, so that it gives the same result however
/// the audio is read:
/// - What is no number, or beyond every integer's range, becomes 0.
/// - Where one sample in a hundred of a frame is over `loudest`, the file is on an integer's scale:
///   from that frame on samples are divided by that integer's full scale. Files of plain float
///   samples are looked at for two seconds ahead, so that a quiet beginning is divided too.
/// - What is still over `loudest` then is a wild value, and is cut.
struct SampleRange: Sendable {
    /// 18 dB over full scale: what mixing and coding overshoot by stays far below.
    static let loudest = 8.0
    /// What no sample that leaves is beyond: mixing and filters add a little to `loudest`.
    static let bearable: Float = 1e4
    /// Full scales of 16, 24 and 32 bits.
    private static let scales = [0x1p15, 0x1p23, 0x1p31]
    /// Twice the full scale of 32 bits: no format of ours means anything beyond.
    private static let bound = 0x1p32

    /// What samples are divided by; 1 or one of `scales`, and never less than it was.
    private(set) var divisor = 1.0

    /// What stands in one frame's samples.
    struct Survey: Sendable {
        fileprivate var count = 0
        /// Over `loudest`, and over twice each of the scales.
        fileprivate var over = SIMD4<Int>()
        /// Whether any sample needs anything done to it at a divisor of 1.
        fileprivate(set) var isOdd = false
    }

    /// What was done to samples.
    struct Changes: OptionSet, Sendable {
        let rawValue: UInt8
        static let silenced = Changes(rawValue: 1)
        static let scaled = Changes(rawValue: 2)
        static let cut = Changes(rawValue: 4)
    }

    /// Adds a plane of a frame to its survey.
    static func survey<Sample: BinaryFloatingPoint>(
        _ samples: UnsafeMutableBufferPointer<Sample>, into survey: inout Survey
    ) {
        survey.count += samples.count
        let limit = Sample(loudest)
        var odd = 0
        // Without a branch, so that it becomes vectors; NaN fails the comparison.
        for sample in samples { odd |= sample.magnitude <= limit ? 0 : 1 }
        guard odd != 0 else { return }
        survey.isOdd = true
        for sample in samples {
            let size = Double(sample.magnitude)
            guard size > loudest, size <= bound else { continue }
            survey.over[0] += 1
            for (index, scale) in scales.enumerated() where size > 2 * scale {
                survey.over[index + 1] += 1
            }
        }
    }

    /// Takes a frame's survey into account.
    mutating func consider(_ survey: Survey) {
        guard survey.isOdd else { return }
        let many = max(survey.count / 100, 4)
        for (index, scale) in Self.scales.enumerated() where survey.over[index] >= many {
            divisor = max(divisor, scale)
        }
    }

    /// Brings a plane of a frame into range.
    func apply<Sample: BinaryFloatingPoint>(
        to samples: UnsafeMutableBufferPointer<Sample>
    ) -> Changes {
        var changes: Changes = divisor == 1 ? [] : .scaled
        let (factor, bound) = (Sample(1 / divisor), Sample(Self.bound))
        let limit = Sample(Self.loudest)
        for index in samples.indices {
            guard samples[index].magnitude <= bound else {
                samples[index] = 0
                changes.insert(.silenced)
                continue
            }
            let value = samples[index] * factor
            if value.magnitude > limit { changes.insert(.cut) }
            samples[index] = min(max(value, -limit), limit)
        }
        return changes
    }
}
