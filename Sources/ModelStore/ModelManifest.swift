import FoundationEssentials

/// What `manifest.json` says of one file of a models folder.
package struct ModelFile: Codable, Sendable, Equatable {
    /// The model that the file belongs to; several files may share one.
    package var name: String
    /// Its path below the folder, with slashes.
    package var file: String
    package var bytes: Int
    /// Lower-case hexadecimal.
    package var sha256: String
    /// `BlockChecksum` of the file, which each load asks for; older manifests have none.
    package var checksum: String?
    package var licence: String
    package var source: String

    package init(
        name: String, file: String, bytes: Int, sha256: String, checksum: String? = nil,
        licence: String, source: String
    ) {
        self.name = name
        self.file = file
        self.bytes = bytes
        self.sha256 = sha256
        self.checksum = checksum
        self.licence = licence
        self.source = source
    }

    /// Whether the entry can be trusted with a path, a length and a hash: it may come from another
    /// host. The path stays below the folder and hides nothing.
    var isAudio: Bool {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        let isPathAudio =
            file.utf8.count <= 255 && parts.count <= 8
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && $0 != "manifest.json" }
            && file.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\\" }
        func isHex(_ text: String, _ digits: Int) -> Bool {
            text.utf8.count == digits && text.allSatisfy { "0123456789abcdef".contains($0) }
        }
        let isHash = isHex(sha256, 64) && (checksum.map { isHex($0, 16) } ?? true)
        return isPathAudio && isHash && !name.isEmpty && name.utf8.count <= 255
            && (0...ModelManifest.fileBytesMax).contains(bytes)
    }
}

/// `manifest.json`: every file of a models folder.
package struct ModelManifest: Codable, Sendable, Equatable {
    /// 64 GiB: ten times the largest model that anybody runs on one machine's CPU.
    static let fileBytesMax = 64 << 30
    static let filesMax = 10_000
    static let manifestBytesMax = 8 << 20

    package var models: [ModelFile]

    package init(models: [ModelFile] = []) { self.models = models }

    /// - source: where the bytes come from, for the error.
    /// - Throws: `.manifestBroken`.
    package init(json: [UInt8], source: String) throws(ModelStoreError) {
        guard json.count <= Self.manifestBytesMax,
            let manifest = try? JSONDecoder().decode(ModelManifest.self, from: Data(json)),
            manifest.models.count <= Self.filesMax, manifest.models.allSatisfy(\.isAudio),
            Set(manifest.models.map(\.file)).count == manifest.models.count
        else { throw .manifestBroken(source: source) }
        self = manifest
    }

    /// The names of the models, each once, in the manifest's order.
    package var names: [String] {
        var seen: Set<String> = []
        return models.map(\.name).filter { seen.insert($0).inserted }
    }

    /// With entries that replace those of the same file.
    func adding(_ files: [ModelFile]) -> ModelManifest {
        let replaced = Set(files.map(\.file))
        let all = models.filter { !replaced.contains($0.file) } + files
        return ModelManifest(models: all.sorted { $0.file < $1.file })
    }

    func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and whole numbers always encode.
        return Array((try? encoder.encode(self)) ?? Data()) + [0x0A]
    }
}

/// Why the models folder or a download failed; facts only.
package enum ModelStoreError: Error, Equatable, Sendable {
    case manifestMissing(path: String)
    /// Not JSON of the right shape, or with a path, length or hash that can't be.
    case manifestBroken(source: String)
    case modelUnknown(name: String, known: [String])
    case unreadable(path: String, code: Int32)
    case unwritable(path: String, code: Int32)
    case noSpace(path: String, needBytes: Int, freeBytes: Int)
    /// Only http and https, without blanks, query and fragment.
    case badAddress(url: String)
    case libraryMissing(name: String)
    /// The host answered, but not with the file.
    case refused(url: String, status: Int)
    /// libcurl's code, by its number.
    case transferFailed(url: String, code: Int32)
    /// Fewer or more bytes came than the manifest tells.
    case wrongLength(url: String, bytes: Int, wanted: Int)
    case wrongHash(url: String)
    case stopped
}
