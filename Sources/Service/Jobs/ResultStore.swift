import Execution
import Glibc

/// Why the store could not do its work.
enum StoreError: Error, Equatable {
    /// The folder could not be made, or a file not written; by errno.
    case unavailable(code: Int32)
    case noSpace
    case missing
}

/// Files in a private folder below the temporary one, by names that we made. The folder is made
/// when the first byte comes, and goes with the process; what a process that died left behind goes
/// when the next one starts.
actor ResultStore {
    private static let prefix = "avatar-backend-"
    private static let lockName = "lock"
    /// A folder so young, without a lock, may be one whose owner is about to make it.
    private static let sweepSeconds = 60

    private struct Folder {
        let path: String
        let descriptor: OwnedDescriptor
        /// Held locked while we live: whoever can lock it knows that we are dead.
        let lock: OwnedDescriptor
    }

    private let parent: String
    private let thread = ThreadExecutor(name: "jobs")
    private var folder: Folder?
    private var open: [String: OwnedDescriptor] = [:]
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(parent: String) { self.parent = parent }

    // MARK: files

    /// Adds bytes to the end of a file, which is made with the first.
    func append(_ bytes: [UInt8], to name: String) throws(StoreError) {
        let file = try file(name)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(file.number, $0.baseAddress! + written, bytes.count - written)
            }
            guard count > 0 else { throw error(errno) }
            written += count
        }
    }

    /// Puts bytes in the place of others of a file that was not sealed yet.
    func replace(_ bytes: [UInt8], at offset: Int, in name: String) throws(StoreError) {
        guard let file = open[name] else { throw .missing }
        let count = bytes.withUnsafeBytes {
            pwrite(file.number, $0.baseAddress, bytes.count, off_t(offset))
        }
        guard count == bytes.count else { throw error(errno) }
    }

    private func file(_ name: String) throws(StoreError) -> OwnedDescriptor {
        if let file = open[name] { return file }
        if let file = try make(name, in: ownFolder()) { return file }
        // Somebody removed the folder, as cleaners of temporary folders do: another is made.
        folder = nil
        if let file = try make(name, in: ownFolder()) { return file }
        throw .unavailable(code: ENOENT)
    }

    /// nil where the folder is no longer there.
    private func make(_ name: String, in folder: Folder) throws(StoreError) -> OwnedDescriptor? {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let file = OwnedDescriptor(openat(folder.descriptor.number, name, flags, 0o600))
        else {
            if errno == ENOENT { return nil }
            throw error(errno)
        }
        open[name] = file
        return file
    }

    /// Whether results can be written below the parent folder. Makes nothing.
    func isWritable() -> Bool { folder != nil || access(parent, W_OK | X_OK) == 0 }

    private nonisolated func error(_ code: Int32) -> StoreError {
        code == ENOSPC || code == EDQUOT ? .noSpace : .unavailable(code: code)
    }

    /// Nothing more will be added.
    func seal(_ name: String) { open[name] = nil }

    /// A file for reading. It stays readable when it is removed meanwhile.
    func reader(_ name: String) throws(StoreError) -> OwnedDescriptor {
        guard let folder,
            let file = OwnedDescriptor(
                openat(folder.descriptor.number, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC))
        else { throw .missing }
        return file
    }

    /// Bytes of a file; fewer than `count` only at its end.
    func read(_ file: OwnedDescriptor, at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        var got: Int = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while got < count {
                let more = pread(
                    file.number, buffer.baseAddress! + got, count - got, off_t(offset + got))
                guard more > 0 else { break }
                got += more
            }
            filled = got
        }
        return bytes
    }

    func remove(_ name: String) {
        open[name] = nil
        if let folder { unlinkat(folder.descriptor.number, name, 0) }
    }

    // MARK: the folder

    private func ownFolder() throws(StoreError) -> Folder {
        if let folder { return folder }
        // A folder that is made now would stay when the process ends.
        guard !isClosed else { throw .unavailable(code: ESHUTDOWN) }
        // Another process that sweeps may take a folder between its making and its locking.
        for _ in 0..<3 {
            if let made = try makeFolder() {
                folder = made
                return made
            }
        }
        throw .unavailable(code: EAGAIN)
    }

    private func makeFolder() throws(StoreError) -> Folder? {
        var template = Array((parent + "/" + Self.prefix + "XXXXXX").utf8CString)
        // 0700, by a name that nobody can have made before.
        guard mkdtemp(&template) != nil else { throw error(errno) }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let lockFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let descriptor = OwnedDescriptor(Glibc.open(path, flags)),
            let lock = OwnedDescriptor(
                openat(descriptor.number, Self.lockName, lockFlags, 0o600))
        else { throw error(errno) }
        var facts = stat()
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0, fstat(lock.number, &facts) == 0,
            facts.st_nlink > 0
        else { return nil }
        return Folder(path: path, descriptor: descriptor, lock: lock)
    }

    /// Removes every file, and the folder.
    func close() {
        isClosed = true
        open = [:]
        guard let folder else { return }
        Self.empty(folder.descriptor)
        rmdir(folder.path)
        self.folder = nil
    }

    /// Ends the store's thread, when nobody will ask for anything more.
    nonisolated func join() { thread.join() }

    /// Removes what dead processes of the same user left.
    /// - Returns: how many folders went.
    func sweep() -> Int {
        guard let stream = opendir(parent) else { return 0 }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(Self.prefix) { names.append(name) }
        }
        return names.count { sweep(parent + "/" + $0) }
    }

    private func sweep(_ path: String) -> Bool {
        guard path != folder?.path,
            let descriptor = OwnedDescriptor(
                Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        else { return false }
        var facts = stat()
        guard fstat(descriptor.number, &facts) == 0, facts.st_uid == geteuid(),
            facts.st_mode & 0o077 == 0
        else { return false }
        let lock = OwnedDescriptor(
            openat(descriptor.number, Self.lockName, O_RDWR | O_NOFOLLOW | O_CLOEXEC))
        if let lock {
            guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { return false }
        } else {
            guard time(nil) - facts.st_mtim.tv_sec >= Self.sweepSeconds else { return false }
        }
        Self.empty(descriptor)
        return rmdir(path) == 0
    }

    /// Unlinks what a folder holds; a folder in it, which is none of ours, stays.
    private static func empty(_ folder: OwnedDescriptor) {
        let again = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard again >= 0 else { return }
        guard let stream = fdopendir(again) else {
            Glibc.close(again)
            return
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    _ = unlinkat(folder.number, name, 0)
                }
            }
        }
    }
}

/// A descriptor that is closed once, when the last reference goes.
final class OwnedDescriptor: Sendable {
    let number: Int32

    /// nil where opening failed.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }
}
