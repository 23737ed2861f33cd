import EngineAPI

/// The voices of one speech: its own, and those that its text names. Used by the thread that reads.
final class SpeechVoices {
    let own: VoiceKit
    private var kits: [String: VoiceKit] = [:]
    private var files: Set<String>
    private var bytes = 0
    private let bytesMax: Int
    private let entry: (String) -> VoiceEntry?
    private let fileBytes: (String) -> Int
    private let load: (String) throws(EngineError) -> VoiceKit

    /// - bytesMax: of the networks' files together, beside the speech's own.
    init(
        own: VoiceKit, ownFile: String, bytesMax: Int, entry: @escaping (String) -> VoiceEntry?,
        fileBytes: @escaping (String) -> Int,
        load: @escaping (String) throws(EngineError) -> VoiceKit
    ) {
        self.own = own
        self.bytesMax = bytesMax
        self.entry = entry
        self.fileBytes = fileBytes
        self.load = load
        files = [ownFile]
    }

    /// nil where its network has no room beside the others of the speech.
    func kit(_ id: String?) throws(EngineError) -> VoiceKit? {
        guard let id else { return own }
        if let kit = kits[id] { return kit }
        guard let entry = entry(id) else { return nil }
        let more = files.contains(entry.file) ? 0 : fileBytes(entry.file)
        guard bytes + more <= bytesMax else { return nil }
        let kit = try load(id)
        kits[id] = kit
        files.insert(entry.file)
        bytes += more
        return kit
    }
}
