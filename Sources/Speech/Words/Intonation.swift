/// How the pitch goes from a phrase's last accent to its end.
enum Tune: Sendable, Equatable {
    /// As in a question that yes or no answers.
    case rise
    /// As in a statement, and a question that asks who, what, where.
    case fall
    /// More follows, as after each item of a list but the last.
    case continuation
}

/// What markup or the request ask of a clause's pitch.
struct Melody: Sendable, Equatable {
    /// A place in the text that it was asked for, 0…1, and the change there in semitones.
    struct Point: Sendable, Equatable {
        let place: Double
        let semitones: Double
    }

    var semitones = 0.0
    /// Factor to how far the pitch goes up and down.
    var range = 1.0
    /// In the order of their places.
    var contour: [Point] = []
    /// Which part of the contour's text the clause is.
    var part = 0.0...1.0

    /// The change at a place of the clause, 0…1.
    func semitones(at place: Double) -> Double {
        guard let first = contour.first, let last = contour.last else { return semitones }
        let here = part.lowerBound + (part.upperBound - part.lowerBound) * place
        guard here > first.place else { return semitones + first.semitones }
        guard here < last.place else { return semitones + last.semitones }
        for (left, right) in zip(contour, contour.dropFirst()) where here <= right.place {
            let width = max(right.place - left.place, 1e-9)
            let share = (here - left.place) / width
            return semitones + left.semitones + (right.semitones - left.semitones) * share
        }
        return semitones + last.semitones
    }
}

/// Where accents are.
enum Intonation {
    private static let ringing = Set("lmnŋɹwj".unicodeScalars)

    /// Vowels, nasals and liquids, which carry a tune.
    static func rings(_ phoneme: Unicode.Scalar) -> Bool {
        Stress.isVowel(phoneme) || ringing.contains(phoneme)
    }

    /// Where the last accented vowel begins in a stretch of phonemes: at its last primary stress,
    /// in whose time the network speaks the vowel already, else its last secondary one, else its
    /// first vowel.
    static func accent(_ phonemes: Scalars, _ stretch: Range<Int>) -> Int {
        let part = phonemes[stretch]
        let mark =
            part.lastIndex(of: Stress.primary) ?? part.lastIndex(of: Stress.secondary)
        return mark ?? part.firstIndex(where: Stress.isVowel) ?? stretch.lowerBound
    }
}
