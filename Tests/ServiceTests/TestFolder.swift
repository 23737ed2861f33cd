import Foundation

@testable import Service

/// A folder of the test's own, which goes with it.
final class TestFolder: Sendable {
    let path: String

    init() {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("jobs-test-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

/// Settings with a folder of the test's own.
func jobSettings(_ folder: TestFolder) -> ServiceSettings {
    var settings = ServiceSettings()
    settings.temporaryFolder = folder.path
    return settings
}
