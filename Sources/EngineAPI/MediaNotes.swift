import Synchronization

/// What was wrong with media that were read all the same.
package enum MediaNote: UInt8, Sendable, CaseIterable {
    /// Samples that are no number, or beyond any integer's range, are heard as silence.
    case samplesNotFinite = 1
    /// Float samples in an integer's range are heard as that integer's.
    case samplesScaled
    /// Samples far over full scale are cut to what is bearable.
    case samplesCut
    /// Letters of a script that the voice can't read were left out of what is said.
    case lettersLeftOut
    /// The voice has no pitch that could be changed; it spoke as it does.
    case pitchPassedOver
}

/// Collects, for one request, what whoever answers it should tell. Safe on any thread.
package final class MediaNotes: Sendable {
    private let notes = Mutex<[MediaNote]>([])

    package init() {}

    /// Adds a note; one that is there already changes nothing.
    package func add(_ note: MediaNote) {
        notes.withLock { if !$0.contains(note) { $0.append(note) } }
    }

    /// In the order they came.
    package var all: [MediaNote] { notes.withLock { $0 } }
}
