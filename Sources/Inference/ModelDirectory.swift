import EngineAPI
import Glibc

/// Whether a file is there and may be read.
func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// How long a file is; 0 where it is not there.
package func fileBytes(_ path: String) -> Int {
    var facts = stat()
    return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
}

/// Where the models lie. Nothing is opened until a file is asked for.
package struct ModelDirectory: Sendable, Equatable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The path of a file of the folder.
    /// - Throws: `.modelMissing`.
    package func file(_ name: String) throws(EngineError) -> String {
        let full = path + "/" + name
        guard isReadable(full) else { throw .modelMissing(path: full) }
        return full
    }

    /// Names in a folder of the folder, in order; none where it is not there.
    package func names(in folder: String) -> [String] {
        files(in: path + "/" + folder, prefix: "").compactMap {
            $0.split(separator: "/").last.map(String.init)
        }
    }

    /// A whole file of the folder.
    /// - bytesMax: a longer file is not what it should be.
    /// - Throws: `.modelMissing`, `.modelDamaged`.
    package func content(of name: String, bytesMax: Int) throws(EngineError) -> [UInt8] {
        let full = try file(name)
        let length = fileBytes(full)
        guard length <= bytesMax, let stream = fopen(full, "rb") else {
            throw .modelDamaged(path: full)
        }
        defer { fclose(stream) }
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = fread(buffer.baseAddress, 1, length, stream)
        }
        guard bytes.count == length else { throw .modelDamaged(path: full) }
        return bytes
    }

    /// How long a file of the folder is; 0 where it is not there.
    package func bytes(of name: String) -> Int { fileBytes(path + "/" + name) }

    /// Whether the folder has the file.
    package func has(_ name: String) -> Bool { isReadable(path + "/" + name) }
}

/// Paths of a folder's files whose names begin with `prefix`, in order.
func files(in folder: String, prefix: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name.hasPrefix(prefix) { found.append(folder + "/" + name) }
    }
    return found.sorted()
}
