import EngineAPI

/// Where lips must meet (p, b, m), and where the lower one goes under the teeth (f, v), out of
/// certainties of mouth shapes, 100 a second, as they come. A frame shows one moment of 17 to
/// 67 ms: curves alone would have most closures between two frames. What comes out for a place
/// depends on no more than `ahead` rows after it.
struct LipClosures {
    /// A model that is half sure of a closure is nearly always right.
    private static let certain: Float = 0.3
    /// Lips come and go within 75 ms.
    private static let rampRows: Float = 7.5
    /// The first and the last row of a phone are still on the way.
    private static let marginRows: Float = 1
    /// Of a longer phone, the middle is looked for in its first 0.3 s: the rest is not known yet.
    private static let rowsMax = 30
    /// At fewer than ten frames a second, two of them would be words.
    private static let frameRowsMax: Float = 10
    /// Rows after a place that decide about it.
    static let ahead = rowsMax + 10
    /// Places of frames are rounded by less than this.
    private static let rounding: Float = 0.01

    /// Rows of one phone; the last one may go on.
    private struct Phone {
        let start: Int
        var end: Int
    }

    /// How far the lips are on their way, 0…1.
    struct Amount: Equatable {
        var closed: Float = 0
        var tucked: Float = 0

        /// A mouth that does what it must, and of the rest what goes along with that. Where a
        /// closure and a tuck meet, the closure wins.
        func applied(to mouth: SIMD8<Float>) -> SIMD8<Float> {
            var mouth = mouth
            mouth[5] = max(mouth[5] * (1 - tucked), closed)
            mouth[6] = max(mouth[6], tucked) * (1 - closed)
            mouth[3] *= 1 - mouth[5]
            mouth[4] *= 1 - mouth[5]
            return mouth
        }
    }

    private let frameRows: Float
    private var closed: [Phone] = []
    private var tucked: [Phone] = []
    private var next = 0

    /// - framesPerSecond: of the video.
    init(framesPerSecond: Int) {
        frameRows = min(100 / Float(max(framesPerSecond, 1)), Self.frameRowsMax)
    }

    mutating func add(_ rows: [SIMD16<Float>]) {
        for row in rows {
            if row[Int(Viseme.PP.rawValue)] >= Self.certain { Self.extend(&closed, by: next) }
            if row[Int(Viseme.FF.rawValue)] >= Self.certain { Self.extend(&tucked, by: next) }
            next += 1
        }
    }

    private static func extend(_ phones: inout [Phone], by row: Int) {
        if let last = phones.indices.last, phones[last].end == row {
            phones[last].end = row + 1
        } else {
            phones.append(Phone(start: row, end: row + 1))
        }
    }

    /// - place: of a frame, in rows from the first one.
    func amount(at place: Float) -> Amount {
        Amount(
            closed: Self.amount(closed, place, near: frameRows),
            tucked: Self.amount(tucked, place, near: frameRows / 2))
    }

    /// - near: a frame that is no farther from a phone's middle is wholly closed: within one frame
    ///   of any moment there are two, within half of one there is one. Of two that are as far, the
    ///   later one.
    private static func amount(_ phones: [Phone], _ place: Float, near: Float) -> Float {
        var amount: Float = 0
        for phone in phones {
            let (start, end) = (Float(phone.start), Float(phone.end))
            let away = max(start + marginRows - place, place - (end - marginRows), 0)
            amount = max(amount, 1 - smoothStep(0, rampRows, away))
            let middle = start + Float(min(phone.end - phone.start, rowsMax)) / 2
            let after = place - middle
            if after > rounding - near, after <= near + 3 * rounding { amount = 1 }
        }
        return amount
    }

    /// A mouth so long after a video's first frame or before its last one, which have the
    /// portrait's own. A word may begin with a closure: lips meet as fast as they do elsewhere.
    static func eased(_ mouth: SIMD8<Float>, seconds: Float) -> SIMD8<Float> {
        var eased = mouth * smoothStep(0, 0.12, seconds)
        eased[5] = mouth[5] * smoothStep(0, rampRows / 100, seconds)
        return eased
    }

    /// Forgets phones that ended long before a place.
    mutating func drop(before place: Int) {
        closed.removeAll { $0.end < place - 100 }
        tucked.removeAll { $0.end < place - 100 }
    }
}
