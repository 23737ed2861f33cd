import EngineAPI
import Glibc

/// Whether a file is there and may be read.
func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// Where the models lie. Nothing is opened until a file is asked for.
package struct ModelFolder: Sendable, Equatable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The path of a file of the folder.
    /// - Throws: `.modelMissing`.
    package func file(_ name: String) throws(EngineError) -> String {
        let full = path + "/" + name
        guard isReadable(full) else { throw .modelMissing(path: full) }
        return full
    }

    /// Whether the folder has the file.
    package func has(_ name: String) -> Bool { isReadable(path + "/" + name) }
}
