import EngineAPI

/// The voices of one speech: its own, and those that its text names. Used by the thread that reads.
final class SpeechVoices {
    let own: LoadedVoice
    private var loadedVoices: [String: LoadedVoice] = [:]
    private var files: Set<String>
    private var bytes = 0
    private let bytesMax: Int
    private let entry: (String) -> VoiceEntry?
    private let networkBytes: (VoiceEntry) -> Int
    private let load: (String) throws(EngineError) -> LoadedVoice

    /// - bytesMax: of the networks' files together, beside the speech's own.
    init(
        own: LoadedVoice, ownFile: String, bytesMax: Int, entry: @escaping (String) -> VoiceEntry?,
        networkBytes: @escaping (VoiceEntry) -> Int,
        load: @escaping (String) throws(EngineError) -> LoadedVoice
    ) {
        self.own = own.forSpeech()
        self.bytesMax = bytesMax
        self.entry = entry
        self.networkBytes = networkBytes
        self.load = load
        files = [ownFile]
    }

    /// nil where its network has no room beside the others of the speech.
    func loadedVoice(_ id: String?) throws(EngineError) -> LoadedVoice? {
        guard let id else { return own }
        if let loadedVoice = loadedVoices[id] { return loadedVoice }
        guard let entry = entry(id) else { return nil }
        let more = files.contains(entry.file) ? 0 : networkBytes(entry)
        guard bytes + more <= bytesMax else { return nil }
        let loadedVoice = try load(id).forSpeech()
        loadedVoices[id] = loadedVoice
        files.insert(entry.file)
        bytes += more
        return loadedVoice
    }
}
