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
    /// Nobody can tell the portrait's person from what is behind them: the head moves less.
    case personNotFound
    /// The portrait's eyes are shut, lowered or covered, or no lid would fit: they do not blink.
    case eyesLeftAlone
    /// The head was to turn further than the portrait shows.
    case turnsCut
    /// The operator signs what is made, but a stream leaves before it could be signed.
    case streamUnsigned
    /// The operator signs what is made, but the format has no place for Content Credentials.
    case formatUnsigned
    /// A file's times that can't be are not believed: its sounds follow one another.
    case timesPassedOver
    /// The engine shows nothing beside speech; the face was to.
    case expressionPassedOver
    /// A reference video is longer than what is read of it.
    case referenceCut
    /// The engine's head follows no video.
    case poseReferencePassedOver
    /// The engine's eyes follow no video.
    case blinkReferencePassedOver
    /// Nobody speaks in the recording of a speaker who is to be known.
    case speakerUnheard
    /// A hand covers the portrait's mouth: it does not speak.
    case mouthUnderHand
    /// A mask, or something else that is no skin, covers the portrait's mouth: it does not speak.
    case mouthCovered
    /// A hand is before the portrait's face: it stays still, and the head moves less.
    case handBeforeFace
    /// The portrait's face is seen from the side: what it hides nobody can draw.
    case faceFromSide
    /// The portrait's tongue lies over its lower lip: the mouth does not speak.
    case tongueOut
}

/// Collects, for one request, what whoever answers it should tell. Safe on any thread.
package final class MediaNotes: Sendable {
    /// More different ones than this are not told.
    private static let speechNotesMax = 12
    private let notes = Mutex<[MediaNote]>([])
    private let speechNotes = Mutex<[SpeechNote]>([])
    private let loadTimes = Mutex<[LoadTime]>([])
    private static let loadsMax = 16

    package init() {}

    /// Adds a note; one that is there already changes nothing.
    package func add(_ note: MediaNote) {
        notes.withLock { if !$0.contains(note) { $0.append(note) } }
    }

    /// Adds what was done otherwise than a speech asked for.
    package func add(_ note: SpeechNote) {
        speechNotes.withLock { notes in
            if notes.count < MediaNotes.speechNotesMax, !notes.contains(note) { notes.append(note) }
        }
    }

    /// Adds several.
    package func add(_ notes: [SpeechNote]) { for note in notes { add(note) } }

    /// Adds the time since `start` where it is long enough to have loaded a model: one that is
    /// loaded already is there at once.
    package func addLoad(since start: ContinuousClock.Instant) {
        let load = LoadTime(start: start, end: .now)
        guard load.milliseconds >= 1 else { return }
        loadTimes.withLock { if $0.count < MediaNotes.loadsMax { $0.append(load) } }
    }

    /// When models were loaded for the request.
    package var loads: [LoadTime] { loadTimes.withLock { $0 } }

    /// What was done otherwise, in the order it came.
    package var ofSpeech: [SpeechNote] { speechNotes.withLock { $0 } }

    /// In the order they came.
    package var all: [MediaNote] { notes.withLock { $0 } }
}
