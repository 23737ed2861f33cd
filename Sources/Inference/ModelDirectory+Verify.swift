import EngineAPI
import FoundationEssentials

extension ModelDirectory {
    /// What of the manifest a load needs; `ModelStore` reads the rest.
    private struct Manifest: Decodable {
        struct Entry: Decodable {
            let file: String
            /// An operator may list a file for its licence only.
            let bytes: Int?
            let checksum: String?
        }
        let models: [Entry]
    }

    private static let manifestName = "manifest.json"
    private static let manifestBytesMax = 8 << 20

    /// The path of a file that is about to be loaded, once its length and checksum are those of the
    /// manifest. A file that the manifest does not list was laid in by hand: whoever loads it
    /// checks what is in it. Reads the whole file; blocks.
    /// - Throws: `.modelMissing`; `.modelDamaged`, of the manifest too.
    package func verified(_ name: String) throws(EngineError) -> String {
        let file = try reader(of: name)
        try file.verify()
        return file.path
    }

    /// What reads a file that is about to be loaded, once its length is that of the manifest, and
    /// compares its checksum at the end.
    /// - Throws: as `verified`.
    package func reader(of name: String) throws(EngineError) -> ModelFileReader {
        let full = try file(name)
        let entry = try manifestEntry(name)
        if let wanted = entry?.bytes, fileBytes(full) != wanted { throw .modelDamaged(path: full) }
        return try ModelFileReader(path: full, checksum: entry?.checksum)
    }

    private func manifestEntry(_ name: String) throws(EngineError) -> Manifest.Entry? {
        guard has(Self.manifestName) else { return nil }
        let json = try content(of: Self.manifestName, bytesMax: Self.manifestBytesMax)
        do {
            let manifest = try JSONDecoder().decode(Manifest.self, from: Data(json))
            return manifest.models.first { $0.file == name }
        } catch {
            throw .modelDamaged(path: path + "/" + Self.manifestName)
        }
    }
}
