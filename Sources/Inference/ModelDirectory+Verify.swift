import EngineAPI
import FoundationEssentials
import Glibc
import Hashing

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
    private static let pieceBytes = 256 << 10

    /// The path of a file that is about to be loaded, once its length and checksum are those of the
    /// manifest. A file that the manifest does not list was laid in by hand: whoever loads it
    /// checks what is in it. Reads the whole file; blocks.
    /// - Throws: `.modelMissing`; `.modelDamaged`, of the manifest too.
    package func verified(_ name: String) throws(EngineError) -> String {
        let full = try file(name)
        guard let entry = try manifestEntry(name) else { return full }
        if let wanted = entry.bytes, fileBytes(full) != wanted { throw .modelDamaged(path: full) }
        if let wanted = entry.checksum, try checksum(full) != wanted {
            throw .modelDamaged(path: full)
        }
        return full
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

    private func checksum(_ full: String) throws(EngineError) -> String {
        let descriptor = open(full, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .modelMissing(path: full) }
        defer { close(descriptor) }
        var sum = BlockChecksum()
        var block = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            // A disk that can't be read is as good as a file that is damaged.
            guard count >= 0 else { throw .modelDamaged(path: full) }
            if count == 0 { return sum.hexDigest() }
            sum.update(block.span.extracting(0..<count))
        }
    }
}
