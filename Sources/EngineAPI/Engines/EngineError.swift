/// Why an engine or a codec could not do its work: facts only, no prose and no HTTP status.
package enum EngineError: Error, Equatable {
    /// A model's file is not in the models folder.
    case modelMissing(path: String)
    /// A model's file is there but is not what its manifest or format says.
    case modelDamaged(path: String)
    /// A model's file is whole, but another network than its name says: what one of its inputs or
    /// outputs should be, and what it is; nil where it has none of that name.
    case modelMismatch(path: String, tensor: String, wanted: String, found: String?)
    /// A model's weights are more than all models together may take.
    case modelTooLarge(name: String, needBytes: Int, limitBytes: Int)
    /// A shared library could not be opened, or lacks a function.
    case libraryMissing(name: String)
    /// No thread could be made for the work; the system's code.
    case threadMissing(code: Int32)
    /// The client left or the process is stopping.
    case cancelled
    /// The memory that all requests share has no room for what this one holds and needs now.
    case memoryShort(needBytes: Int, limitBytes: Int)
    /// The request's total time is used up.
    case deadlinePassed
    /// The request's time ends before its work can: what the rest needs, and what is left.
    case deadlineTooShort(needSeconds: Double, leftSeconds: Double)
    /// A native library failed with a code of its own.
    case backendFailed(code: Int32)
    /// A GPU that was asked for by name failed while a model was loaded.
    case deviceFailed(backend: String)
    /// A GPU that was asked for by name has no room for the model.
    case outOfDeviceMemory(needBytes: Int, haveBytes: Int)
    /// ONNX Runtime refused; its own words, which name tensors and operators only.
    case runtimeRefused(String)
    /// The bytes are no audio that we can read.
    case unreadableAudio
    /// The bytes are a file of audio of which nothing can be heard.
    case audioUnheard(AudioFault)
    /// The audio lasts longer than is allowed.
    case audioTooLong(secondsMax: Double)
    /// The bytes are no image that we can read.
    case unreadableImage
    /// The image has more pixels a side than is allowed.
    case imageTooLarge(width: Int, height: Int, sideMax: Int)
    /// Nothing can be seen of a video.
    case videoUnread(VideoFault)
    /// The video has more pixels a side than is allowed.
    case videoTooLarge(width: Int, height: Int, sideMax: Int)
    /// The image shows no face that can be animated; what was seen instead.
    case noFace(NoFaceReason)
    /// The person cannot be told from the background that is to be replaced.
    case noSilhouette
    /// Nothing in the text can be spoken.
    case nothingToSpeak
    /// The text is mostly in a script that the voice cannot read, as in "Han" or "Cyrillic".
    case scriptUnsupported(name: String)
    /// A text that begins as SSML is not well formed; at which character, counted from 1.
    case markupBroken(MarkupFault, character: Int)
    /// A word's own pronunciation has signs that the voice does not know.
    case pronunciationUnknown(word: String, symbols: String)
    /// The operator's lexicon can't be read.
    case lexiconBroken(file: String, line: Int)
    /// What was to be read broke off before its end; whoever feeds it knows why.
    case inputEnded
    /// The voice is read by a library that is not on this machine.
    case readerMissing(library: String, language: String)
    /// No voice of that name is here.
    case voiceUnknown(name: String, known: [String])
    /// No talking-head engine has that id.
    case engineUnknown(name: String, known: [String])
    /// Voices of different networks, or without styles, were to be mixed.
    case voicesUnmixable(name: String)
    /// The model does not know the language.
    case languageUnknown(code: String, model: String)
    /// Content Credentials could not be made; the library's own words.
    case signingFailed(String)
    /// An encoder failed with FFmpeg's code.
    case encoderFailed(code: Int32)

    /// What is wrong with a text's markup.
    package enum MarkupFault: String, Sendable {
        /// An element, comment or attribute never ends.
        case unclosed
        /// An end tag is not that of the element that is open.
        case mismatched
        case badTag
        /// An attribute without quotes or value, twice there, or too long.
        case badAttribute
        /// An attribute's value is none of those that its element knows.
        case badValue
        /// "&" begins none of the known entities.
        case badEntity
        /// Declarations are refused, whatever they declare.
        case declaration
        /// More elements inside one another than are allowed.
        case tooDeep
        /// Text or elements outside of speak.
        case strayText
    }

    /// What was seen where no face can be animated.
    package enum NoFaceReason: String, Sendable {
        /// The detector found nothing.
        case nothingFound
        /// Something was found that does not have a human face's geometry.
        case notHuman
        /// A face was found that is too small to animate.
        case tooSmall
    }
}

/// What `/warmup` tells of one engine.
package struct EngineReport: Sendable, Equatable {
    /// The models that are loaded, by their manifest names.
    package let models: [String]
    /// Where it runs: "cpu", "vulkan", "cuda".
    package let backend: String
    /// Wall time that loading took, milliseconds; 0 when it was loaded before.
    package let loadMilliseconds: Double

    package init(models: [String], backend: String, loadMilliseconds: Double) {
        self.models = models
        self.backend = backend
        self.loadMilliseconds = loadMilliseconds
    }
}
