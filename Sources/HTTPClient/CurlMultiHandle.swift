import CCurl

/// Owns one libcurl multi handle: transfers side by side on one thread, and the connections that
/// they leave open for the next. All but `wake` is for that thread.
// SAFETY: curl_multi_wakeup is made for other threads; all else is used by the loop's thread only,
// and the handle itself never changes.
final class CurlMultiHandle: @unchecked Sendable {
    /// A transfer under way and what libcurl reads of it meanwhile.
    private final class Running {
        let handle: CurlHandle
        let transfer: CurlTransfer
        private let library: CurlLibrary
        private let headers: UnsafeMutablePointer<curl_slist>?

        /// - Throws: `.failed`, `.libraryMissing`.
        init(_ transfer: CurlTransfer, _ library: CurlLibrary) throws(TransferError) {
            let handle = try CurlHandle(library)
            let headers = handle.headers(transfer)
            do throws(TransferError) {
                try handle.set(transfer, headers: headers)
            } catch {
                curl_call_free_list(library.freeList, headers)
                throw error
            }
            (self.transfer, self.library, self.headers) = (transfer, library, headers)
            self.handle = handle
        }

        deinit { curl_call_free_list(library.freeList, headers) }
    }

    private let library: CurlLibrary
    private let multi: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: Running] = [:]

    /// - Throws: `.libraryMissing`, `.libraryTooOld`.
    init() throws(TransferError) {
        let library = try CurlLibrary()
        guard let multi = curl_call_multi_init(library.makeMulti) else {
            throw .libraryMissing(name: "curl_multi_init")
        }
        (self.library, self.multi) = (library, multi)
    }

    deinit {
        for handle in running.keys { curl_call_multi_pair(library.removeFromMulti, multi, handle) }
        running = [:]
        _ = curl_call_multi_one(library.cleanupMulti, multi)
    }

    /// Begins a transfer.
    /// - Throws: `.failed`, `.libraryMissing`.
    func add(_ transfer: CurlTransfer) throws(TransferError) {
        let started = try Running(transfer, library)
        let key = started.handle.withHandle { $0 }
        let code = curl_call_multi_pair(library.addToMulti, multi, key)
        guard code == 0 else { throw .failed(code: code) }
        running[key] = started
    }

    /// Ends a transfer that has not ended; its connection is closed.
    func remove(_ transfer: CurlTransfer) {
        guard let key = running.first(where: { $0.value.transfer === transfer })?.key else {
            return
        }
        _ = curl_call_multi_pair(library.removeFromMulti, multi, key)
        running[key] = nil
    }

    /// Moves what can be moved; returns the transfers that have ended, with libcurl's codes.
    func perform() -> [(transfer: CurlTransfer, code: Int32)] {
        _ = curl_call_multi_perform(library.performMulti, multi)
        var ended: [(transfer: CurlTransfer, code: Int32)] = []
        var code: Int32 = 0
        while let key = curl_call_multi_ended(library.nextMessage, multi, &code) {
            // Its message goes with it.
            _ = curl_call_multi_pair(library.removeFromMulti, multi, key)
            if let transfer = running.removeValue(forKey: key)?.transfer {
                ended.append((transfer, code))
            }
        }
        return ended
    }

    /// Waits until something can be moved, somebody calls `wake`, or the time is over.
    func wait(milliseconds: Int32) {
        _ = curl_call_multi_poll(library.pollMulti, multi, milliseconds)
    }

    /// Ends `wait`, also one that has not begun. On any thread.
    func wake() { _ = curl_call_multi_one(library.wakeMulti, multi) }
}
