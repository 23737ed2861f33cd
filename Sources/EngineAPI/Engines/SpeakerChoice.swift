/// How those who speak in one channel are to be told apart.
package struct SpeakerChoice: Sendable, Equatable {
    /// How many there are; nil finds it out.
    package var count: Int?
    /// How many there are at most.
    package var countMax = countLimit
    /// Those who are to be told by their names.
    package var known: [KnownSpeaker] = []

    /// Nobody tells more voices than that apart by their sound alone.
    package static let countLimit = 16

    package init() {}
}

/// Somebody with a recording of their voice.
package struct KnownSpeaker: Sendable, Equatable {
    package var name: String
    /// Mono, 16 000 Hz.
    package var samples: [Float]

    package init(name: String, samples: [Float]) {
        self.name = name
        self.samples = samples
    }
}
