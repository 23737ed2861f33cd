import EngineAPI
import Glibc
import HTTPClient
import Hashing

extension ModelStore {
    /// What a fetch did with one file.
    package enum Fetched: String, Sendable, Equatable { case fetched, kept }

    /// Where `models fetch` looks, and how.
    package struct Origin: Sendable {
        /// A folder with a manifest and its files, without a slash at the end.
        package let url: String
        /// Certificates (PEM) in place of the system's.
        package let certificatesPath: String?

        /// - Throws: `.badAddress`.
        package init(url: String, certificatesPath: String? = nil) throws(ModelStoreError) {
            let lower = url.lowercased()
            guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix),
                url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }),
                !url.contains(where: { "?#\\\"<>".contains($0) })
            else { throw .badAddress(url: url) }
            var rest = url.dropFirst(scheme.count)
            while rest.hasSuffix("/") { rest.removeLast() }
            guard !rest.isEmpty, !rest.hasPrefix("/") else { throw .badAddress(url: url) }
            self.url = scheme + rest
            self.certificatesPath = certificatesPath
        }

        func transfer(_ path: String, fields: [(String, String)] = []) -> CurlTransfer {
            let transfer = CurlTransfer(
                url: url + "/" + percentEncoded(path), fields: fields, body: .none,
                responseBytesMax: ModelManifest.manifestBytesMax)
            transfer.protocols = "https,http"
            transfer.usesProxy = true
            // What hosts of models do: to a store of theirs, and on to a copy near by.
            transfer.redirectsMax = 5
            transfer.stallSecondsMax = 60
            transfer.certificatesPath = certificatesPath
            return transfer
        }
    }

    /// Fetches the files of a model and records them in the manifest. A file that is here and whole
    /// is kept; one that broke off goes on where it was.
    /// - Throws: any `ModelStoreError`; what was fetched of a file stays for the next try, unless
    ///   its hash was wrong.
    package func fetch(
        _ name: String, from origin: Origin, _ cancellation: Cancellation,
        progress: @escaping Progress = { _, _ in }
    ) throws(ModelStoreError) -> [(file: ModelFile, outcome: Fetched)] {
        let curl: CurlHandle
        do throws(TransferError) {
            curl = try CurlHandle()
        } catch {
            throw ModelStoreError(error, url: origin.url)
        }
        let offered = try self.offered(origin, curl, cancellation)
        let files = offered.models.filter { $0.name == name }
        guard !files.isEmpty else { throw .modelUnknown(name: name, known: offered.names) }
        var outcomes: [(ModelFile, Fetched)] = []
        for file in files {
            if try check(file, cancellation, { _, _ in }) == .whole {
                outcomes.append((file, .kept))
            } else {
                try fetch(file, from: origin, curl, cancellation, progress)
                outcomes.append((file, .fetched))
            }
        }
        try record(files)
        return outcomes
    }

    private func offered(
        _ origin: Origin, _ curl: borrowing CurlHandle, _ cancellation: Cancellation
    ) throws(ModelStoreError) -> ModelManifest {
        let transfer = origin.transfer("manifest.json")
        transfer.secondsMax = 60
        transfer.isStopped = { cancellation.isRaised }
        do throws(TransferError) {
            try curl.perform(transfer)
        } catch {
            throw ModelStoreError(error, url: transfer.url)
        }
        guard transfer.status == 200 else {
            throw .refused(url: transfer.url, status: transfer.status)
        }
        return try ModelManifest(json: transfer.response, source: transfer.url)
    }

    /// Attempts for one file; each but the first goes on where the last one broke off.
    private static let attemptsMax = 4

    private func fetch(
        _ file: ModelFile, from origin: Origin, _ curl: borrowing CurlHandle,
        _ cancellation: Cancellation, _ progress: @escaping Progress
    ) throws(ModelStoreError) {
        let target = path(of: file)
        try makeFolders(above: target)
        // The hash in its name: what is left of another version is not mixed in.
        let part = PartFile(path: "\(target).\(file.sha256.prefix(12)).part")
        try part.open(bytesMax: file.bytes, cancellation)
        defer { part.close() }
        try checkSpace(needBytes: file.bytes - part.bytes)
        var attempt = 1
        while part.bytes < file.bytes {
            let before = part.bytes
            do throws(ModelStoreError) {
                try download(file, origin, curl, into: part, cancellation, progress)
            } catch .transferFailed(let url, let code) {
                // A try that brought something does not count: a slow line may break often.
                attempt += part.bytes > before ? 0 : 1
                guard attempt <= Self.attemptsMax else {
                    throw .transferFailed(url: url, code: code)
                }
            }
        }
        guard part.hexDigest == file.sha256 else {
            unlink(part.path)
            throw .wrongHash(url: origin.url + "/" + file.file)
        }
        try part.settle(as: target)
    }

    /// One request; what it brings goes into `part`.
    private func download(
        _ file: ModelFile, _ origin: Origin, _ curl: borrowing CurlHandle, into part: PartFile,
        _ cancellation: Cancellation, _ progress: @escaping Progress
    ) throws(ModelStoreError) {
        let range = [("Range", "bytes=\(part.bytes)-")]
        let transfer = origin.transfer(file.file, fields: part.bytes > 0 ? range : [])
        transfer.isStopped = { cancellation.isRaised }
        let outcome = try receive(transfer, file, curl, into: part, progress).get()
        if case .failed(let code) = outcome {
            throw .transferFailed(url: transfer.url, code: code)
        }
        // Whole as HTTP has it, and still not what the manifest tells.
        guard part.bytes == file.bytes else {
            throw .wrongLength(url: transfer.url, bytes: part.bytes, wanted: file.bytes)
        }
    }

    private enum Outcome {
        case ended
        case failed(code: Int32)
    }

    private func receive(
        _ transfer: CurlTransfer, _ file: ModelFile, _ curl: borrowing CurlHandle,
        into part: PartFile, _ progress: @escaping Progress
    ) -> Result<Outcome, ModelStoreError> {
        var problem: ModelStoreError?
        var isFirst = true
        let offset = part.bytes
        transfer.receive = { [unowned transfer] piece in
            do throws(ModelStoreError) {
                if isFirst {
                    isFirst = false
                    try part.prepare(
                        for: transfer.status, transfer.value("content-range"), offset: offset,
                        url: transfer.url)
                }
                guard part.bytes + piece.count <= file.bytes else {
                    throw .wrongLength(
                        url: transfer.url, bytes: part.bytes + piece.count, wanted: file.bytes)
                }
                try part.append(piece)
                progress(file, part.bytes)
                return true
            } catch {
                problem = error
                return false
            }
        }
        defer { transfer.receive = nil }
        do throws(TransferError) {
            try curl.perform(transfer)
        } catch .failed(let code) {
            return problem.map { .failure($0) } ?? .success(.failed(code: code))
        } catch {
            return .failure(ModelStoreError(error, url: transfer.url))
        }
        // A response without a body never came to `receive`.
        if isFirst, transfer.status != 200 {
            return .failure(.refused(url: transfer.url, status: transfer.status))
        }
        return .success(.ended)
    }

    private func makeFolders(above path: String) throws(ModelStoreError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        var folder = path.hasPrefix("/") ? "" : "."
        for part in parts {
            folder += "/" + part
            guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
                throw .unwritable(path: folder, code: errno)
            }
        }
    }

    private func checkSpace(needBytes: Int) throws(ModelStoreError) {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return }
        let freeBytes = Int(clamping: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
        guard needBytes <= freeBytes else {
            throw .noSpace(path: folder, needBytes: needBytes, freeBytes: freeBytes)
        }
    }
}

extension ModelStoreError {
    init(_ error: TransferError, url: String) {
        switch error {
        case .libraryMissing(let name): self = .libraryMissing(name: name)
        case .libraryTooOld(let name, let wanted):
            self = .libraryMissing(name: "\(name) of \(wanted) or newer")
        case .failed(let code): self = .transferFailed(url: url, code: code)
        case .stopped: self = .stopped
        }
    }
}

/// A path with what RFC 3986 §3.3 does not allow in one percent-encoded.
func percentEncoded(_ path: String) -> String {
    path.utf8.map { byte in
        let isPlain =
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || "-._~/+@".utf8.contains(byte)
        if isPlain { return String(UnicodeScalar(byte)) }
        let hex = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "%0" + hex : "%" + hex
    }.joined()
}
