import Foundation
import HTTPWire
import Testing

@testable import FileDoor

/// In a folder of their own each, which is removed.
@Suite struct FileSinkTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/file-sink-\(UUID())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    @Test("a streamed answer has its name only when it is whole")
    func whole() async throws {
        try await withFolder { folder in
            let sink = FileSink(path: folder + "/out.mp3")
            await sink.begin(ResponseHead(status: 200, fields: [("Content-Type", "audio/mpeg")]))
            #expect(await sink.write([1, 2]))
            #expect(try names(folder) == [".out.mp3.\(getpid()).part"])
            #expect(await sink.write([3]))
            await sink.end(trailers: [])
            #expect(try names(folder) == ["out.mp3"])
            #expect(bytes(folder + "/out.mp3") == [1, 2, 3])
            let made = try sink.outcome()
            #expect(made.bytes == 3 && made.type == "audio/mpeg")
        }
    }

    @Test("an answer that breaks off leaves what was there before")
    func broken() async throws {
        try await withFolder { folder in
            let path = folder + "/out.mp3"
            _ = FileManager.default.createFile(atPath: path, contents: Data([9]))
            let sink = FileSink(path: path)
            await sink.begin(ResponseHead(status: 200))
            #expect(await sink.write([1]))
            await sink.abort()
            #expect(await sink.write([2]) == false)
            let left = try names(folder)
            #expect(left == ["out.mp3"] && bytes(path) == [9])
            #expect(throws: CommandFailure.self) { try sink.outcome() }
        }
    }

    @Test("a problem makes no file")
    func problem() async throws {
        try await withFolder { folder in
            let sink = FileSink(path: folder + "/out.mp3")
            await sink.send(
                Response(
                    status: 422, type: "application/problem+json",
                    body: Array(#"{"detail":"No face."}"#.utf8)))
            let left = try names(folder)
            #expect(left.isEmpty)
            #expect(throws: CommandFailure(.badInput, "No face.")) { try sink.outcome() }
        }
    }

    @Test("a folder that is not there cannot be written into")
    func noFolder() async throws {
        try await withFolder { folder in
            let path = folder + "/none/out.mp3"
            let sink = FileSink(path: path)
            await sink.send(Response(status: 200, type: "audio/mpeg", body: [1]))
            #expect(
                throws: CommandFailure(.cannotCreate, "\(path): No such file or directory")
            ) { try sink.outcome() }
        }
    }

    @Test("through a link its file is replaced; a device is written straight")
    func links() async throws {
        try await withFolder { folder in
            _ = FileManager.default.createFile(atPath: folder + "/real", contents: Data([9]))
            symlink("real", folder + "/link")
            let sink = FileSink(path: folder + "/link")
            await sink.send(Response(status: 200, type: "text/plain", body: [7]))
            _ = try sink.outcome()
            #expect(try names(folder) == ["link", "real"])
            #expect(bytes(folder + "/real") == [7])
            let device = FileSink(path: "/dev/null")
            await device.send(Response(status: 200, type: "text/plain", body: [7]))
            #expect(try device.outcome().bytes == 1)
            #expect(
                access("/dev/null", W_OK) == 0 && access("/dev/.null.\(getpid()).part", F_OK) != 0)
        }
    }

    /// Chunks that may stand before the samples: none, and one of odd length.
    private static let notes: [[UInt8]] = [[], Array("LIST".utf8) + [3, 0, 0, 0, 7, 7, 7, 0]]

    @Test("a streamed WAV gets its lengths", arguments: notes)
    func wave(_ note: [UInt8]) async throws {
        try await withFolder { folder in
            let open: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
            let head =
                Array("RIFF".utf8) + open + Array("WAVEfmt ".utf8) + [16, 0, 0, 0]
                + [UInt8](repeating: 0, count: 16) + note + Array("data".utf8) + open
            #expect(streamedWaveStart(head) == head.count)
            #expect(streamedWaveStart(Array(head.dropLast())) == nil)
            let sink = FileSink(path: folder + "/out.wav")
            await sink.send(
                Response(
                    status: 200, type: "audio/wav", body: head + [UInt8](repeating: 5, count: 300)))
            _ = try sink.outcome()
            let made = try #require(bytes(folder + "/out.wav"))
            #expect(made.count == 344 + note.count)
            #expect(made[4..<8].elementsEqual([UInt8(80 + note.count), 1, 0, 0]))
            #expect(made[40 + note.count..<44 + note.count].elementsEqual([44, 1, 0, 0]))
        }
    }

    @Test("an input that is not there, or too large, says so")
    func input() async throws {
        try await withFolder { folder in
            let path = folder + "/in"
            #expect(throws: CommandFailure(.noInput, "\(path): No such file or directory")) {
                try readFile(path)
            }
            #expect(throws: CommandFailure(.noInput, "\(folder): Is a directory")) {
                try readFile(folder)
            }
            _ = FileManager.default.createFile(atPath: path, contents: Data([1, 2, 3]))
            let whole = try readFile(path, bytesMax: 3)
            #expect(whole == [1, 2, 3])
            #expect(throws: CommandFailure(.badInput, "\(path): more than 2 bytes")) {
                try readFile(path, bytesMax: 2)
            }
        }
    }
}
