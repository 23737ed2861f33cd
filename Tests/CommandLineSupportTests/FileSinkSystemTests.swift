import Foundation
import HTTPWire
import Testing

@testable import CommandLineSupport

/// In a folder of their own each, which is removed.
@Suite struct FileSinkSystemTests {
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

    @Test("a streamed response has its name only when it is whole")
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

    @Test("a response that breaks off leaves what was there before")
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

    @Test("what is known at the end takes its place in a file, and nothing lies beyond it")
    func amended() async throws {
        try await withFolder { folder in
            let sink = FileSink(path: folder + "/out.wav")
            await sink.begin(ResponseHead(status: 200))
            #expect(await sink.write([1, 2, 3]))
            #expect(await sink.write([4]))
            await sink.amend([8, 9], at: 1)
            await sink.amend([7, 7], at: 3)
            await sink.amend([7], at: -1)
            #expect(await sink.write([5]))
            await sink.end(trailers: [])
            _ = try sink.outcome()
            #expect(bytes(folder + "/out.wav") == [1, 8, 9, 4, 5])
            let device = FileSink(path: "/dev/null")
            await device.begin(ResponseHead(status: 200))
            _ = await device.write([1, 2])
            await device.amend([3], at: 0)
            await device.end(trailers: [])
            #expect(try device.outcome().bytes == 2)
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
